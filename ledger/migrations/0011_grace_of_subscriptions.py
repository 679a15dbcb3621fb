"""Overage of a term may go on from an instant on another base, and be valued by another layer."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


def _of(model):
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name='+',
        to=model,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0010_bulk_usage'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='OverageBasis',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.PositiveIntegerField()),
                        ('base', models.PositiveBigIntegerField(help_text='credits; 0: nothing more goes beyond the balance')),
                        ('layer_id', models.BigIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('reason', models.CharField(max_length=200)),
                        ('customer', _of('accounts.customer')),
                        ('pool', _of('ledger.pool')),
                        ('term', _of('ledger.term')),
                    ],
                    options={'ordering': ['id'], 'verbose_name_plural': 'overage bases'},
                ),
            ],
        ),
        migrations.RunSQL(
            (SQL / 'graces.sql').read_text(),
            reverse_sql='DROP TABLE ledger_overagebasis;',
        ),
    ]
