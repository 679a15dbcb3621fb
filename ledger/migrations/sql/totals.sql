-- What a pool's blocks come to, kept beside its counter, so that a balance as of now is one row whatever
-- its history (ledger/totals.py). `used` follows the line; `scoped_left` and `overage_cap` are as of the
-- newest layout and hold until `relay_at`. Nothing that is counted lies after `current_from`.
ALTER TABLE ledger_poolstate
  ADD COLUMN granted bigint NOT NULL DEFAULT 0,
  ADD COLUMN used bigint NOT NULL DEFAULT 0,
  ADD COLUMN expired bigint NOT NULL DEFAULT 0,
  ADD COLUMN voided bigint NOT NULL DEFAULT 0,
  ADD COLUMN scoped_left bigint NOT NULL DEFAULT 0,
  ADD COLUMN overage_cap bigint CHECK (overage_cap >= 0),
  ADD COLUMN current_from timestamptz,
  ADD CONSTRAINT ledger_poolstate_totals_add_up CHECK (
    used >= 0 AND expired >= 0 AND voided >= 0 AND scoped_left >= 0
    AND used + expired + voided + scoped_left <= granted);

-- Pools from before: what the states of their blocks say, and what the line drew since their newest
-- layout. Their caps are known when they are laid out anew, so that is due.
UPDATE ledger_poolstate AS s
SET granted = of_blocks.granted,
    used = of_blocks.used + coalesce((
      SELECT sum(greatest(0, least(g.pos_end, s.consumed) - g.pos))
      FROM ledger_segment AS g
      WHERE g.customer_id = s.customer_id AND g.pool_id = s.pool_id AND g.line = 0
        AND g.layout_no = s.layout_no AND g.block_id IS NOT NULL), 0),
    expired = of_blocks.expired,
    voided = of_blocks.voided,
    scoped_left = coalesce((
      SELECT sum(k.granted - k.used - k.expired - k.voided)
      FROM ledger_layout AS l
      JOIN ledger_block AS b ON b.customer_id = l.customer_id AND b.pool_id = l.pool_id
      JOIN ledger_blockstate AS k ON k.customer_id = b.customer_id AND k.block_id = b.id
      WHERE l.customer_id = s.customer_id AND l.pool_id = s.pool_id AND l.line = 0
        AND l.no = s.layout_no AND b.meters IS NOT NULL AND b.effective_at <= l.recorded_at
        AND (k.until IS NULL OR k.until > l.recorded_at)), 0),
    relay_at = least(s.relay_at, now())
FROM (
  SELECT b.customer_id, b.pool_id, sum(b.granted) AS granted, sum(b.used) AS used,
         sum(b.expired) AS expired, sum(b.voided) AS voided
  FROM ledger_blockstate AS b GROUP BY b.customer_id, b.pool_id
) AS of_blocks
WHERE of_blocks.customer_id = s.customer_id AND of_blocks.pool_id = s.pool_id;
