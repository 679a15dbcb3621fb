-- Every journal entry has lines and balances per currency.
SELECT format('journal entry %s', e.id),
       format('debits %s, credits %s %s', coalesce(l.debit, 0), coalesce(l.credit, 0), l.currency)
FROM ledger_journalentry AS e
LEFT JOIN (
  SELECT entry_id, currency, sum(debit_minor) AS debit, sum(credit_minor) AS credit
  FROM ledger_journalline GROUP BY entry_id, currency
) AS l ON l.entry_id = e.id
WHERE l.entry_id IS NULL OR l.debit <> l.credit
