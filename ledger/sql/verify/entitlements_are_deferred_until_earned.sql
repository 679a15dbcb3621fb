-- Account 2120 of a customer is what flat fees and licences were worth when they were drawn, less what
-- their days have earned; what was drawn of credits that earn in proportion to use never stood there. Compared
-- where all usage is posted.
WITH pieces AS (
  -- `abroad_at`: when overage was used; a price in another currency is translated then.
  SELECT d.customer_id, g.layer_id, CASE WHEN g.block_id IS NULL THEN d.time_min END AS abroad_at,
         g.r0 + greatest(g.pos, d.pos) - g.pos AS r_from,
         g.r0 + least(g.pos_end, d.pos_end) - g.pos AS r_to
  FROM ledger_drain AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  LEFT JOIN ledger_block AS b ON b.customer_id = g.customer_id AND b.id = g.block_id
  WHERE d.revenue_class = 'entitled' AND b.breakage IS DISTINCT FROM 'PROPORTIONAL'
  UNION ALL
  SELECT m.customer_id, m.layer_id, CASE WHEN m.block_id IS NULL THEN m.effective_at END,
         m.r0, m.r0 + m.credits
  FROM ledger_move AS m
  LEFT JOIN ledger_block AS b ON b.customer_id = m.customer_id AND b.id = m.block_id
  WHERE m.revenue_class = 'entitled' AND (m.type LIKE 'CONSUME%%' OR m.type LIKE 'OVERAGE%%')
    AND b.breakage IS DISTINCT FROM 'PROPORTIONAL'
),
drawn AS (
  SELECT p.customer_id,
         sum(CASE WHEN p.abroad_at IS NULL THEN
               creditops_released(l.cost_functional_minor, l.quantity, p.r_to)
                 - creditops_released(l.cost_functional_minor, l.quantity, p.r_from)
             ELSE creditops_functional(
               creditops_released(l.cost_minor, l.quantity, p.r_to)
                 - creditops_released(l.cost_minor, l.quantity, p.r_from), l.currency, p.abroad_at)
             END) AS value
  FROM pieces AS p
  JOIN ledger_costlayer AS l ON l.customer_id = p.customer_id AND l.id = p.layer_id
  GROUP BY p.customer_id
),
earned AS (
  SELECT e.customer_id, sum(newest.cumulative_minor) AS value
  FROM ledger_entitlement AS e
  JOIN LATERAL (
    SELECT r.cumulative_minor FROM ledger_entitlementrelease AS r
    WHERE r.customer_id = e.customer_id AND r.entitlement_id = e.id
    ORDER BY r.through DESC LIMIT 1
  ) AS newest ON true
  GROUP BY e.customer_id
),
booked AS (
  SELECT e.customer_id, sum(l.credit_minor::bigint - l.debit_minor::bigint) AS value
  FROM ledger_journalentry AS e
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = %(entitlements)s
  WHERE e.customer_id IS NOT NULL
  GROUP BY e.customer_id
),
every AS (
  SELECT customer_id FROM drawn UNION SELECT customer_id FROM earned
  UNION SELECT customer_id FROM booked
)
SELECT format('customer %%s', every.customer_id),
       format('its flat fees and licences were worth %%s and have earned %%s, account %%s is %%s (minor'
              ' units)', coalesce(d.value, 0), coalesce(e.value, 0), %(entitlements)s::text,
              coalesce(b.value, 0))
FROM every
LEFT JOIN drawn AS d ON d.customer_id = every.customer_id
LEFT JOIN earned AS e ON e.customer_id = every.customer_id
LEFT JOIN booked AS b ON b.customer_id = every.customer_id
WHERE coalesce(d.value, 0) - coalesce(e.value, 0) <> coalesce(b.value, 0)
  AND every.customer_id NOT IN (
    SELECT customer_id FROM ledger_line WHERE posted_pos < consumed
    UNION
    SELECT customer_id FROM ledger_poolstate WHERE posted_seq < move_seq)
ORDER BY every.customer_id
