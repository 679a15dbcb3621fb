"""Providers' prices by model and measure, versioned; and how a meter's usage is read by them."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')
DROP = """
DROP TABLE ledger_metercost;
DROP TABLE ledger_modelcost;
DROP FUNCTION ledger_modelcost_never_touches_the_past;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0007_checks_of_many_rows'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'model_costs.sql').read_text(),
            reverse_sql=DROP,
            state_operations=[
                migrations.CreateModel(
                    name='ModelCost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('provider', models.CharField(max_length=100)),
                        ('model', models.CharField(max_length=200)),
                        ('measure', models.CharField(help_text="as the provider's price file names it", max_length=120)),
                        ('currency', models.CharField(max_length=3)),
                        ('cost', models.DecimalField(decimal_places=24, help_text='of one of the measure', max_digits=60)),
                        ('effective_from', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('imported_by', models.CharField(max_length=200)),
                    ],
                    options={'ordering': ['provider', 'model', 'measure', '-effective_from'], 'verbose_name': 'provider price'},
                ),
                migrations.CreateModel(
                    name='MeterCost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('model_property', models.CharField(blank=True, help_text='the property that names the model', max_length=100)),
                        ('model', models.CharField(blank=True, help_text='the model of events that name none', max_length=200)),
                        ('measures', models.JSONField(help_text='{"input_tokens": "input_cost_per_token"}')),
                        ('aliases', models.JSONField(blank=True, default=dict, help_text='{"our-name": "model"}')),
                        ('meter', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='cost', to='ledger.meter')),
                    ],
                    options={'ordering': ['meter'], 'verbose_name': "meter's cost"},
                ),
            ],
        ),
    ]
