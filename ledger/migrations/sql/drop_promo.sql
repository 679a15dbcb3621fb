-- Undoes what promo.sql makes.
DROP TRIGGER ledger_blocklayer_follows ON ledger_blocklayer;
DROP TRIGGER ledger_pooled_layer_adds_up ON ledger_costlayer;
DROP FUNCTION ledger_blocklayer_follows, ledger_pooled_layer_adds_up, ledger_closing_values;
DROP INDEX ledger_blocklayer_of_layer;
ALTER TABLE ledger_blocklayer DROP COLUMN gone;
ALTER TABLE ledger_block
  DROP CONSTRAINT ledger_block_promo_value_follows_policy,
  DROP CONSTRAINT ledger_block_promo_policy_is_for_free_credits,
  DROP COLUMN promo_minor, DROP COLUMN promo_credits;
