-- How free credits are accounted for, fixed at their grant (V8), and cost layers that several blocks share.

-- The value of a credit used: so many minor units of the books' currency per so many credits, exact. It
-- is the list price (CONTRA_REVENUE) or the standard cost (MARKETING_EXPENSE).
ALTER TABLE ledger_block
  ADD COLUMN promo_minor bigint,
  ADD COLUMN promo_credits bigint,
  ADD CONSTRAINT ledger_block_promo_value_follows_policy CHECK (
    CASE WHEN promo_policy IN ('MARKETING_EXPENSE', 'CONTRA_REVENUE')
         THEN promo_minor IS NOT NULL AND promo_minor >= 0
              AND promo_credits IS NOT NULL AND promo_credits > 0
         ELSE promo_minor IS NULL AND promo_credits IS NULL END),
  ADD CONSTRAINT ledger_block_promo_policy_is_for_free_credits CHECK (
    promo_policy = '' OR kind IN ('promo', 'compensation'));

-- How many credits were gone from the block when it came to the layer.
ALTER TABLE ledger_blocklayer
  ADD COLUMN gone bigint NOT NULL DEFAULT 0 CHECK (gone >= 0);
CREATE INDEX ledger_blocklayer_of_layer ON ledger_blocklayer (customer_id, layer_id);

-- What a cost layer was still worth when its blocks left it: its cost less what was released on it.
CREATE FUNCTION ledger_closing_values(of_customer bigint, layers bigint[])
RETURNS TABLE (minor bigint, functional bigint, stayed boolean) LANGUAGE sql STABLE AS $$
  SELECT k.cost_minor - creditops_released(k.cost_minor, k.quantity, g.released),
         k.cost_functional_minor
           - creditops_released(k.cost_functional_minor, k.quantity, g.released),
         g.stayed
  FROM ledger_costlayer AS k
  CROSS JOIN LATERAL (
    SELECT sum(n.gone - bl.gone)::bigint AS released, bool_or(n.id IS NULL) AS stayed
    FROM ledger_blocklayer AS bl
    LEFT JOIN ledger_blocklayer AS n
      ON n.customer_id = bl.customer_id AND n.block_id = bl.block_id AND n.no = bl.no + 1
    WHERE bl.customer_id = k.customer_id AND bl.layer_id = k.id
  ) AS g
  WHERE k.customer_id = of_customer AND k.id = ANY (layers)
$$;

-- A pooled layer holds what the credits of its blocks were worth when they came to it, no cent more or
-- less; and a layer that one of its blocks leaves is left by all.
CREATE FUNCTION ledger_pooled_layer_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  came_from bigint[];
  credits numeric;
  worth record;
BEGIN
  SELECT array_agg(DISTINCT b.layer_id), sum(block.granted - bl.gone) INTO came_from, credits
  FROM ledger_blocklayer AS bl
  JOIN ledger_block AS block ON block.customer_id = bl.customer_id AND block.id = bl.block_id
  LEFT JOIN ledger_blocklayer AS b
    ON b.customer_id = bl.customer_id AND b.block_id = bl.block_id AND b.no = bl.no - 1
  WHERE bl.customer_id = NEW.customer_id AND bl.layer_id = NEW.id;
  SELECT sum(v.minor) AS minor, sum(v.functional) AS functional, bool_or(v.stayed) AS stayed INTO worth
  FROM ledger_closing_values(NEW.customer_id, came_from) AS v;
  IF credits IS DISTINCT FROM NEW.quantity OR worth.minor IS DISTINCT FROM NEW.cost_minor
     OR worth.functional IS DISTINCT FROM NEW.cost_functional_minor
     OR worth.stayed IS DISTINCT FROM false
  THEN
    RAISE EXCEPTION 'cost layer % of customer % is not what its blocks brought along',
      NEW.id, NEW.customer_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_pooled_layer_adds_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_pooled_layer_adds_up AFTER INSERT ON ledger_costlayer
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'pooled')
  EXECUTE FUNCTION ledger_pooled_layer_adds_up();
ALTER TABLE ledger_costlayer ENABLE ALWAYS TRIGGER ledger_pooled_layer_adds_up;

-- A block has one layer of its own, from its grant on; every later one is pooled.
CREATE FUNCTION ledger_blocklayer_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.no > 1 AND NOT EXISTS (
       SELECT FROM ledger_blocklayer AS bl
       JOIN ledger_costlayer AS k
         ON k.customer_id = bl.customer_id AND k.id = NEW.layer_id AND k.kind = 'pooled'
       WHERE bl.customer_id = NEW.customer_id AND bl.block_id = NEW.block_id
         AND bl.no = NEW.no - 1)
     OR NEW.no = 1 AND NEW.gone > 0
  THEN
    RAISE EXCEPTION 'layer % of block %-% does not follow the one before',
      NEW.no, NEW.customer_id, NEW.block_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_blocklayer_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_blocklayer_follows BEFORE INSERT ON ledger_blocklayer
  FOR EACH ROW EXECUTE FUNCTION ledger_blocklayer_follows();
ALTER TABLE ledger_blocklayer ENABLE ALWAYS TRIGGER ledger_blocklayer_follows;
