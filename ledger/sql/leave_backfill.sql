-- Rows leave a backfill, in the transaction that hands them to the intake.
DELETE FROM ledger_backfillrow WHERE id = ANY (%(rows)s)
