"""The ledger's tables. Those of the consumption line, and what the journal promises, are SQL by hand."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=10, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('type', models.CharField(choices=[('asset', 'asset'), ('liability', 'liability'), ('revenue', 'revenue'), ('expense', 'expense')], max_length=10)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Block',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('term_id', models.BigIntegerField(blank=True, null=True)),
                        ('kind', models.CharField(choices=[('paid', 'paid'), ('bonus', 'bonus'), ('promo', 'promotional'), ('daily', 'daily'), ('compensation', 'compensation'), ('migration', 'migrated')], max_length=12)),
                        ('priority', models.SmallIntegerField()),
                        ('granted', models.PositiveBigIntegerField()),
                        ('effective_at', models.DateTimeField()),
                        ('term_start', models.DateTimeField()),
                        ('meters', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, null=True, size=None)),
                        ('source', models.CharField(max_length=200)),
                        ('promo_policy', models.CharField(blank=True, max_length=20)),
                        ('recorded_at', models.DateTimeField()),
                        ('granted_by', models.CharField(max_length=200)),
                        ('reason', models.TextField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='CreditUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(help_text='as customers read it, plural: AI credits', max_length=100)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='EventBatch',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('received_at', models.DateTimeField()),
                        ('origin', models.CharField(max_length=200)),
                        ('received', models.PositiveIntegerField()),
                    ],
                    options={
                        'verbose_name_plural': 'event batches',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='EventSource',
                    fields=[
                        ('id', models.AutoField(primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=255, unique=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='UsageException',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('customer_code', models.CharField(max_length=255)),
                        ('key', models.CharField(max_length=255)),
                        ('kind', models.CharField(choices=[('exception', 'exception'), ('held', 'held'), ('conflict', 'conflict')], max_length=10)),
                        ('code', models.CharField(max_length=24)),
                        ('meter_code', models.CharField(max_length=255)),
                        ('event_time', models.DateTimeField(blank=True, null=True)),
                        ('received_at', models.DateTimeField()),
                        ('batch_id', models.BigIntegerField()),
                        ('index_in_batch', models.PositiveIntegerField()),
                        ('body', models.JSONField()),
                        ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('source', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.eventsource')),
                    ],
                    options={
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='Pool',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('opened_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='AccountingPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='its first day', unique=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('closing', 'closing'), ('closed', 'closed')], default='open', max_length=8)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-month'],
                'constraints': [models.CheckConstraint(condition=models.Q(('month__day', 1)), name='ledger_period_starts_on_the_first'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='ledger_period_closed_has_its_time')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='BlockChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.PositiveIntegerField()),
                        ('act', models.CharField(choices=[('grant', 'granted'), ('rollover', 'rolled over'), ('freeze', 'frozen'), ('reinstate', 'reinstated'), ('shorten', 'ended early')], max_length=12)),
                        ('expires_at', models.DateTimeField(blank=True, null=True)),
                        ('frozen_from', models.DateTimeField(blank=True, null=True)),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('reason', models.TextField()),
                        ('block', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='changes', to='ledger.block')),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'ordering': ['block', 'no'],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='BookSettings',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('time_zone', models.CharField(max_length=60)),
                ('opened_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'book settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='ledger_books_are_opened_once')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='CostLayer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('block', 'of one block'), ('pooled', 'of several blocks, blended'), ('overage', "of a term's overage, at the commitment's price")], max_length=8)),
                        ('quantity', models.PositiveBigIntegerField()),
                        ('cost_minor', models.PositiveBigIntegerField()),
                        ('currency', models.CharField(max_length=3)),
                        ('cost_functional_minor', models.PositiveBigIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='BlockLayer',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.PositiveIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('block', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='layers', to='ledger.block')),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('layer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.costlayer')),
                    ],
                    options={
                        'ordering': ['block', 'no'],
                    },
                ),
                migrations.CreateModel(
                    name='Correction',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('event_id', models.BigIntegerField()),
                        ('no', models.PositiveIntegerField()),
                        ('credits', models.PositiveBigIntegerField()),
                        ('void', models.BooleanField()),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('corrected_by', models.CharField(max_length=200)),
                        ('reason', models.TextField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('unit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.creditunit')),
                    ],
                    options={
                        'ordering': ['event_id', 'no'],
                    },
                ),
                migrations.CreateModel(
                    name='ExceptionEnd',
                    fields=[
                        ('exception', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='end', serialize=False, to='ledger.usageexception')),
                        ('outcome', models.CharField(max_length=12)),
                        ('event_customer_id', models.BigIntegerField(blank=True, null=True)),
                        ('event_id', models.BigIntegerField(blank=True, null=True)),
                        ('recorded_at', models.DateTimeField()),
                        ('ended_by', models.CharField(max_length=200)),
                        ('reason', models.TextField()),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Hold',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=40)),
                        ('credits', models.PositiveBigIntegerField()),
                        ('member_id', models.BigIntegerField(blank=True, null=True)),
                        ('user_id', models.BigIntegerField(blank=True, null=True)),
                        ('held_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('placed_by', models.CharField(max_length=200)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='HoldEnd',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('act', models.CharField(choices=[('capture', 'captured'), ('release', 'released'), ('lapse', 'lapsed')], max_length=8)),
                        ('captured_event_id', models.BigIntegerField(blank=True, null=True)),
                        ('recorded_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('hold', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='end', to='ledger.hold')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Holder',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=100)),
                        ('kind', models.CharField(choices=[('contract', 'contract'), ('subscription', 'subscription'), ('open', 'pay as you go')], max_length=12)),
                        ('time_zone', models.CharField(max_length=60)),
                        ('is_default', models.BooleanField(default=False)),
                        ('opened_at', models.DateTimeField()),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holders', to='accounts.customer')),
                    ],
                    options={
                        'ordering': ['code'],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting_date', models.DateField()),
                ('recipe', models.CharField(help_text='of docs/ledger.md, like JE-05', max_length=8)),
                ('memo', models.CharField(max_length=300)),
                ('source', models.CharField(max_length=200, unique=True)),
                ('prior_period', models.BooleanField(default=False, help_text='belongs to a month that was closed already')),
                ('recorded_at', models.DateTimeField()),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customer')),
                ('holder', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.holder')),
            ],
            options={
                'verbose_name_plural': 'journal entries',
                'ordering': ['posting_date', 'id'],
            },
        ),
        migrations.CreateModel(
            name='JournalLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('debit_minor', models.PositiveBigIntegerField(default=0)),
                ('credit_minor', models.PositiveBigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ledger.account')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ledger.journalentry')),
            ],
            options={
                'ordering': ['entry', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Meter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=100, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('quantity_property', models.CharField(blank=True, help_text="the property that holds the quantity; empty: the event's own, or 1", max_length=100)),
                ('properties', models.JSONField(blank=True, default=dict, help_text='further properties kept and priced: {"name": "number" or "text"}')),
                ('rated_unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.creditunit')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='DuplicateCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('batch_id', models.BigIntegerField()),
                        ('day', models.DateField()),
                        ('messages', models.PositiveIntegerField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('meter', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.meter')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='PoolState',
                    fields=[
                        ('pool', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='state', serialize=False, to='ledger.pool')),
                        ('layout_no', models.PositiveIntegerField(default=0)),
                        ('term_id', models.BigIntegerField(blank=True, null=True)),
                        ('valid_from', models.DateTimeField(blank=True, null=True)),
                        ('valid_until', models.DateTimeField(blank=True, null=True)),
                        ('relay_at', models.DateTimeField(blank=True, null=True)),
                        ('daily_at', models.DateTimeField(blank=True, null=True)),
                        ('enforcement', models.CharField(default='HARD', max_length=8)),
                        ('late_window_days', models.PositiveSmallIntegerField(default=30)),
                        ('consumed', models.PositiveBigIntegerField(default=0)),
                        ('limit_pos', models.PositiveBigIntegerField(default=0)),
                        ('stop_pos', models.PositiveBigIntegerField(default=0)),
                        ('held', models.PositiveBigIntegerField(default=0)),
                        ('lapse_at', models.DateTimeField(blank=True, null=True)),
                        ('alert_pos', models.PositiveBigIntegerField(blank=True, null=True)),
                        ('scoped', models.BooleanField(default=False)),
                        ('move_seq', models.PositiveBigIntegerField(default=0)),
                        ('seat_allowance', models.PositiveBigIntegerField(blank=True, null=True)),
                        ('seats_since', models.DateField(blank=True, null=True)),
                        ('posted_pos', models.PositiveBigIntegerField(default=0)),
                        ('posted_seq', models.PositiveBigIntegerField(default=0)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.AddField(
                    model_name='pool',
                    name='holder',
                    field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='pools', to='ledger.holder'),
                ),
                migrations.AddField(
                    model_name='pool',
                    name='unit',
                    field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.creditunit'),
                ),
                migrations.CreateModel(
                    name='Move',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('seq', models.PositiveBigIntegerField()),
                        ('type', models.CharField(choices=[('CONSUME', 'used'), ('OVERAGE', 'overage'), ('EXPIRE', 'expired'), ('REVOKE', 'taken back'), ('CONSUME_REVERSAL', 'use reversed'), ('OVERAGE_REVERSAL', 'overage reversed'), ('EXPIRE_REVERSAL', 'expiry reversed'), ('REVOKE_REVERSAL', 'given back')], max_length=18)),
                        ('term_id', models.BigIntegerField(blank=True, null=True)),
                        ('credits', models.BigIntegerField()),
                        ('event_id', models.BigIntegerField(blank=True, null=True)),
                        ('correction_no', models.PositiveIntegerField(blank=True, null=True)),
                        ('of_seq', models.PositiveBigIntegerField(blank=True, null=True)),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('posting_date', models.DateField()),
                        ('revenue_class', models.CharField(max_length=10)),
                        ('r0', models.BigIntegerField()),
                        ('late', models.BooleanField()),
                        ('act', models.CharField(max_length=200)),
                        ('block', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.block')),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('layer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.costlayer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['pool', 'seq'],
                    },
                ),
                migrations.CreateModel(
                    name='Entitlement',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('source', models.CharField(max_length=200)),
                        ('kind', models.CharField(choices=[('flat', 'flat fee'), ('licence', 'licences')], max_length=10)),
                        ('item', models.CharField(max_length=100)),
                        ('users', models.PositiveIntegerField(help_text='of licences; 1 of a flat fee')),
                        ('starts_on', models.DateField()),
                        ('ends_on', models.DateField(help_text='exclusive')),
                        ('event_id', models.BigIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('granted_by', models.CharField(max_length=200)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('holder', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.holder')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='EntitlementRelease',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('through', models.DateField()),
                        ('cumulative_minor', models.PositiveBigIntegerField(help_text="of the books' currency")),
                        ('recorded_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('entitlement', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='releases', to='ledger.entitlement')),
                    ],
                    options={
                        'ordering': ['through'],
                    },
                ),
                migrations.CreateModel(
                    name='PostedCost',
                    fields=[
                        ('pool', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='ledger.pool')),
                        ('last_id', models.BigIntegerField(default=0)),
                        ('cost', models.DecimalField(decimal_places=24, default=0, max_digits=60)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ProviderCost',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('batch_id', models.BigIntegerField()),
                        ('item', models.CharField(max_length=100)),
                        ('posting_date', models.DateField()),
                        ('cost', models.DecimalField(decimal_places=24, max_digits=60)),
                        ('recorded_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='DailyGrant',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('source', models.CharField(max_length=180)),
                        ('credits', models.PositiveBigIntegerField()),
                        ('first_day', models.DateField(help_text='local date of the holder')),
                        ('last_day', models.DateField(blank=True, help_text='empty: for ever', null=True)),
                        ('recorded_at', models.DateTimeField()),
                        ('granted_by', models.CharField(max_length=200)),
                        ('reason', models.TextField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='daily_grants', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='Layout',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('line', models.SmallIntegerField()),
                        ('no', models.PositiveIntegerField()),
                        ('start_pos', models.PositiveBigIntegerField()),
                        ('move_seq', models.PositiveBigIntegerField()),
                        ('term_id', models.BigIntegerField(blank=True, null=True)),
                        ('recorded_at', models.DateTimeField()),
                        ('reason', models.CharField(max_length=60)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['pool', 'line', 'no'],
                    },
                ),
                migrations.AddField(
                    model_name='hold',
                    name='pool',
                    field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool'),
                ),
                migrations.CreateModel(
                    name='Drain',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('line', models.SmallIntegerField()),
                        ('pos', models.PositiveBigIntegerField()),
                        ('pos_end', models.PositiveBigIntegerField()),
                        ('layout_no', models.PositiveIntegerField()),
                        ('batch_id', models.BigIntegerField()),
                        ('events', models.PositiveIntegerField()),
                        ('posting_date', models.DateField()),
                        ('revenue_class', models.CharField(max_length=10)),
                        ('time_min', models.DateTimeField()),
                        ('time_max', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['pool', 'line', 'pos'],
                    },
                ),
                migrations.AddField(
                    model_name='block',
                    name='pool',
                    field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='blocks', to='ledger.pool'),
                ),
                migrations.CreateModel(
                    name='Arming',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('term_id', models.BigIntegerField(blank=True, null=True)),
                        ('threshold', models.CharField(max_length=12)),
                        ('arming', models.PositiveIntegerField()),
                        ('armed_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Accumulator',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('item', models.CharField(max_length=100)),
                        ('drawn', models.BigIntegerField(default=0)),
                        ('carry_num', models.BigIntegerField(default=0)),
                        ('carry_den', models.PositiveBigIntegerField(default=1)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='RateChoice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('item', models.CharField(max_length=100)),
                        ('chosen_item', models.CharField(max_length=100)),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('chosen_by', models.CharField(max_length=200)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('holder', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.holder')),
                    ],
                    options={
                        'ordering': ['effective_at'],
                    },
                ),
                migrations.CreateModel(
                    name='SeatUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('period', models.DateField()),
                        ('user_id', models.BigIntegerField()),
                        ('credits', models.PositiveBigIntegerField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Segment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('line', models.SmallIntegerField()),
                        ('layout_no', models.PositiveIntegerField()),
                        ('pos', models.PositiveBigIntegerField()),
                        ('pos_end', models.PositiveBigIntegerField()),
                        ('granted', models.PositiveBigIntegerField(blank=True, null=True)),
                        ('b0', models.PositiveBigIntegerField()),
                        ('u0', models.PositiveBigIntegerField()),
                        ('r0', models.BigIntegerField()),
                        ('block', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.block')),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('layer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.costlayer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['pool', 'line', 'layout_no', 'pos'],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name='Tariff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('version', models.CharField(max_length=60)),
                ('effective_from', models.DateTimeField()),
                ('published_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name', 'effective_from'],
                'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='ledger_tariff_one_row_per_version'), models.UniqueConstraint(fields=('name', 'effective_from'), name='ledger_tariff_one_version_at_a_time'), models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('published_at'))), name='ledger_tariff_never_touches_the_past')],
            },
        ),
        migrations.CreateModel(
            name='Rate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(help_text='the action, as customers read it', max_length=100)),
                ('kind', models.CharField(choices=[('fixed', 'per unit of quantity'), ('pack', 'per pack of quantity'), ('pass_through', 'provider cost, at zero markup'), ('licence', 'per user and period'), ('flat', 'per entitlement')], default='fixed', max_length=12)),
                ('property', models.CharField(blank=True, help_text="the priced property; empty: the meter's quantity", max_length=100)),
                ('match', models.JSONField(blank=True, default=dict)),
                ('credits', models.PositiveBigIntegerField()),
                ('per', models.PositiveBigIntegerField(default=1)),
                ('role', models.CharField(choices=[('principal', 'principal: revenue gross'), ('agent', 'agent: no revenue')], default='principal', max_length=10)),
                ('period_months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('meter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='ledger.meter')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.creditunit')),
                ('tariff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='ledger.tariff')),
            ],
            options={
                'ordering': ['tariff', 'item', 'unit'],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='HolderTariff',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('tariff_name', models.CharField(max_length=100)),
                        ('starts_at', models.DateTimeField()),
                        ('ends_at', models.DateTimeField(blank=True, null=True)),
                        ('source', models.CharField(max_length=200)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('holder', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='tariffs', to='ledger.holder')),
                        ('pinned', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.tariff')),
                    ],
                    options={
                        'ordering': ['starts_at'],
                    },
                ),
                migrations.CreateModel(
                    name='Term',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveIntegerField()),
                        ('starts_at', models.DateTimeField()),
                        ('ends_at', models.DateTimeField()),
                        ('follows', models.DateTimeField(blank=True, null=True)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('holder', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='terms', to='ledger.holder')),
                    ],
                    options={
                        'ordering': ['holder', 'number'],
                    },
                ),
                migrations.CreateModel(
                    name='PoolTerm',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('commitment', models.PositiveBigIntegerField()),
                        ('price_minor', models.PositiveBigIntegerField()),
                        ('currency', models.CharField(max_length=3)),
                        ('overage_layer_id', models.BigIntegerField()),
                        ('recorded_at', models.DateTimeField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                        ('term', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='pool_terms', to='ledger.term')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='CapLift',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('cap', models.PositiveBigIntegerField()),
                        ('effective_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('approved_by', models.CharField(max_length=200)),
                        ('reason', models.TextField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                        ('term', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.term')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='TermUse',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('term_id', models.BigIntegerField()),
                        ('overage', models.PositiveBigIntegerField(default=0)),
                        ('counted', models.BigIntegerField(default=0)),
                        ('base', models.BigIntegerField(default=0)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ThresholdCrossing',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('term_id', models.BigIntegerField(blank=True, null=True)),
                        ('threshold', models.CharField(max_length=12)),
                        ('arming', models.PositiveIntegerField()),
                        ('crossed_at', models.DateTimeField()),
                        ('event_id', models.BigIntegerField(blank=True, null=True)),
                        ('consumed', models.BigIntegerField()),
                        ('balance', models.BigIntegerField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='crossings', to='ledger.pool')),
                    ],
                    options={
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='UsagePart',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('event_id', models.BigIntegerField()),
                        ('credits', models.PositiveBigIntegerField()),
                        ('line', models.SmallIntegerField(blank=True, null=True)),
                        ('pos', models.PositiveBigIntegerField(blank=True, null=True)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                        ('unit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.creditunit')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='UserName',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(blank=True, max_length=255, null=True)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='UsageEvent',
                    fields=[
                        ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('key', models.CharField(max_length=255)),
                        ('event_time', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('quantity', models.DecimalField(decimal_places=12, max_digits=30)),
                        ('data', models.JSONField(blank=True, null=True)),
                        ('credits', models.PositiveBigIntegerField()),
                        ('status', models.CharField(choices=[('a', 'applied'), ('o', 'recorded'), ('r', 'refused')], max_length=1)),
                        ('code', models.CharField(blank=True, max_length=24)),
                        ('line', models.SmallIntegerField(blank=True, null=True)),
                        ('pos', models.PositiveBigIntegerField(blank=True, null=True)),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('holder', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.holder')),
                        ('member', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('meter', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.meter')),
                        ('pool', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                        ('source', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.eventsource')),
                        ('tariff', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.tariff')),
                        ('user', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.username')),
                    ],
                    options={
                        'ordering': ['-event_time', '-id'],
                    },
                ),
                migrations.CreateModel(
                    name='BlockState',
                    fields=[
                        ('block', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='state', serialize=False, to='ledger.block')),
                        ('granted', models.PositiveBigIntegerField()),
                        ('until', models.DateTimeField(blank=True, null=True)),
                        ('counted_before', models.BigIntegerField()),
                        ('used', models.PositiveBigIntegerField(default=0)),
                        ('expired', models.PositiveBigIntegerField(default=0)),
                        ('voided', models.PositiveBigIntegerField(default=0)),
                        ('open', models.BooleanField()),
                        ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer')),
                        ('pool', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ledger.pool')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        migrations.AddIndex(
            model_name='journalentry',
            index=models.Index(fields=['posting_date', 'id'], name='ledger_journal_by_date'),
        ),
        migrations.AddIndex(
            model_name='journalentry',
            index=models.Index(fields=['customer', 'posting_date'], name='ledger_journal_by_customer'),
        ),
        migrations.AddIndex(
            model_name='journalline',
            index=models.Index(fields=['account', 'entry'], name='ledger_line_by_account'),
        ),
        migrations.AddConstraint(
            model_name='journalline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_minor__gt', 0), ('debit_minor', 0)), models.Q(('credit_minor', 0), ('debit_minor__gt', 0)), _connector='OR'), name='ledger_line_is_debit_or_credit_and_not_zero'),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name='poolstate',
                    name='customer',
                    field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.customer'),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name='rate',
            constraint=models.UniqueConstraint(fields=('tariff', 'item', 'unit'), name='ledger_rate_one_per_item_and_unit'),
        ),
        migrations.AddConstraint(
            model_name='rate',
            constraint=models.UniqueConstraint(fields=('tariff', 'meter', 'property', 'match', 'unit'), name='ledger_rate_one_per_price_point'),
        ),
        migrations.AddConstraint(
            model_name='rate',
            constraint=models.CheckConstraint(condition=models.Q(('credits__gt', 0), ('per__gt', 0)), name='ledger_rate_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='rate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'fixed'), _negated=True), ('per', 1), _connector='OR'), name='ledger_rate_fixed_is_whole'),
        ),
        migrations.RunSQL(
            ''.join((SQL / f'{part}.sql').read_text() for part in ('tables', 'journal', 'line', 'values', 'seals')),
            reverse_sql=(SQL / 'drop.sql').read_text(),
        ),
    ]
