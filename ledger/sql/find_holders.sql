-- The holders of the customers that a batch names, and those it names by code, with their terms, pools, cards and
-- choices (the newest first), each as arrays of one order.
SELECT h.customer_id, h.id, h.kind, h.code, c.code, h.time_zone, h.is_default,
       term.starts, term.ends, pool.units, pool.ids,
       card.names, card.pins, card.starts, card.ends,
       choice.items, choice.chosen, choice.since
FROM ledger_holder AS h
JOIN accounts_customer AS c ON c.id = h.customer_id
CROSS JOIN LATERAL (
  SELECT array_agg(t.starts_at ORDER BY t.starts_at) AS starts,
         array_agg(t.ends_at ORDER BY t.starts_at) AS ends
  FROM ledger_term AS t WHERE t.customer_id = h.customer_id AND t.holder_id = h.id
) AS term
CROSS JOIN LATERAL (
  SELECT array_agg(p.unit_id) AS units, array_agg(p.id) AS ids
  FROM ledger_pool AS p WHERE p.customer_id = h.customer_id AND p.holder_id = h.id
) AS pool
CROSS JOIN LATERAL (
  SELECT array_agg(t.tariff_name::text ORDER BY t.starts_at) AS names,
         array_agg(t.pinned_id ORDER BY t.starts_at) AS pins,
         array_agg(t.starts_at ORDER BY t.starts_at) AS starts,
         array_agg(t.ends_at ORDER BY t.starts_at) AS ends
  FROM ledger_holdertariff AS t WHERE t.customer_id = h.customer_id AND t.holder_id = h.id
) AS card
CROSS JOIN LATERAL (
  SELECT array_agg(c.item::text ORDER BY c.effective_at DESC) AS items,
         array_agg(c.chosen_item::text ORDER BY c.effective_at DESC) AS chosen,
         array_agg(c.effective_at ORDER BY c.effective_at DESC) AS since
  FROM ledger_ratechoice AS c WHERE c.customer_id = h.customer_id AND c.holder_id = h.id
) AS choice
WHERE h.customer_id = ANY (%(customers)s::bigint[]) OR h.code = ANY (%(codes)s::text[])
ORDER BY h.customer_id, h.id
