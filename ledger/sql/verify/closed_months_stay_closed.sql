-- No entry was posted into a month after it was closed.
SELECT format('journal entry %s', e.id),
       format('posts on %s, recorded %s, after the close of %s', e.posting_date, e.recorded_at,
              p.closed_at)
FROM ledger_accountingperiod AS p
JOIN ledger_journalentry AS e
  ON e.posting_date >= p.month AND e.posting_date < p.month + interval '1 month'
WHERE p.state = 'closed' AND e.recorded_at > p.closed_at
