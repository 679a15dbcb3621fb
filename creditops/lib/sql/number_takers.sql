-- The transactions under way that took a number of one of these sequences: each holds a lock on the
-- sequence from before it took one until it ends. Our own is none of them.
SELECT DISTINCT l.relation::bigint, l.virtualtransaction
FROM pg_locks AS l
JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
  AND l.relation = ANY (%(sequences)s::bigint[]::oid[])
  AND l.pid IS DISTINCT FROM pg_backend_pid()
