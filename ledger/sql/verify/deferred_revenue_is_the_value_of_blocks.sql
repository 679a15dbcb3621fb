-- Deferred revenue of a customer is what its blocks have not released yet, and what is owed for credits
-- to come, less credits whose invoice is not receivable yet. Compared where all usage is posted.
WITH gone AS (
  SELECT b.customer_id, b.id,
         s.used + s.expired + s.voided + coalesce((
           SELECT sum(greatest(0, least(g.pos_end, l.consumed) - g.pos))
           FROM ledger_poolstate AS p
           JOIN ledger_segment AS g
             ON g.customer_id = p.customer_id AND g.pool_id = p.pool_id
            AND g.layout_no = p.layout_no AND g.block_id = b.id
           JOIN ledger_line AS l
             ON l.customer_id = g.customer_id AND l.pool_id = g.pool_id AND l.line = g.line
           WHERE p.customer_id = b.customer_id AND p.pool_id = b.pool_id), 0) AS credits
  FROM ledger_block AS b
  JOIN ledger_blockstate AS s ON s.customer_id = b.customer_id AND s.block_id = b.id
),
layers AS (
  -- What is gone from a cost layer: of all its blocks, since each came to it.
  SELECT b.customer_id, bl.layer_id, sum(gone.credits - bl.gone)::bigint AS credits
  FROM ledger_block AS b
  JOIN gone ON gone.customer_id = b.customer_id AND gone.id = b.id
  JOIN LATERAL (
    SELECT n.layer_id, n.gone FROM ledger_blocklayer AS n
    WHERE n.customer_id = b.customer_id AND n.block_id = b.id ORDER BY n.no DESC LIMIT 1
  ) AS bl ON true
  WHERE b.breakage <> 'PROPORTIONAL'
  GROUP BY b.customer_id, bl.layer_id
),
proportional AS (
  -- Earned by runs: the cost less what was taken back and what the newest run says.
  SELECT b.customer_id,
         k.cost_functional_minor - coalesce(earned.value, 0) - coalesce((
           SELECT sum(creditops_released(k.cost_functional_minor, k.quantity, v.r0 + v.credits)
                    - creditops_released(k.cost_functional_minor, k.quantity, v.r0))
           FROM ledger_move AS v
           WHERE v.customer_id = b.customer_id AND v.block_id = b.id AND v.type LIKE 'REVOKE%%'), 0)
         AS value
  FROM ledger_block AS b
  JOIN ledger_blocklayer AS bl
    ON bl.customer_id = b.customer_id AND bl.block_id = b.id AND bl.no = 1
  JOIN ledger_costlayer AS k ON k.customer_id = bl.customer_id AND k.id = bl.layer_id
  LEFT JOIN LATERAL (
    SELECT r.usage_minor + r.breakage_minor + r.state_minor AS value FROM ledger_recognition AS r
    WHERE r.customer_id = b.customer_id AND r.block_id = b.id ORDER BY r.no DESC LIMIT 1
  ) AS earned ON true
  WHERE b.breakage = 'PROPORTIONAL'
),
blocks AS (
  SELECT x.customer_id, sum(x.value) AS value
  FROM (
    SELECT k.customer_id,
           k.cost_functional_minor
             - creditops_released(k.cost_functional_minor, k.quantity, layers.credits) AS value
    FROM layers
    JOIN ledger_costlayer AS k ON k.customer_id = layers.customer_id AND k.id = layers.layer_id
    UNION ALL
    SELECT * FROM proportional
  ) AS x
  GROUP BY x.customer_id
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
  SELECT customer_id FROM ledger_line WHERE posted_pos < consumed
  UNION
  SELECT customer_id FROM ledger_poolstate WHERE posted_seq < move_seq
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
