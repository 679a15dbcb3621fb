-- The entries of a closed month are those that it was closed with (invariant 11).
WITH closed AS (
  SELECT p.month, act.entries, act.checksum
  FROM ledger_accountingperiod AS p
  JOIN LATERAL (
    SELECT a.entries, a.checksum FROM ledger_periodact AS a
    WHERE a.period_id = p.id AND a.act = 'close' ORDER BY a.no DESC LIMIT 1
  ) AS act ON true
  WHERE p.state = 'closed'
),
found AS (
  SELECT c.month, now.entries, now.checksum
  FROM closed AS c
  CROSS JOIN LATERAL (
    SELECT count(*) AS entries, encode(sha256(convert_to(coalesce(string_agg(entry, E'\n' ORDER BY id), ''), 'UTF8')), 'hex') AS checksum
    FROM (
      SELECT e.id, format('%s %s %s %s:%s', e.id, e.posting_date, e.recipe, e.source, (
               SELECT string_agg(format(' %s %s %s %s', a.code, l.debit_minor, l.credit_minor, l.currency),
                                 ',' ORDER BY l.id)
               FROM ledger_journalline AS l JOIN ledger_account AS a ON a.id = l.account_id
               WHERE l.entry_id = e.id)) AS entry
      FROM ledger_journalentry AS e
      WHERE e.posting_date >= c.month AND e.posting_date < c.month + interval '1 month'
    ) AS entries
  ) AS now
)
SELECT format('month %s', to_char(c.month, 'YYYY-MM')),
       format('was closed with %s entries and the checksum %s…, has %s and %s… now', c.entries,
              left(c.checksum, 12), f.entries, left(f.checksum, 12))
FROM closed AS c JOIN found AS f ON f.month = c.month
WHERE (c.entries, c.checksum) IS DISTINCT FROM (f.entries, f.checksum)
ORDER BY c.month
