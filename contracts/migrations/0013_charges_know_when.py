"""Charges know when they were left, so that reports of long ago leave out what came later."""

from datetime import UTC, datetime

from django.db import migrations, models

# Of charges from before: those of the first term were left at the signature, those of later ones when
# they began, overage and added credits when they were to be billed.
FILL = """
UPDATE contracts_scheduledcharge AS charge
SET recorded_at = CASE
  WHEN charge.kind IN ('OVERAGE', 'ADDITION') THEN charge.issue_at
  WHEN term.number = 1 THEN contract.signed_at
  ELSE least(term.starts_at, charge.issue_at) END
FROM contracts_contract AS contract, ledger_term AS term
WHERE contract.id = charge.contract_id
  AND term.customer_id = contract.customer_id AND term.id = charge.term_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0012_commissions'),
    ]

    operations = [
        migrations.AddField(
            model_name='scheduledcharge',
            name='recorded_at',
            field=models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
