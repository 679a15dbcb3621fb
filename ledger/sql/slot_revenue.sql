-- What use in slots was worth (`meter_slots`), per meter and slot: its credits, and their value in minor units of
-- the books' currency; with no slot what lies in none. One pass over the events of the batches from %(first_batch)s
-- through %(last_batch)s; each lies in one slot whole, or in none.
--
-- The slot of an event is found by searching where those of its line begin. Where a slot is plain, its value is
-- written out as creditops_released has it (M4), without the halves that it has to look at.
--
-- Pools are numbered through all customers. The joins are outer ones only so that the planner, which knows nothing
-- of slots, counts with as many rows as there are events, and adds them up in parallel.
WITH slots AS NOT MATERIALIZED (
  SELECT *
  FROM unnest(%(number)s::bigint[], %(pool)s::bigint[], %(line)s::smallint[], %(pos)s::bigint[], %(pos_end)s::bigint[],
              %(shift)s::bigint[], %(cost)s::bigint[], %(quantity)s::bigint[], %(plain)s::boolean[])
    AS s (number, pool_id, line, pos, pos_end, shift, cost, quantity, plain)
),
lines AS (
  SELECT s.pool_id, s.line, min(s.number) - 1 AS before, array_agg(s.pos ORDER BY s.number) AS starts
  FROM slots AS s GROUP BY s.pool_id, s.line
),
placed AS (
  SELECT e.pool_id, e.line, e.pos, e.pos + e.credits AS pos_end, e.meter_id
  FROM ledger_usageevent AS e
  WHERE e.id >= %(first_batch)s::bigint << 16 AND e.id < (%(last_batch)s::bigint + 1) << 16 AND e.credits > 0
    AND e.pos IS NOT NULL
  UNION ALL
  SELECT p.pool_id, p.line, p.pos, p.pos + p.credits, e.meter_id
  FROM ledger_usagepart AS p
  JOIN ledger_usageevent AS e ON e.customer_id = p.customer_id AND e.id = p.event_id
  WHERE p.event_id >= %(first_batch)s::bigint << 16 AND p.event_id < (%(last_batch)s::bigint + 1) << 16
    AND p.credits > 0 AND p.pos IS NOT NULL
)
SELECT u.meter_id, s.number, sum(u.pos_end - u.pos)::bigint,
       sum(CASE WHEN s.plain THEN
             (2 * s.cost * (u.pos_end + s.shift) + s.quantity) / (2 * s.quantity)
               - (2 * s.cost * (u.pos + s.shift) + s.quantity) / (2 * s.quantity)
           ELSE creditops_released(s.cost, s.quantity, u.pos_end + s.shift)
              - creditops_released(s.cost, s.quantity, u.pos + s.shift) END)::bigint
FROM placed AS u
LEFT JOIN lines AS l ON l.pool_id = u.pool_id AND l.line = u.line
LEFT JOIN slots AS s
  ON s.number = l.before + greatest(1, width_bucket(u.pos, l.starts)) AND u.pos >= s.pos AND u.pos < s.pos_end
GROUP BY u.meter_id, s.number
