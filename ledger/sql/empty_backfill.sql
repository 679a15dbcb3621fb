-- What still waits in a backfill that is reversed is thrown away.
DELETE FROM ledger_backfillrow WHERE backfill_id = %(backfill)s
