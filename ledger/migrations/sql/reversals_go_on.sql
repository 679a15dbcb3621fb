-- As before, and a reversal notes how far it has come.
CREATE OR REPLACE FUNCTION ledger_backfill_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'open' THEN
      RAISE EXCEPTION 'a backfill begins open, not %', NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'backfill % is not removed; reverse it', OLD.name
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  IF OLD.state = 'reversing' AND NEW.state = 'reversing' THEN
    IF NEW.void_from IS NULL OR NEW.void_from >= OLD.void_from
      OR to_jsonb(NEW) - 'void_from' <> to_jsonb(OLD) - 'void_from' THEN
      RAISE EXCEPTION 'the reversal of backfill % goes from its newest delivery to its oldest', OLD.name
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.void_from IS DISTINCT FROM OLD.void_from OR (OLD.state, NEW.state) NOT IN (
      ('open', 'closing'), ('closing', 'closed'), ('open', 'reversing'), ('closing', 'reversing'),
      ('closed', 'reversing'), ('reversing', 'reversed'))
    OR (OLD.id, OLD.name, OLD.opened_at, OLD.opened_by)
      IS DISTINCT FROM (NEW.id, NEW.name, NEW.opened_at, NEW.opened_by)
    OR (OLD.closed_at IS NOT NULL AND (OLD.closed_at, OLD.closed_by, OLD.close_reason)
      IS DISTINCT FROM (NEW.closed_at, NEW.closed_by, NEW.close_reason))
    OR (OLD.reversed_at IS NOT NULL AND (OLD.reversed_at, OLD.reversed_by, OLD.reverse_reason)
      IS DISTINCT FROM (NEW.reversed_at, NEW.reversed_by, NEW.reverse_reason)) THEN
    RAISE EXCEPTION 'backfill % does not go from % to %', OLD.name, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  IF NEW.state IN ('closed', 'reversed')
    AND EXISTS (SELECT FROM ledger_backfillrow WHERE backfill_id = NEW.id) THEN
    RAISE EXCEPTION 'rows of backfill % still wait', OLD.name
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
