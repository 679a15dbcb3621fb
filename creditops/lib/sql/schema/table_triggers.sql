-- Two trigger functions that creditops/lib/table_rights.py hangs on tables by their kind.

-- Books are written once: refuses UPDATE, DELETE and TRUNCATE, also to the owner of the table.
CREATE OR REPLACE FUNCTION creditops_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are written once and never changed', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'written_once';
END $$;

-- Ordinary tables are audited: who changed which fields, with the values in a table of their own
-- that erasing a person can empty. TG_ARGV[0] lists, by comma, fields whose values are never copied.
-- Who and when come from the session (creditops/lib/audit.py); for anybody else it is the database
-- user and the wall clock. SECURITY DEFINER: the application's role can't write the audit itself.
CREATE OR REPLACE FUNCTION creditops_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
  secret text[] := string_to_array(TG_ARGV[0], ',');
  fields text[];
  entry bigint;
BEGIN
  SELECT array_agg(key ORDER BY key) INTO fields FROM (
    SELECT key FROM jsonb_object_keys(before || after) AS key
    WHERE before -> key IS DISTINCT FROM after -> key
  ) AS changed;
  IF fields IS NULL THEN RETURN NULL; END IF;
  INSERT INTO lib_auditentry (table_name, row_id, action, fields, actor, at, reason)
  VALUES (
    TG_TABLE_NAME,
    coalesce(after ->> 'id', before ->> 'id', ''),
    lower(TG_OP),
    fields,
    coalesce(nullif(current_setting('creditops.actor', true), ''), 'database:' || session_user),
    coalesce(nullif(current_setting('creditops.at', true), '')::timestamptz, clock_timestamp()),
    coalesce(current_setting('creditops.reason', true), '')
  ) RETURNING id INTO entry;
  fields := ARRAY(SELECT f FROM unnest(fields) AS f WHERE f <> ALL (secret));
  INSERT INTO lib_auditvalue (entry_id, before, after)
  VALUES (
    entry,
    (SELECT coalesce(jsonb_object_agg(f, before -> f), '{}') FROM unnest(fields) AS f),
    (SELECT coalesce(jsonb_object_agg(f, after -> f), '{}') FROM unnest(fields) AS f)
  );
  RETURN NULL;
END $$;
