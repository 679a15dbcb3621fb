-- The holders whose running term at %(at)s began at %(first)s or before: all their use since then lies in it.
SELECT t.holder_id FROM ledger_term AS t
WHERE t.starts_at <= %(first)s AND t.ends_at > %(at)s
