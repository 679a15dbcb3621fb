-- The oldest run of batches that were received before an instant and lie in no archive file: the first and
-- the last, and how many messages they had; at most so many, but one batch at least. A run ends at a batch
-- that is younger, or that lies in a file already.
WITH batches AS (
  SELECT b.id, b.received,
         b.received_at < %(before)s AND NOT EXISTS (
           SELECT FROM ledger_eventarchive AS a
           WHERE a.first_batch <= b.id AND a.last_batch >= b.id
             AND NOT EXISTS (SELECT FROM ledger_archivereturn AS r WHERE r.archive_id = a.id)
         ) AS waits
  FROM ledger_eventbatch AS b
),
oldest AS (SELECT min(id) AS id FROM batches WHERE waits),
run AS (
  SELECT b.id, b.received, sum(b.received) OVER (ORDER BY b.id) AS so_far
  FROM batches AS b, oldest AS o
  WHERE b.id >= o.id
    AND b.id < coalesce((SELECT min(x.id) FROM batches AS x WHERE x.id > o.id AND NOT x.waits),
                        9223372036854775807)
)
SELECT min(id), max(id), sum(received)::bigint FROM run
WHERE so_far <= %(most)s OR so_far = received
HAVING count(*) > 0
