-- What these holders chose to be rated as, newest first.
SELECT c.holder_id, c.item, c.chosen_item, c.effective_at
FROM unnest(%(customers)s::bigint[], %(holders)s::bigint[]) AS wanted (customer_id, holder_id)
JOIN ledger_ratechoice AS c
  ON c.customer_id = wanted.customer_id AND c.holder_id = wanted.holder_id
ORDER BY c.effective_at DESC
