-- Writes the running sums of these pools, which are locked.
INSERT INTO ledger_accumulator (customer_id, pool_id, item, drawn, carry_num, carry_den)
SELECT * FROM unnest(
  %(customer_id)s::bigint[], %(pool_id)s::bigint[], %(item)s::text[], %(drawn)s::bigint[],
  %(carry_num)s::bigint[], %(carry_den)s::bigint[]
)
ON CONFLICT (customer_id, pool_id, item) DO UPDATE
SET drawn = excluded.drawn, carry_num = excluded.carry_num, carry_den = excluded.carry_den
