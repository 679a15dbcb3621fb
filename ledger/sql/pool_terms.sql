-- The terms of these pools with the base of their overage (the commitment, or what came after it), its
-- layer, newest cap lift in force and use as of the newest layout; whether their overage is a grace. A
-- pool of a holder without terms has one term with id 0 and no bounds.
SELECT wanted.pool_id, t.id, t.starts_at, t.ends_at, coalesce(basis.base, pt.commitment), layer.id, layer.quantity,
       layer.cost_minor, lift.cap, coalesce(u.overage, 0), coalesce(u.counted, 0),
       coalesce(u.base, 0), h.kind = 'subscription'
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS wanted (customer_id, pool_id)
JOIN ledger_pool AS p ON p.customer_id = wanted.customer_id AND p.id = wanted.pool_id
JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
CROSS JOIN LATERAL (
  SELECT term.id, term.starts_at, term.ends_at FROM ledger_term AS term
  WHERE term.customer_id = p.customer_id AND term.holder_id = p.holder_id
  UNION ALL
  SELECT 0, NULL, NULL WHERE h.kind = 'open'
) AS t
LEFT JOIN ledger_poolterm AS pt
  ON pt.customer_id = p.customer_id AND pt.pool_id = p.id AND pt.term_id = t.id
LEFT JOIN LATERAL (
  SELECT b.base, b.layer_id FROM ledger_overagebasis AS b
  WHERE b.customer_id = pt.customer_id AND b.pool_id = pt.pool_id AND b.term_id = pt.term_id
  ORDER BY b.no DESC LIMIT 1
) AS basis ON true
LEFT JOIN ledger_costlayer AS layer
  ON layer.customer_id = pt.customer_id
 AND layer.id = coalesce(basis.layer_id, pt.overage_layer_id)
LEFT JOIN ledger_termuse AS u
  ON u.customer_id = p.customer_id AND u.pool_id = p.id AND u.term_id = t.id
LEFT JOIN LATERAL (
  SELECT l.cap FROM ledger_caplift AS l
  WHERE l.customer_id = p.customer_id AND l.pool_id = p.id AND l.term_id = t.id
    AND l.effective_at <= %(now)s
  ORDER BY l.effective_at DESC, l.id DESC LIMIT 1
) AS lift ON true
ORDER BY wanted.pool_id, t.starts_at NULLS FIRST
