"""Imports that go on where they stopped; usage for the past, unseen until closed, reversible as one."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0009_event_archives'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Backfill',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=100, unique=True)),
                        ('state', models.CharField(choices=[('open', 'open'), ('closing', 'closing'), ('closed', 'closed'), ('reversing', 'reversing'), ('reversed', 'reversed')], default='open', max_length=9)),
                        ('opened_at', models.DateTimeField()),
                        ('opened_by', models.CharField(max_length=200)),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('closed_by', models.CharField(blank=True, max_length=200)),
                        ('close_reason', models.TextField(blank=True)),
                        ('reversed_at', models.DateTimeField(blank=True, null=True)),
                        ('reversed_by', models.CharField(blank=True, max_length=200)),
                        ('reverse_reason', models.TextField(blank=True)),
                    ],
                    options={
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='ImportRun',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('digest', models.CharField(max_length=64)),
                        ('name', models.CharField(max_length=200)),
                        ('rows_read', models.PositiveBigIntegerField(default=0)),
                        ('place', models.PositiveBigIntegerField(default=0)),
                        ('rejected', models.PositiveBigIntegerField(default=0)),
                        ('rejects_size', models.PositiveBigIntegerField(default=0)),
                        ('credits', models.PositiveBigIntegerField(default=0)),
                        ('statuses', models.JSONField(default=dict)),
                        ('codes', models.JSONField(default=dict)),
                        ('started_at', models.DateTimeField()),
                        ('changed_at', models.DateTimeField()),
                        ('done_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='BackfillBatch',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('backfill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='ledger.backfill')),
                        ('batch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.eventbatch')),
                    ],
                    options={
                        'verbose_name_plural': 'backfill batches',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='BackfillRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('event_time', models.DateTimeField()),
                        ('source', models.CharField(max_length=255)),
                        ('key', models.CharField(max_length=255)),
                        ('customer', models.CharField(max_length=255)),
                        ('contract', models.CharField(blank=True, max_length=255, null=True)),
                        ('meter', models.CharField(max_length=255)),
                        ('quantity', models.DecimalField(blank=True, decimal_places=12, max_digits=30, null=True)),
                        ('user_name', models.CharField(blank=True, max_length=255, null=True)),
                        ('data', models.JSONField(blank=True, null=True)),
                        ('backfill', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='ledger.backfill')),
                    ],
                    options={
                        'ordering': ['event_time', 'id'],
                    },
                ),
            ],
        ),
        migrations.RunSQL(
            (SQL / 'bulk.sql').read_text(), reverse_sql=(SQL / 'drop_bulk.sql').read_text()
        ),
    ]
