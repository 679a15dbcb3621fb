"""Blocks may earn breakage in proportion to use: their estimates, and what was recognised of them."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


def _of(model, related_name):
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name=related_name,
        to=model,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0005_rounding_of_the_books'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name='block',
                    name='breakage',
                    field=models.CharField(default='AT_EXPIRY', max_length=12),
                ),
                migrations.CreateModel(
                    name='BreakageEstimate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.PositiveIntegerField()),
                        ('expected', models.PositiveBigIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('estimated_by', models.CharField(max_length=200)),
                        ('approved_by', models.CharField(max_length=200)),
                        ('reason', models.TextField()),
                        ('block', _of('ledger.block', 'estimates')),
                        ('customer', _of('accounts.customer', '+')),
                    ],
                    options={'ordering': ['block', 'no']},
                ),
                migrations.CreateModel(
                    name='Recognition',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.PositiveIntegerField()),
                        ('through', models.DateField()),
                        ('used', models.PositiveBigIntegerField()),
                        ('expected', models.PositiveBigIntegerField()),
                        ('deferred_minor', models.PositiveBigIntegerField()),
                        ('usage_minor', models.PositiveBigIntegerField()),
                        ('agent_minor', models.PositiveBigIntegerField()),
                        ('breakage_minor', models.PositiveBigIntegerField()),
                        ('state_minor', models.PositiveBigIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('block', _of('ledger.block', 'recognitions')),
                        ('customer', _of('accounts.customer', '+')),
                    ],
                    options={'ordering': ['block', 'no']},
                ),
            ],
        ),
        migrations.RunSQL(
            (SQL / 'breakage.sql').read_text(),
            reverse_sql=(SQL / 'drop_breakage.sql').read_text(),
        ),
    ]
