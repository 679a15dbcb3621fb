"""Credits for some meters only lie on a line of their scope, so that their use goes the fast way."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0015_expiry_notices'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'scope_lines.sql').read_text(),
            reverse_sql=(SQL / 'scope_lines_undone.sql').read_text(),
            state_operations=[
                migrations.AddField(
                    'poolstate', 'scope_lines', models.PositiveSmallIntegerField(default=0)
                ),
                migrations.CreateModel(
                    name='ScopeLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('line', models.PositiveSmallIntegerField()),
                        ('meters', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                        ('consumed', models.PositiveBigIntegerField(default=0)),
                        ('limit_pos', models.PositiveBigIntegerField(default=0)),
                        ('beside', models.BooleanField(default=False)),
                        ('posted_pos', models.PositiveBigIntegerField(default=0)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
    ]
