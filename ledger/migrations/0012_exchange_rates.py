"""Exchange rates; journal lines say which amount of a foreign currency they stand for, and of what."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0011_grace_of_subscriptions'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'exchange.sql').read_text(),
            reverse_sql=(SQL / 'exchange_undone.sql').read_text(),
            state_operations=[
                migrations.CreateModel(
                    name='ExchangeRate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('from_currency', models.CharField(max_length=3)),
                        ('to_currency', models.CharField(max_length=3)),
                        ('rate', models.CharField(help_text='exact decimal', max_length=40)),
                        ('num', models.PositiveBigIntegerField(help_text='minor units of the second currency ...')),
                        ('den', models.PositiveBigIntegerField(help_text='... for so many of the first')),
                        ('effective_from', models.DateTimeField()),
                        ('origin', models.CharField(blank=True, help_text='who published it: ECB, a bank', max_length=200)),
                        ('recorded_at', models.DateTimeField()),
                        ('published_by', models.CharField(max_length=200)),
                    ],
                    options={'ordering': ['-effective_from', '-id']},
                ),
                migrations.AddField(
                    model_name='journalline',
                    name='transaction_minor',
                    field=models.BigIntegerField(blank=True, help_text='debit above zero', null=True),
                ),
                migrations.AddField(
                    model_name='journalline',
                    name='transaction_currency',
                    field=models.CharField(blank=True, default='', max_length=3),
                ),
                migrations.AddField(
                    model_name='journalline',
                    name='open_item',
                    field=models.CharField(blank=True, default='', help_text='what is owed: an invoice, a credit note, the overage of a term', max_length=120),
                ),
            ],
        ),
    ]
