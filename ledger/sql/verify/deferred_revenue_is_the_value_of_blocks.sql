-- Deferred revenue of a customer is what its blocks have not released yet, and what is owed for credits
-- to come, less credits whose invoice is not receivable yet. Compared where all usage is posted.
WITH gone AS (
  SELECT b.customer_id, b.id,
         s.used + s.expired + s.voided + coalesce((
           SELECT sum(greatest(0, least(g.pos_end, p.consumed) - g.pos))
           FROM ledger_poolstate AS p
           JOIN ledger_segment AS g
             ON g.customer_id = p.customer_id AND g.pool_id = p.pool_id
            AND g.layout_no = p.layout_no AND g.block_id = b.id
           WHERE p.customer_id = b.customer_id AND p.pool_id = b.pool_id), 0) AS credits
  FROM ledger_block AS b
  JOIN ledger_blockstate AS s ON s.customer_id = b.customer_id AND s.block_id = b.id
),
blocks AS (
  SELECT b.customer_id,
         sum(l.cost_functional_minor
           - creditops_released(l.cost_functional_minor, l.quantity, gone.credits::bigint)) AS value
  FROM ledger_block AS b
  JOIN gone ON gone.customer_id = b.customer_id AND gone.id = b.id
  JOIN LATERAL (
    SELECT k.* FROM ledger_blocklayer AS bl
    JOIN ledger_costlayer AS k ON k.customer_id = bl.customer_id AND k.id = bl.layer_id
    WHERE bl.customer_id = b.customer_id AND bl.block_id = b.id ORDER BY bl.no DESC LIMIT 1
  ) AS l ON true
  GROUP BY b.customer_id
),
deferred AS (
  SELECT e.customer_id, sum(l.credit_minor::bigint - l.debit_minor::bigint) AS value
  FROM ledger_journalentry AS e
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = '2100'
  WHERE e.customer_id IS NOT NULL
  GROUP BY e.customer_id
),
waiting AS (
  SELECT customer_id FROM ledger_poolstate
  WHERE posted_pos < consumed OR posted_seq < move_seq
),
ahead AS (
  SELECT * FROM unnest(%(customers)s::bigint[], %(ahead)s::bigint[]) AS given (customer_id, value)
),
worth AS (
  SELECT x.customer_id, sum(x.value) AS value
  FROM (SELECT * FROM blocks UNION ALL SELECT * FROM ahead) AS x GROUP BY x.customer_id
)
SELECT format('customer %%s', coalesce(w.customer_id, d.customer_id)),
       format('its blocks are worth %%s, deferred revenue is %%s (minor units)',
              coalesce(w.value, 0), coalesce(d.value, 0))
FROM worth AS w
FULL JOIN deferred AS d ON d.customer_id = w.customer_id
WHERE coalesce(w.value, 0) <> coalesce(d.value, 0)
  AND coalesce(w.customer_id, d.customer_id) NOT IN (SELECT customer_id FROM waiting)
