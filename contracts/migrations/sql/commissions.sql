-- What commission promises, kept by the database whoever writes (docs/database-rules.md).

-- Shares of a contract, and those that a plan names, add up to 100 %.
CREATE FUNCTION contracts_shares_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told numeric;
BEGIN
  IF TG_TABLE_NAME IN ('contracts_assignment', 'contracts_assignmentshare') THEN
    SELECT coalesce(sum(pct), 0) INTO told FROM contracts_assignmentshare
    WHERE assignment_id = CASE TG_TABLE_NAME WHEN 'contracts_assignment' THEN NEW.id
                          ELSE (to_jsonb(NEW) ->> 'assignment_id')::bigint END;
  ELSE
    SELECT sum(pct) INTO told FROM contracts_commissionsplit
    WHERE version_id = (to_jsonb(NEW) ->> 'version_id')::bigint;
  END IF;
  IF told <> 100 THEN
    RAISE EXCEPTION 'the shares of the reps come to % %%, not to 100', told
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_shares_add_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER contracts_shares_add_up AFTER INSERT ON contracts_assignment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_shares_add_up();
CREATE CONSTRAINT TRIGGER contracts_shares_add_up AFTER INSERT ON contracts_assignmentshare
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_shares_add_up();
CREATE CONSTRAINT TRIGGER contracts_shares_add_up AFTER INSERT ON contracts_commissionsplit
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_shares_add_up();
ALTER TABLE contracts_assignment ENABLE ALWAYS TRIGGER contracts_shares_add_up;
ALTER TABLE contracts_assignmentshare ENABLE ALWAYS TRIGGER contracts_shares_add_up;
ALTER TABLE contracts_commissionsplit ENABLE ALWAYS TRIGGER contracts_shares_add_up;

-- The events of a contract year form a chain: each begins with what the one before came to.
CREATE FUNCTION contracts_commission_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.before_minor <> coalesce((
       SELECT e.total_minor FROM contracts_commissionevent AS e
       WHERE e.contract_id = NEW.contract_id AND e.year = NEW.year AND e.no = NEW.no - 1), 0)
     OR NEW.no > 1 AND NOT EXISTS (
       SELECT FROM contracts_commissionevent AS e
       WHERE e.contract_id = NEW.contract_id AND e.year = NEW.year AND e.no = NEW.no - 1)
  THEN
    RAISE EXCEPTION 'commission event % of year % does not follow the one before', NEW.no, NEW.year
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_commission_follows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER contracts_commission_follows BEFORE INSERT ON contracts_commissionevent
  FOR EACH ROW EXECUTE FUNCTION contracts_commission_follows();
ALTER TABLE contracts_commissionevent ENABLE ALWAYS TRIGGER contracts_commission_follows;

-- The parts of an event are the event, and each begins with what the rep's part before came to.
CREATE FUNCTION contracts_commission_is_its_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told contracts_commissionevent;
BEGIN
  SELECT * INTO told FROM contracts_commissionevent
  WHERE id = CASE TG_TABLE_NAME WHEN 'contracts_commissionevent' THEN NEW.id
             ELSE (to_jsonb(NEW) ->> 'event_id')::bigint END;
  IF (SELECT (coalesce(sum(total_minor), 0), coalesce(sum(before_minor), 0))
      FROM contracts_commissionpart WHERE event_id = told.id)
     IS DISTINCT FROM (told.total_minor::numeric, told.before_minor::numeric)
     OR EXISTS (
       SELECT FROM (
         SELECT p.rep, p.total_minor FROM contracts_commissionpart AS p
         JOIN contracts_commissionevent AS e ON e.id = p.event_id
         WHERE e.contract_id = told.contract_id AND e.year = told.year AND e.no = told.no - 1
       ) AS was
       FULL JOIN (
         SELECT rep, before_minor FROM contracts_commissionpart WHERE event_id = told.id
       ) AS now USING (rep)
       WHERE coalesce(was.total_minor, 0) <> coalesce(now.before_minor, 0))
  THEN
    RAISE EXCEPTION 'commission event % is not what its parts say', told.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_commission_is_its_parts';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER contracts_commission_is_its_parts AFTER INSERT ON contracts_commissionevent
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_commission_is_its_parts();
CREATE CONSTRAINT TRIGGER contracts_commission_is_its_parts AFTER INSERT ON contracts_commissionpart
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION contracts_commission_is_its_parts();
ALTER TABLE contracts_commissionevent ENABLE ALWAYS TRIGGER contracts_commission_is_its_parts;
ALTER TABLE contracts_commissionpart ENABLE ALWAYS TRIGGER contracts_commission_is_its_parts;

-- Commission leaves with a second person's approval of exactly this, never more than is open, and what is
-- netted never more than is to be taken back.
CREATE FUNCTION contracts_payout_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  paid numeric;
  back numeric;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('commission:' || NEW.rep, 0));
  SELECT coalesce(sum(greatest(p.total_minor - p.before_minor, 0)), 0),
         coalesce(sum(greatest(p.before_minor - p.total_minor, 0)), 0) INTO paid, back
  FROM contracts_commissionpart AS p JOIN contracts_commissionevent AS e ON e.id = p.event_id
  WHERE p.rep = NEW.rep AND e.currency = NEW.currency;
  IF NEW.gross_minor + (
       SELECT coalesce(sum(gross_minor), 0) FROM contracts_commissionpayout
       WHERE rep = NEW.rep AND currency = NEW.currency) > paid
     OR NEW.netted_minor + (
       SELECT coalesce(sum(netted_minor), 0) FROM contracts_commissionpayout
       WHERE rep = NEW.rep AND currency = NEW.currency) > back
     OR NOT EXISTS (
       SELECT FROM contracts_commissionstatement AS s
       WHERE s.id = NEW.statement_id AND s.rep = NEW.rep)
  THEN
    RAISE EXCEPTION 'a payout to % does not fit what is open', NEW.rep
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_payout_fits';
  END IF;
  IF NOT EXISTS (
    SELECT FROM lib_approval AS a
    WHERE a.id = NEW.approval_id AND a.state = 'approved' AND a.kind = 'commission.payout'
      AND a.requested_by = NEW.paid_by
      AND (a.content ->> 'statement')::bigint = NEW.statement_id
      AND a.content ->> 'currency' = NEW.currency
      AND (a.content ->> 'gross_minor')::bigint = NEW.gross_minor
      AND (a.content ->> 'netted_minor')::bigint = NEW.netted_minor)
  THEN
    RAISE EXCEPTION 'a payout to % needs a second person', NEW.rep
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_payout_has_four_eyes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER contracts_payout_fits BEFORE INSERT ON contracts_commissionpayout
  FOR EACH ROW EXECUTE FUNCTION contracts_payout_fits();
ALTER TABLE contracts_commissionpayout ENABLE ALWAYS TRIGGER contracts_payout_fits;
