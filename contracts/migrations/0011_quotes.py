"""Quotes by version, what customers said to them, and terms that were agreed ahead."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('contracts', '0010_action_values'),
    ]

    operations = [
        migrations.AddField(
            model_name='contract',
            name='installments',
            field=models.PositiveSmallIntegerField(default=1, help_text="equal parts in which a term's price is billed"),
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('renews_term', models.PositiveIntegerField(blank=True, null=True)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(max_length=200)),
                ('waits_because', models.TextField(blank=True, help_text='why its contract could not be made when it was accepted')),
                ('cloned_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clones', to='contracts.quote')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quotes', to='accounts.customer')),
                ('renews', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewal_quotes', to='contracts.contract')),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('make_quote', 'Can make and send quotes')],
            },
        ),
        migrations.CreateModel(
            name='AgreedTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='of the term, as the ledger counts them')),
                ('months', models.PositiveSmallIntegerField()),
                ('credits', models.PositiveBigIntegerField(blank=True, null=True)),
                ('price_minor', models.PositiveBigIntegerField(blank=True, help_text='net', null=True)),
                ('bonus_credits', models.PositiveBigIntegerField(default=0)),
                ('installments', models.PositiveSmallIntegerField(default=1)),
                ('agreed_at', models.DateTimeField()),
                ('agreed_by', models.CharField(max_length=200)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreed_terms', to='contracts.contract')),
                ('quote', models.OneToOneField(blank=True, help_text='that renews by it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agreed_term', to='contracts.quote')),
            ],
            options={
                'ordering': ['contract', 'number'],
            },
        ),
        migrations.AddField(
            model_name='contract',
            name='quote',
            field=models.OneToOneField(blank=True, help_text='that it was made of', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contract', to='contracts.quote'),
        ),
        migrations.CreateModel(
            name='QuoteMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('of_customer', models.BooleanField()),
                ('name', models.CharField(max_length=200)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('text', models.TextField()),
                ('written_at', models.DateTimeField()),
                ('quote', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='contracts.quote')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='QuoteVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('draft', 'draft'), ('in_approval', 'in approval'), ('sent', 'sent'), ('accepted', 'accepted'), ('refused', 'refused'), ('expired', 'expired'), ('superseded', 'superseded')], default='draft', max_length=12)),
                ('terms', models.JSONField()),
                ('terms_hash', models.CharField(max_length=64)),
                ('currency', models.CharField(max_length=3)),
                ('credits', models.PositiveBigIntegerField(help_text='committed, of all years')),
                ('price_minor', models.PositiveBigIntegerField(help_text='of all years, net')),
                ('list_minor', models.PositiveBigIntegerField(blank=True, null=True)),
                ('open_until', models.DateField(help_text="last day to accept, in the contract's zone")),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(max_length=200)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('sent_by', models.CharField(blank=True, max_length=200)),
                ('approved_by', models.CharField(blank=True, max_length=200)),
                ('document', models.CharField(blank=True, help_text='the stored PDF', max_length=200)),
                ('document_sha256', models.CharField(blank=True, max_length=64)),
                ('quote', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='contracts.quote')),
            ],
            options={
                'ordering': ['quote', 'number'],
            },
        ),
        migrations.CreateModel(
            name='QuoteLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(max_length=200)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='contracts.quoteversion')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='QuoteAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepted', models.BooleanField()),
                ('name', models.CharField(max_length=200)),
                ('email', models.EmailField(max_length=254)),
                ('ip_address', models.GenericIPAddressField(blank=True, null=True)),
                ('reason', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField()),
                ('terms_hash', models.CharField(max_length=64)),
                ('document_sha256', models.CharField(max_length=64)),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='answer', to='contracts.quoteversion')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('renews__isnull', True), ('renews_term__isnull', True)), models.Q(('renews__isnull', False), ('renews_term__isnull', False)), _connector='OR'), name='contracts_quote_renews_a_term'),
        ),
        migrations.AddConstraint(
            model_name='agreedterm',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='contracts_agreedterm_agreed_once'),
        ),
        migrations.AddConstraint(
            model_name='agreedterm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credits__isnull', True), ('price_minor__isnull', True)), models.Q(('credits__gt', 0), ('price_minor__isnull', False)), _connector='OR'), name='contracts_agreedterm_says_both_or_follows_use'),
        ),
        migrations.AddConstraint(
            model_name='agreedterm',
            constraint=models.CheckConstraint(condition=models.Q(('number__gt', 1)), name='contracts_agreedterm_is_a_later_one'),
        ),
        migrations.AddConstraint(
            model_name='quoteversion',
            constraint=models.UniqueConstraint(fields=('quote', 'number'), name='contracts_quoteversion_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='quoteversion',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['draft', 'in_approval', 'sent', 'accepted'])), fields=('quote',), name='contracts_quoteversion_one_that_counts'),
        ),
        migrations.AddConstraint(
            model_name='quoteversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('document_sha256__gt', ''), ('sent_at__isnull', False)), models.Q(('status__in', ['sent', 'accepted', 'refused', 'expired']), _negated=True), _connector='OR'), name='contracts_quoteversion_is_sent_with_its_document'),
        ),
        migrations.RunSQL(
            (SQL / 'quotes.sql').read_text(), reverse_sql=(SQL / 'quotes_undone.sql').read_text()
        ),
    ]
