"""What became of crossings that ask for more credits, once each."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('invoicing', '0004_added_credits_and_options'),
        ('ledger', '0011_grace_of_subscriptions'),
    ]

    operations = [
        migrations.CreateModel(
            name='AutoTopUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('crossing_id', models.BigIntegerField()),
                ('crossed_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'waits'), ('bought', 'bought'), ('declined', 'card declined, is tried again'), ('skipped', 'not bought')], default='waiting', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('credits', models.PositiveBigIntegerField(default=0)),
                ('amount_minor', models.PositiveBigIntegerField(default=0, help_text='net')),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='auto_top_ups', to='accounts.customer')),
                ('holder', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.holder')),
                ('invoice', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoicing.invoice')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('customer', 'crossing_id'), name='invoicing_top_up_once_per_crossing'), models.CheckConstraint(condition=models.Q(models.Q(('credits__gt', 0), ('invoice__isnull', False), ('state', 'bought')), models.Q(models.Q(('state', 'bought'), _negated=True), ('invoice__isnull', True)), _connector='OR'), name='invoicing_top_up_bought_has_its_invoice')],
            },
        ),
    ]
