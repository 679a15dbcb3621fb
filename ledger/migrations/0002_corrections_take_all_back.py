"""A void takes back what its event drew in every unit, and what a provider was owed for it."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_name('sql')
BEFORE = """
ALTER TABLE ledger_providercost DROP CONSTRAINT ledger_providercost_cost_check;
ALTER TABLE ledger_providercost ADD CONSTRAINT ledger_providercost_cost_check
  CHECK (cost >= 0 AND cost < 'Infinity');
DROP INDEX ledger_move_reversed_once_per_correction;
CREATE UNIQUE INDEX ledger_move_reversed_once_per_correction ON ledger_move
  (customer_id, event_id, correction_no, block_id, of_seq) NULLS NOT DISTINCT
  WHERE type IN ('CONSUME_REVERSAL', 'OVERAGE_REVERSAL');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            (SQL / 'corrections_take_all_back.sql').read_text(), reverse_sql=BEFORE
        ),
    ]
