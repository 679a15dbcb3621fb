"""Free credits carry their accounting policy with its value, and blocks may share a cost layer."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_name('sql')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_pool_totals'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name='block',
                    name='promo_minor',
                    field=models.PositiveBigIntegerField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='block',
                    name='promo_credits',
                    field=models.PositiveBigIntegerField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='blocklayer',
                    name='gone',
                    field=models.PositiveBigIntegerField(default=0),
                ),
            ],
        ),
        migrations.RunSQL(
            (SQL / 'promo.sql').read_text(),
            reverse_sql=(SQL / 'drop_promo.sql').read_text(),
        ),
    ]
