"""The database notes about whom something changed, so that a process may remember the others."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0016_scope_lines'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'directory_changes.sql').read_text(),
            reverse_sql=(SQL / 'directory_changes_undone.sql').read_text(),
            state_operations=[
                migrations.CreateModel(
                    name='DirectoryChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('xid', models.BigIntegerField(verbose_name='transaction')),
                        ('customer', models.ForeignKey(blank=True, null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
    ]
