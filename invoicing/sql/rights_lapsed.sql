-- What was deferred for rights that lapsed and was posted by %(last)s, as known at %(known_at)s (V6).
SELECT coalesce(sum(option.allocated_functional_minor), 0)
FROM invoicing_optionend AS ending
JOIN invoicing_purchaseoption AS option ON option.id = ending.option_id
JOIN ledger_journalentry AS e ON e.source = 'option:' || option.code || ':' || ending.how
WHERE ending.how = 'lapsed' AND e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
