-- How many entries are posted into the month of %(month)s, and the checksum of them and their lines
-- (invariant 11); the check closed_months_keep_their_checksum computes the same.
SELECT count(*)::integer, encode(sha256(convert_to(coalesce(string_agg(entry, E'\n' ORDER BY id), ''), 'UTF8')), 'hex')
FROM (
  SELECT e.id, format('%%s %%s %%s %%s:%%s', e.id, e.posting_date, e.recipe, e.source, (
           SELECT string_agg(format(' %%s %%s %%s %%s', a.code, l.debit_minor, l.credit_minor, l.currency), ','
                             ORDER BY l.id)
           FROM ledger_journalline AS l JOIN ledger_account AS a ON a.id = l.account_id
           WHERE l.entry_id = e.id)) AS entry
  FROM ledger_journalentry AS e
  WHERE e.posting_date >= %(month)s AND e.posting_date < %(month)s::date + interval '1 month'
) AS entries
