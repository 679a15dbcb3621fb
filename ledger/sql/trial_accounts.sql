-- Accounts that were only ever given free credits: how many, how many of them used all of them up, and how
-- many used some. By the counters of their pools.
WITH given AS (
  SELECT b.customer_id, bool_or(b.kind = 'paid') AS bought
  FROM ledger_block AS b WHERE b.effective_at <= %(at)s GROUP BY b.customer_id
),
pools AS (
  SELECT s.customer_id, sum(s.used) AS used,
         sum(greatest(0, s.limit_pos - s.consumed) + s.scoped_left) AS rest
  FROM ledger_poolstate AS s GROUP BY s.customer_id
)
SELECT count(*), count(*) FILTER (WHERE p.used > 0 AND p.rest = 0), count(*) FILTER (WHERE p.used > 0)
FROM given AS g
JOIN pools AS p ON p.customer_id = g.customer_id
WHERE NOT g.bought
