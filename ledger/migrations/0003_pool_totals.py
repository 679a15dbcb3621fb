"""What a pool's blocks come to is kept in its state, so that a balance as of now needs no history."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_name('sql')
DROP = """
ALTER TABLE ledger_poolstate
  DROP CONSTRAINT ledger_poolstate_totals_add_up,
  DROP COLUMN granted, DROP COLUMN used, DROP COLUMN expired, DROP COLUMN voided,
  DROP COLUMN scoped_left, DROP COLUMN overage_cap, DROP COLUMN current_from;
"""
COUNTED = ('granted', 'used', 'expired', 'voided', 'scoped_left')


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_corrections_take_all_back'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'totals.sql').read_text(),
            reverse_sql=DROP,
            state_operations=[
                *(
                    migrations.AddField('poolstate', name, models.PositiveBigIntegerField(default=0))
                    for name in COUNTED
                ),
                migrations.AddField(
                    'poolstate', 'overage_cap', models.PositiveBigIntegerField(blank=True, null=True)
                ),
                migrations.AddField(
                    'poolstate', 'current_from', models.DateTimeField(blank=True, null=True)
                ),
            ],
        ),
    ]
