-- What four eyes promise, kept by the database whoever writes (docs/database-rules.md): a request is
-- born open, its content never changes, and once decided nothing of it does.
CREATE FUNCTION lib_approval_stays_as_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state <> 'open'
     OR TG_OP = 'DELETE'
     OR TG_OP = 'UPDATE' AND (
       OLD.state <> 'open'
       OR (NEW.kind, NEW.subject, NEW.summary, NEW.content, NEW.content_hash, NEW.requested_by,
           NEW.requested_at)
          IS DISTINCT FROM
          (OLD.kind, OLD.subject, OLD.summary, OLD.content, OLD.content_hash, OLD.requested_by,
           OLD.requested_at))
  THEN
    RAISE EXCEPTION 'a request is decided once, by its content as it was asked for'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'lib_approval_stays_as_decided';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER lib_approval_stays_as_decided BEFORE INSERT OR UPDATE OR DELETE ON lib_approval
  FOR EACH ROW EXECUTE FUNCTION lib_approval_stays_as_decided();
ALTER TABLE lib_approval ENABLE ALWAYS TRIGGER lib_approval_stays_as_decided;
