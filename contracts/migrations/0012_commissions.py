"""Commission: plans, whose contracts are, what came of it and was paid, and its cost as an asset."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0011_quotes'),
        ('ledger', '0013_closing_of_months'),
        ('lib', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.PositiveIntegerField()),
                ('effective_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('assigned_by', models.CharField(max_length=200)),
                ('reason', models.CharField(blank=True, max_length=1000)),
            ],
            options={
                'ordering': ['contract', 'no'],
            },
        ),
        migrations.CreateModel(
            name='AssignmentShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('rep', models.CharField(max_length=200)),
                ('pct', models.DecimalField(decimal_places=12, max_digits=18)),
            ],
            options={
                'ordering': ['assignment', 'position'],
            },
        ),
        migrations.CreateModel(
            name='CommissionDispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rep', models.CharField(max_length=200)),
                ('year', models.PositiveSmallIntegerField()),
                ('text', models.CharField(max_length=1000)),
                ('raised_at', models.DateTimeField()),
                ('raised_by', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('declined', 'declined')], default='open', max_length=10)),
                ('answer', models.CharField(blank=True, max_length=1000)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-raised_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='CommissionEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveIntegerField(help_text='contract year, from 1')),
                ('no', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('close', 'at close'), ('true_up', 'at the end of the contract year'), ('restatement', 'restated')], max_length=12)),
                ('starts_at', models.DateTimeField(help_text='of the year')),
                ('ends_at', models.DateTimeField(help_text='of the year, exclusive')),
                ('price_minor', models.PositiveBigIntegerField(help_text='what the term commits to, net')),
                ('base_minor', models.PositiveBigIntegerField()),
                ('total_minor', models.PositiveBigIntegerField()),
                ('before_minor', models.PositiveBigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('known_at', models.DateTimeField()),
                ('posting_date', models.DateField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['contract', 'year', 'no'],
            },
        ),
        migrations.CreateModel(
            name='CommissionPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('rep', models.CharField(max_length=200)),
                ('total_minor', models.PositiveBigIntegerField()),
                ('before_minor', models.PositiveBigIntegerField()),
                ('functional_minor', models.PositiveBigIntegerField()),
            ],
            options={
                'ordering': ['event', 'position'],
            },
        ),
        migrations.CreateModel(
            name='CommissionPayout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rep', models.CharField(max_length=200)),
                ('currency', models.CharField(max_length=3)),
                ('gross_minor', models.PositiveBigIntegerField()),
                ('netted_minor', models.PositiveBigIntegerField()),
                ('gross_functional_minor', models.PositiveBigIntegerField()),
                ('netted_functional_minor', models.PositiveBigIntegerField()),
                ('posting_date', models.DateField()),
                ('paid_at', models.DateTimeField()),
                ('paid_by', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['-paid_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='CommissionPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=100, unique=True)),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='CommissionPlanVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('rate_pct', models.DecimalField(decimal_places=12, max_digits=18)),
                ('upfront_pct', models.DecimalField(decimal_places=12, max_digits=18)),
                ('years', models.CharField(choices=[('twelve_months', 'every twelve months of a term, and at its end'), ('term', 'at the end of the term')], default='twelve_months', max_length=14)),
                ('cost', models.CharField(choices=[('EXPENSE', 'expensed at once'), ('STRAIGHT_LINE', 'capitalised, straight line over months'), ('CONSUMPTION', 'capitalised, in proportion to consumption')], default='EXPENSE', max_length=14)),
                ('months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('clawback_limit_pct', models.DecimalField(blank=True, decimal_places=12, max_digits=18, null=True)),
                ('cap_pct', models.DecimalField(blank=True, decimal_places=12, max_digits=18, null=True)),
                ('floor_pct', models.DecimalField(blank=True, decimal_places=12, max_digits=18, null=True)),
                ('override_reason', models.CharField(blank=True, max_length=1000)),
                ('published_at', models.DateTimeField()),
                ('published_by', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['plan', '-version'],
            },
        ),
        migrations.CreateModel(
            name='CommissionSplit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('rep', models.CharField(max_length=200)),
                ('pct', models.DecimalField(decimal_places=12, max_digits=18)),
            ],
            options={
                'ordering': ['version', 'position'],
            },
        ),
        migrations.CreateModel(
            name='CommissionStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rep', models.CharField(max_length=200)),
                ('year', models.PositiveSmallIntegerField(help_text='calendar year of the books')),
                ('version', models.PositiveIntegerField()),
                ('body', models.JSONField()),
                ('last_event', models.PositiveBigIntegerField(default=0)),
                ('frozen_at', models.DateTimeField()),
                ('frozen_by', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['-frozen_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ContractCost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('policy', models.CharField(choices=[('EXPENSE', 'expensed at once'), ('STRAIGHT_LINE', 'capitalised, straight line over months'), ('CONSUMPTION', 'capitalised, in proportion to consumption')], max_length=14)),
                ('months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('starts_on', models.DateField(help_text="of the term, in the contract's zone")),
                ('currency', models.CharField(max_length=3)),
            ],
            options={
                'ordering': ['contract', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ContractCostStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('capitalised', 'capitalised'), ('amortised', 'amortised'), ('impaired', 'impaired')], max_length=12)),
                ('through', models.DateField(help_text='the day that is expensed up to')),
                ('posting_date', models.DateField()),
                ('cost_minor', models.PositiveBigIntegerField()),
                ('amortised_minor', models.PositiveBigIntegerField()),
                ('cost_functional_minor', models.PositiveBigIntegerField()),
                ('amortised_functional_minor', models.PositiveBigIntegerField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['asset', 'no'],
            },
        ),
        migrations.CreateModel(
            name='ContractPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.PositiveIntegerField()),
                ('effective_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('agreed_by', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['contract', 'no'],
            },
        ),
        migrations.AddField(
            model_name='scheduledcharge',
            name='written_off_minor',
            field=models.PositiveBigIntegerField(default=0, help_text='of overage: lost with the rest of its invoice'),
        ),
        migrations.AddConstraint(
            model_name='scheduledcharge',
            constraint=models.CheckConstraint(condition=models.Q(('written_off_minor__lte', models.F('amount_minor'))), name='contracts_charge_not_lost_twice'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='assignmentshare',
            name='assignment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='contracts.assignment'),
        ),
        migrations.AddField(
            model_name='commissiondispute',
            name='contract',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='commissionevent',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commissions', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='commissionevent',
            name='term',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.term'),
        ),
        migrations.AddField(
            model_name='commissionpart',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='contracts.commissionevent'),
        ),
        migrations.AddField(
            model_name='commissionpayout',
            name='approval',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lib.approval'),
        ),
        migrations.AddField(
            model_name='commissionplanversion',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='contracts.commissionplan'),
        ),
        migrations.AddField(
            model_name='commissionevent',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.commissionplanversion'),
        ),
        migrations.AddField(
            model_name='commissionsplit',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='split', to='contracts.commissionplanversion'),
        ),
        migrations.AddConstraint(
            model_name='commissionstatement',
            constraint=models.UniqueConstraint(fields=('rep', 'year', 'version'), name='contracts_statement_version_once'),
        ),
        migrations.AddField(
            model_name='commissionpayout',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payouts', to='contracts.commissionstatement'),
        ),
        migrations.AddField(
            model_name='contractcost',
            name='close',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='asset', to='contracts.commissionevent'),
        ),
        migrations.AddField(
            model_name='contractcost',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='costs', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='contractcoststep',
            name='asset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='contracts.contractcost'),
        ),
        migrations.AddField(
            model_name='contractplan',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commission_plans', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='contractplan',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.commissionplanversion'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('contract', 'no'), name='contracts_assignment_numbered'),
        ),
        migrations.AddConstraint(
            model_name='assignmentshare',
            constraint=models.UniqueConstraint(fields=('assignment', 'rep'), name='contracts_assignment_once_per_rep'),
        ),
        migrations.AddConstraint(
            model_name='assignmentshare',
            constraint=models.CheckConstraint(condition=models.Q(('pct__gt', 0), ('pct__lte', 100)), name='contracts_assignment_share_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='commissiondispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('answered_at__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='contracts_dispute_answered_in_words'),
        ),
        migrations.AddConstraint(
            model_name='commissiondispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_by', models.F('raised_by')), _negated=True), ('answered_by', ''), _connector='OR'), name='contracts_dispute_answered_by_another'),
        ),
        migrations.AddIndex(
            model_name='commissionpart',
            index=models.Index(fields=['rep', 'event'], name='contracts_commission_by_rep'),
        ),
        migrations.AddConstraint(
            model_name='commissionpart',
            constraint=models.UniqueConstraint(fields=('event', 'rep'), name='contracts_commission_part_once_per_rep'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.UniqueConstraint(fields=('plan', 'version'), name='contracts_commission_version_once'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(('rate_pct__gt', 0), ('rate_pct__lte', 100)), name='contracts_commission_rate_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(('upfront_pct__gte', 0), ('upfront_pct__lte', 100)), name='contracts_commission_upfront_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('upfront_pct__gte', 50), ('upfront_pct__lte', 80)), models.Q(('override_reason', ''), _negated=True), _connector='OR'), name='contracts_commission_upfront_usual_or_said_why'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cost', 'STRAIGHT_LINE'), ('months__gt', 0)), models.Q(models.Q(('cost', 'STRAIGHT_LINE'), _negated=True), ('months__isnull', True)), _connector='OR'), name='contracts_commission_straight_line_has_months'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(('clawback_limit_pct__isnull', True), models.Q(('clawback_limit_pct__gte', 0), ('clawback_limit_pct__lte', 100)), _connector='OR'), name='contracts_commission_clawback_limit_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(('cap_pct__isnull', True), models.Q(('cap_pct__gte', 0), ('cap_pct__lte', 100000)), _connector='OR'), name='contracts_commission_cap_is_finite'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(('floor_pct__isnull', True), models.Q(('floor_pct__gte', 0), ('floor_pct__lte', 100)), _connector='OR'), name='contracts_commission_floor_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='commissionplanversion',
            constraint=models.CheckConstraint(condition=models.Q(('cap_pct__isnull', True), ('floor_pct__isnull', True), ('floor_pct__lte', models.F('cap_pct')), _connector='OR'), name='contracts_commission_floor_below_cap'),
        ),
        migrations.AddConstraint(
            model_name='commissionevent',
            constraint=models.UniqueConstraint(fields=('contract', 'year', 'no'), name='contracts_commission_numbered'),
        ),
        migrations.AddConstraint(
            model_name='commissionevent',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'close')), fields=('term',), name='contracts_commission_closed_once'),
        ),
        migrations.AddConstraint(
            model_name='commissionevent',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'true_up')), fields=('contract', 'year'), name='contracts_commission_settled_once'),
        ),
        migrations.AddConstraint(
            model_name='commissionevent',
            constraint=models.CheckConstraint(condition=models.Q(('starts_at__lt', models.F('ends_at'))), name='contracts_commission_year_has_length'),
        ),
        migrations.AddConstraint(
            model_name='commissionsplit',
            constraint=models.UniqueConstraint(fields=('version', 'rep'), name='contracts_commission_split_once_per_rep'),
        ),
        migrations.AddConstraint(
            model_name='commissionsplit',
            constraint=models.CheckConstraint(condition=models.Q(('pct__gt', 0), ('pct__lte', 100)), name='contracts_commission_split_is_a_share'),
        ),
        migrations.AddIndex(
            model_name='commissionpayout',
            index=models.Index(fields=['rep', 'currency'], name='contracts_payout_by_rep'),
        ),
        migrations.AddConstraint(
            model_name='commissionpayout',
            constraint=models.UniqueConstraint(fields=('statement', 'currency'), name='contracts_payout_once_per_statement'),
        ),
        migrations.AddConstraint(
            model_name='commissionpayout',
            constraint=models.CheckConstraint(condition=models.Q(('gross_minor__gt', 0), ('netted_minor__lte', models.F('gross_minor'))), name='contracts_payout_is_something'),
        ),
        migrations.AddConstraint(
            model_name='contractcoststep',
            constraint=models.UniqueConstraint(fields=('asset', 'no'), name='contracts_coststep_numbered'),
        ),
        migrations.AddConstraint(
            model_name='contractcoststep',
            constraint=models.CheckConstraint(condition=models.Q(('amortised_minor__lte', models.F('cost_minor')), ('amortised_functional_minor__lte', models.F('cost_functional_minor'))), name='contracts_coststep_not_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='contractplan',
            constraint=models.UniqueConstraint(fields=('contract', 'no'), name='contracts_contractplan_numbered'),
        ),
        migrations.RunSQL(
            (SQL / 'commissions.sql').read_text(),
            reverse_sql=(SQL / 'commissions_undone.sql').read_text(),
        ),
    ]
