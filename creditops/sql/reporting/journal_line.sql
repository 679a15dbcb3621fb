SELECT e.customer_id, c.code AS customer, l.id AS line_id, l.entry_id, e.posting_date, e.recipe, e.memo,
       e.source, e.prior_period, a.code AS account, a.name AS account_name, a.type AS account_type,
       l.debit_minor, l.credit_minor, l.currency, e.recorded_at,
       -- Until the books are signed (the setting go_live_signed) every entry is a draft.
       CASE WHEN EXISTS (
         SELECT 1 FROM lib_policysetting AS p
         WHERE p.scope = 'books' AND p.name = 'go_live_signed' AND p.value <> 'false'::jsonb
           AND p.effective_at <= now()
       ) THEN 'posted' ELSE 'draft' END AS status
FROM ledger_journalline AS l
JOIN ledger_journalentry AS e ON e.id = l.entry_id
JOIN ledger_account AS a ON a.id = l.account_id
LEFT JOIN accounts_customer AS c ON c.id = e.customer_id
