-- Which fields changed, never their values: those may be personal.
SELECT e.id AS audit_id, e.table_name, e.row_id, e.action, e.fields, e.actor, e.at, e.reason
FROM lib_auditentry AS e
