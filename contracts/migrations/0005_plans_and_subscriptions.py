"""Plans are sold by the month: their versions, subscriptions, what these owe, ends of graces, consents."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('contracts', '0004_price_tiers_and_packs'),
        ('ledger', '0011_grace_of_subscriptions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(help_text="a subscription's code, or a purchase", max_length=200)),
                ('words', models.TextField()),
                ('given_by', models.CharField(max_length=200)),
                ('given_at', models.DateTimeField()),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='accounts.customer')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=100, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('on_sale', models.BooleanField(default=True, help_text='whether subscriptions may begin with it, or move to it')),
                ('rate_card', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.ratecard')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='PlanVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('credits', models.PositiveBigIntegerField(help_text='per period')),
                ('price_minor', models.PositiveBigIntegerField(help_text='per period, net; 0: a free plan')),
                ('currency', models.CharField(max_length=3)),
                ('effective_from', models.DateTimeField()),
                ('published_at', models.DateTimeField()),
                ('published_by', models.CharField(max_length=200)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='contracts.plan')),
            ],
            options={
                'ordering': ['plan', 'effective_from'],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=100, unique=True)),
                ('status', models.CharField(choices=[('active', 'active'), ('past_due', 'past due'), ('suspended', 'suspended'), ('ended', 'ended')], default='active', max_length=10)),
                ('anchor_on', models.DateField(help_text='local date from which months are counted')),
                ('time_zone', models.CharField(max_length=60)),
                ('currency', models.CharField(max_length=3)),
                ('started_at', models.DateTimeField()),
                ('started_by', models.CharField(max_length=200)),
                ('past_due_since', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_by', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='accounts.customer')),
                ('holder', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='subscription', to='ledger.holder')),
                ('next_plan', models.ForeignKey(blank=True, help_text='chosen by hand for the next period; empty: as use asks for', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.plan')),
                ('version', models.ForeignKey(help_text='of the plan of the running period', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.planversion')),
            ],
            options={
                'ordering': ['-started_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='PlanCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('period', 'period'), ('upgrade', 'upgrade'), ('grace', 'use beyond the balance')], max_length=8)),
                ('credits', models.PositiveBigIntegerField()),
                ('amount_minor', models.PositiveBigIntegerField(help_text='net')),
                ('currency', models.CharField(max_length=3)),
                ('made_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'to be paid'), ('paid', 'paid'), ('lapsed', 'not owed any more')], default='open', max_length=6)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('source', models.CharField(max_length=200, unique=True)),
                ('term', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.term')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.planversion')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='contracts.subscription')),
            ],
            options={
                'ordering': ['made_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='GraceEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('crossing_id', models.BigIntegerField()),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('how', models.CharField(choices=[('time', 'its time was over'), ('used_up', 'all that it allows was used'), ('period', 'the period ended')], max_length=8)),
                ('outcome', models.CharField(choices=[('upgrade', 'moved to a larger plan'), ('charged', "charged at the plan's unit price"), ('nothing', 'nothing was left to settle')], max_length=8)),
                ('credits', models.PositiveBigIntegerField()),
                ('term', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.term')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grace_ends', to='contracts.subscription')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.UniqueConstraint(fields=('plan', 'effective_from'), name='contracts_plan_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from__gte', models.F('published_at'))), name='contracts_plan_never_touches_the_past'),
        ),
        migrations.AddConstraint(
            model_name='planversion',
            constraint=models.CheckConstraint(condition=models.Q(('credits__gt', 0)), name='contracts_plan_gives_something'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('past_due_since__isnull', False), ('status__in', ['past_due', 'suspended'])), models.Q(('past_due_since__isnull', True), ('status__in', ['active', 'ended'])), _connector='OR'), name='contracts_subscription_unpaid_since'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('status', 'ended')), models.Q(models.Q(('status', 'ended'), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='contracts_subscription_ended_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='plancharge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), ('settled_at__isnull', True)), models.Q(models.Q(('state', 'open'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='contracts_plan_charge_settled_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='graceend',
            constraint=models.UniqueConstraint(fields=('subscription', 'crossing_id'), name='contracts_grace_ends_once'),
        ),
    ]
