-- A version of a quote is what the customer read: once it left the desk it says the same for ever, and what
-- ended stays ended.
CREATE OR REPLACE FUNCTION contracts_quoteversion_keeps_its_word() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  next_of constant jsonb := '{
    "draft": ["draft", "in_approval", "sent", "superseded"],
    "in_approval": ["in_approval", "draft", "sent", "superseded"],
    "sent": ["sent", "accepted", "refused", "expired", "superseded"]}';
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'version % of quote % is not removed', OLD.number, OLD.quote_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_quoteversion_keeps_its_word';
  END IF;
  IF NOT coalesce(next_of -> OLD.status ? NEW.status, false)
     OR (NEW.id, NEW.quote_id, NEW.number) IS DISTINCT FROM (OLD.id, OLD.quote_id, OLD.number)
     OR (OLD.status <> 'draft' AND
         (NEW.terms, NEW.terms_hash, NEW.currency, NEW.credits, NEW.price_minor, NEW.list_minor,
          NEW.open_until, NEW.made_at, NEW.made_by)
         IS DISTINCT FROM
         (OLD.terms, OLD.terms_hash, OLD.currency, OLD.credits, OLD.price_minor, OLD.list_minor,
          OLD.open_until, OLD.made_at, OLD.made_by))
     OR (OLD.status = 'sent' AND
         (NEW.sent_at, NEW.sent_by, NEW.approved_by, NEW.document, NEW.document_sha256)
         IS DISTINCT FROM
         (OLD.sent_at, OLD.sent_by, OLD.approved_by, OLD.document, OLD.document_sha256)) THEN
    RAISE EXCEPTION 'version % of quote % is % and keeps its word', OLD.number, OLD.quote_id, OLD.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_quoteversion_keeps_its_word';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER contracts_quoteversion_keeps_its_word
  BEFORE UPDATE OR DELETE ON contracts_quoteversion
  FOR EACH ROW EXECUTE FUNCTION contracts_quoteversion_keeps_its_word();
ALTER TABLE contracts_quoteversion ENABLE ALWAYS TRIGGER contracts_quoteversion_keeps_its_word;

-- Who accepts, accepts what was sent; and a contract is made of what was accepted.
CREATE OR REPLACE FUNCTION contracts_quoteanswer_is_of_what_was_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM contracts_quoteversion AS v
    WHERE v.id = NEW.version_id AND v.status = 'sent' AND v.terms_hash = NEW.terms_hash
      AND v.document_sha256 = NEW.document_sha256
  ) THEN
    RAISE EXCEPTION 'quote version % is not open as it was read', NEW.version_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'contracts_quoteanswer_is_of_what_was_sent';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER contracts_quoteanswer_is_of_what_was_sent
  BEFORE INSERT ON contracts_quoteanswer
  FOR EACH ROW EXECUTE FUNCTION contracts_quoteanswer_is_of_what_was_sent();
ALTER TABLE contracts_quoteanswer ENABLE ALWAYS TRIGGER contracts_quoteanswer_is_of_what_was_sent;
