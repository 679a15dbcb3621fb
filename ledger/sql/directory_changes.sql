-- Whom changes concern that were not visible to everybody at an instant, told by its number, or now: the changes and
-- the customers, NULL for all of them; whether this transaction made some of them itself; and the number of this
-- instant. Numbers that lie ahead of it came from another server with a backup.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       coalesce(bool_or(c.xid = pg_current_xact_id_if_assigned()::text::bigint), false),
       coalesce(array_agg(c.id) FILTER (WHERE c.id IS NOT NULL), '{}'),
       coalesce(array_agg(c.customer_id) FILTER (WHERE c.id IS NOT NULL), '{}')
FROM (SELECT) AS one
LEFT JOIN ledger_directorychange AS c
  ON c.xid >= least(coalesce(%(since)s::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint),
                     pg_current_xact_id_if_assigned()::text::bigint)
 AND c.xid <= greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                       pg_current_xact_id_if_assigned()::text::bigint)
