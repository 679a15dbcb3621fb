-- Customers who came to the end of their free credits since %(since)s and can't go on: the last one was used,
-- or use was refused for lack of credits, and nothing but a day's credits was granted since. Nothing was
-- ever bought, no contract runs or is signed, no card is on file. The newest first: customer, when.
WITH wall AS (
  SELECT w.customer_id, max(w.at) AS at
  FROM (
    SELECT x.customer_id, x.crossed_at AS at
    FROM ledger_thresholdcrossing AS x
    WHERE x.threshold = 'EXHAUSTED' AND x.crossed_at >= %(since)s
    UNION ALL
    SELECT e.customer_id, e.recorded_at
    FROM ledger_usageevent AS e
    WHERE e.status = 'r' AND e.code = %(short)s AND e.recorded_at >= %(since)s
  ) AS w
  GROUP BY w.customer_id
)
SELECT wall.customer_id, wall.at
FROM wall
WHERE NOT EXISTS (
    SELECT FROM ledger_block AS b
    WHERE b.customer_id = wall.customer_id
      AND (b.kind NOT IN ('promo', 'compensation', 'daily')
           OR b.kind <> 'daily' AND b.recorded_at > wall.at))
  AND NOT EXISTS (
    SELECT FROM contracts_contract AS c
    WHERE c.customer_id = wall.customer_id AND c.status <> 'ended')
  AND NOT EXISTS (SELECT FROM invoicing_savedcard AS c WHERE c.customer_id = wall.customer_id)
ORDER BY wall.at DESC, wall.customer_id
LIMIT %(most)s
