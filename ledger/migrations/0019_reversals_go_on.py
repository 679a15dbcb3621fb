"""A reversal of a backfill notes how far it has come."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0018_drains_in_layouts'),
    ]

    operations = [
        migrations.AddField(
            model_name='backfill',
            name='void_from',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.RunSQL(
            (SQL / 'reversals_go_on.sql').read_text(),
            reverse_sql=(SQL / 'reversals_go_on_undone.sql').read_text(),
        ),
    ]
