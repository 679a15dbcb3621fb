-- Blocks of these pools as of %(as_of)s, as known at %(known_at)s (L16): granted, used, expired, voided.
--
-- A draw counts when its effective time is not after as_of and it was recorded not after known_at.
-- On a line a recording time is a position, and the events of a drain lie in the order of their
-- times: a drain that straddles as_of counts up to its last event in time. The cost layer is the one
-- that was in force then; a block's first one from its grant on.
WITH drains AS (
  SELECT d.customer_id, d.pool_id, d.line, d.layout_no, d.pos,
         CASE WHEN d.time_max <= %(as_of)s THEN d.pos_end
              ELSE coalesce((
                SELECT max(e.pos + e.credits) FROM (
                  SELECT u.pos, u.credits FROM ledger_usageevent AS u
                  WHERE u.customer_id = d.customer_id AND u.pool_id = d.pool_id AND u.line = d.line
                    AND u.event_time BETWEEN d.time_min AND %(as_of)s
                    AND u.pos >= d.pos AND u.pos < d.pos_end
                  UNION ALL
                  SELECT p.pos, p.credits
                  FROM ledger_usagepart AS p
                  JOIN ledger_usageevent AS u ON u.customer_id = p.customer_id AND u.id = p.event_id
                  WHERE p.customer_id = d.customer_id AND p.pool_id = d.pool_id AND p.line = d.line
                    AND u.event_time BETWEEN d.time_min AND %(as_of)s
                    AND p.pos >= d.pos AND p.pos < d.pos_end
                ) AS e), d.pos)
         END AS pos_end
  FROM ledger_drain AS d
  WHERE d.customer_id = %(customer)s AND d.pool_id = ANY (%(pools)s::bigint[])
    AND d.recorded_at <= %(known_at)s AND d.time_min <= %(as_of)s
),
line_use AS (
  SELECT g.block_id, sum(least(g.pos_end, d.pos_end) - greatest(g.pos, d.pos))::bigint AS used
  FROM drains AS d
  JOIN ledger_segment AS g
    ON g.customer_id = d.customer_id AND g.pool_id = d.pool_id AND g.line = d.line
   AND g.layout_no = d.layout_no AND g.pos < d.pos_end AND g.pos_end > d.pos
  WHERE g.block_id IS NOT NULL
  GROUP BY g.block_id
),
moved AS (
  SELECT m.block_id,
         sum(m.credits) FILTER (WHERE m.type IN ('CONSUME', 'CONSUME_REVERSAL'))::bigint AS used,
         sum(m.credits) FILTER (WHERE m.type IN ('EXPIRE', 'EXPIRE_REVERSAL'))::bigint AS expired,
         sum(m.credits) FILTER (WHERE m.type IN ('REVOKE', 'REVOKE_REVERSAL'))::bigint AS voided
  FROM ledger_move AS m
  WHERE m.customer_id = %(customer)s AND m.pool_id = ANY (%(pools)s::bigint[])
    AND m.block_id IS NOT NULL
    AND m.recorded_at <= %(known_at)s AND m.effective_at <= %(as_of)s
  GROUP BY m.block_id
)
SELECT b.id, b.pool_id, b.kind, b.meters, b.priority, b.source, b.granted, b.effective_at,
       change.expires_at, change.frozen_from,
       (coalesce(l.used, 0) + coalesce(m.used, 0))::bigint, coalesce(m.expired, 0)::bigint,
       coalesce(m.voided, 0)::bigint, layer.id, layer.quantity, layer.cost_minor, layer.currency,
       layer.gone,
       CASE WHEN b.breakage = 'PROPORTIONAL' THEN
         coalesce(taken_back.value, 0) + coalesce(earned.value, 0) END,
       layer.cost_functional_minor
FROM ledger_block AS b
CROSS JOIN LATERAL (
  SELECT c.expires_at, c.frozen_from FROM ledger_blockchange AS c
  WHERE c.customer_id = b.customer_id AND c.block_id = b.id
    AND c.effective_at <= greatest(%(as_of)s, b.effective_at) AND c.recorded_at <= %(known_at)s
  ORDER BY c.no DESC LIMIT 1
) AS change
CROSS JOIN LATERAL (
  SELECT k.id, k.quantity, k.cost_minor, k.cost_functional_minor, k.currency, bl.gone
  FROM ledger_blocklayer AS bl
  JOIN ledger_costlayer AS k ON k.customer_id = bl.customer_id AND k.id = bl.layer_id
  WHERE bl.customer_id = b.customer_id AND bl.block_id = b.id
    AND (bl.no = 1 OR bl.recorded_at <= least(%(known_at)s, %(as_of)s))
  ORDER BY bl.no DESC LIMIT 1
) AS layer
LEFT JOIN LATERAL (
  -- What is not deferred any more of a block that recognises in proportion to use, as booked: in the
  -- books' currency.
  SELECT r.usage_minor + r.breakage_minor + r.state_minor AS value
  FROM ledger_recognition AS r
  WHERE r.customer_id = b.customer_id AND r.block_id = b.id
    AND r.recorded_at <= %(known_at)s AND r.through <= (%(as_of)s::timestamptz AT TIME ZONE 'UTC')::date
  ORDER BY r.no DESC LIMIT 1
) AS earned ON b.breakage = 'PROPORTIONAL'
LEFT JOIN LATERAL (
  SELECT sum(creditops_released(layer.cost_functional_minor, layer.quantity, v.r0 + v.credits)
           - creditops_released(layer.cost_functional_minor, layer.quantity, v.r0)) AS value
  FROM ledger_move AS v
  WHERE v.customer_id = b.customer_id AND v.block_id = b.id
    AND v.type IN ('REVOKE', 'REVOKE_REVERSAL')
    AND v.recorded_at <= %(known_at)s AND v.effective_at <= %(as_of)s
) AS taken_back ON b.breakage = 'PROPORTIONAL'
LEFT JOIN line_use AS l ON l.block_id = b.id
LEFT JOIN moved AS m ON m.block_id = b.id
WHERE b.customer_id = %(customer)s AND b.pool_id = ANY (%(pools)s::bigint[])
  AND b.recorded_at <= %(known_at)s
ORDER BY b.id
