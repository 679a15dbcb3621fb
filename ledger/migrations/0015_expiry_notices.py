"""Customers are told before credits end."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


def _of(model):
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name='+',
        to=model,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0014_released_in_whole_numbers'),
        ('lib', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'expiry_notices.sql').read_text(),
            reverse_sql="DROP TABLE ledger_expirynotice; DROP INDEX ledger_blockstate_by_end;"
            " DELETE FROM lib_duerow WHERE kind = 'ledger.expiry_notice';",
            state_operations=[
                migrations.CreateModel(
                    name='ExpiryNotice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('ends_on', models.DateField()),
                        ('days', models.PositiveSmallIntegerField(help_text='before')),
                        ('ends_at', models.DateTimeField()),
                        ('credits', models.PositiveBigIntegerField()),
                        ('rolling', models.PositiveBigIntegerField()),
                        ('noticed_at', models.DateTimeField()),
                        ('customer', _of('accounts.customer')),
                        ('pool', _of('ledger.pool')),
                    ],
                    options={'ordering': ['id']},
                ),
            ],
        ),
    ]
