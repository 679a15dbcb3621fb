-- Pools of holders in %(zone)s with credits left in blocks that end in [first, before) and after %(at)s:
-- the first of these ends, what is left, and what of it may roll over, since it ends with a contract's
-- term. Left is what the newest layout found, less what its line took since. Daily credits and the
-- allowance of a free plan's period aside: they come again.
SELECT s.customer_id, s.pool_id, h.id, h.kind, h.code, c.code, min(s.until),
       sum(r.rest)::bigint,
       coalesce(sum(r.rest) FILTER (
         WHERE b.kind = ANY (%(rolling)s::text[]) AND h.kind = 'contract'
           AND EXISTS (
             SELECT FROM ledger_term AS t
             WHERE t.customer_id = h.customer_id AND t.holder_id = h.id AND t.ends_at = s.until)
           AND NOT EXISTS (
             SELECT FROM ledger_blockchange AS x
             WHERE x.customer_id = b.customer_id AND x.block_id = b.id AND x.act = 'rollover')
       ), 0)::bigint
FROM ledger_blockstate AS s
JOIN ledger_block AS b ON b.customer_id = s.customer_id AND b.id = s.block_id
JOIN ledger_pool AS p ON p.customer_id = s.customer_id AND p.id = s.pool_id
JOIN ledger_holder AS h ON h.customer_id = p.customer_id AND h.id = p.holder_id
JOIN accounts_customer AS c ON c.id = s.customer_id
JOIN ledger_poolstate AS state ON state.customer_id = s.customer_id AND state.pool_id = s.pool_id
CROSS JOIN LATERAL (
  SELECT s.granted - s.used - s.expired - s.voided - coalesce(
           sum(greatest(0, least(g.pos_end, l.consumed) - g.pos)), 0) AS rest
  FROM ledger_segment AS g
  JOIN ledger_line AS l
    ON l.customer_id = g.customer_id AND l.pool_id = g.pool_id AND l.line = g.line
  WHERE g.customer_id = s.customer_id AND g.pool_id = s.pool_id
    AND g.layout_no = state.layout_no AND g.block_id = s.block_id
) AS r
WHERE s.open AND s.until >= %(first)s AND s.until < %(before)s AND s.until > %(at)s
  AND h.time_zone = %(zone)s AND b.kind <> 'daily' AND r.rest > 0
  AND NOT (b.kind = 'promo' AND h.kind = 'subscription' AND EXISTS (
    SELECT FROM ledger_term AS t
    WHERE t.customer_id = b.customer_id AND t.id = b.term_id
      AND t.starts_at = b.effective_at AND t.ends_at = s.until))
GROUP BY s.customer_id, s.pool_id, h.id, h.kind, h.code, c.code
ORDER BY s.customer_id, s.pool_id
