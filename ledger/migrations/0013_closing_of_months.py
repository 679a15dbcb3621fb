"""Months close by acts that keep a checksum, open again by two persons; accounts have names elsewhere."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('lib', '0001_initial'),
        ('ledger', '0012_exchange_rates'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'closing.sql').read_text(),
            reverse_sql=(SQL / 'drop_closing.sql').read_text(),
            state_operations=[
                migrations.CreateModel(
                    name='PeriodAct',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.PositiveIntegerField()),
                        ('act', models.CharField(choices=[('begin', 'closing begun'), ('close', 'closed'), ('reopen', 'opened again')], max_length=6)),
                        ('done_at', models.DateTimeField()),
                        ('done_by', models.CharField(max_length=200)),
                        ('reason', models.CharField(blank=True, max_length=1000)),
                        ('entries', models.PositiveIntegerField(blank=True, help_text='of a closed month', null=True)),
                        ('checksum', models.CharField(blank=True, help_text='of these entries', max_length=64)),
                        ('approval', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lib.approval')),
                        ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='ledger.accountingperiod')),
                    ],
                    options={'ordering': ['period', 'no']},
                ),
                migrations.CreateModel(
                    name='CloseMark',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('point', models.CharField(max_length=30)),
                        ('stood', models.CharField(help_text='the point in figures, as it was seen', max_length=300)),
                        ('reason', models.CharField(max_length=1000)),
                        ('marked_at', models.DateTimeField()),
                        ('marked_by', models.CharField(max_length=200)),
                        ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='ledger.accountingperiod')),
                    ],
                    options={'ordering': ['period', 'id']},
                ),
            ],
        ),
        migrations.CreateModel(
            name='AccountMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(choices=[('quickbooks', 'QuickBooks'), ('xero', 'Xero'), ('netsuite', 'NetSuite'), ('datev', 'DATEV')], max_length=12)),
                ('code', models.CharField(max_length=60)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='ledger.account')),
            ],
            options={'ordering': ['account', 'system']},
        ),
        migrations.AddConstraint(
            model_name='accountmapping',
            constraint=models.UniqueConstraint(fields=('account', 'system'), name='ledger_mapping_one_per_system'),
        ),
        migrations.AddConstraint(
            model_name='accountmapping',
            constraint=models.CheckConstraint(condition=~Q(code=''), name='ledger_mapping_has_a_code'),
        ),
    ]
