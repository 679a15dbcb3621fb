-- Whom changes concern that were not visible to everybody at an earlier instant, told by its number; whether they
-- concern all; whether this transaction made some of them itself; and the number of this instant.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       coalesce(bool_or(c.xid = pg_current_xact_id_if_assigned()::text::bigint), false),
       coalesce(bool_or(c.xid IS NOT NULL AND c.customer_id IS NULL), false),
       coalesce(array_agg(c.customer_id) FILTER (WHERE c.customer_id IS NOT NULL), '{}')
FROM (SELECT) AS one
LEFT JOIN ledger_directorychange AS c ON c.xid >= %(since)s::bigint
