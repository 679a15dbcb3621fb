-- A correction gives back what a provider would have been owed: costs go below zero then.
ALTER TABLE ledger_providercost DROP CONSTRAINT ledger_providercost_cost_check;
ALTER TABLE ledger_providercost ADD CONSTRAINT ledger_providercost_cost_check
  CHECK (cost > '-Infinity' AND cost < 'Infinity');

-- A void reverses draws of its event in several pools: each pool's overage once.
DROP INDEX ledger_move_reversed_once_per_correction;
CREATE UNIQUE INDEX ledger_move_reversed_once_per_correction ON ledger_move
  (customer_id, event_id, correction_no, pool_id, block_id, of_seq) NULLS NOT DISTINCT
  WHERE type IN ('CONSUME_REVERSAL', 'OVERAGE_REVERSAL');
