-- Data stands in its event, or its digest does and the batch lies in one archive file; and of a file's
-- batches all events are there, each without its data.
WITH active AS (
  SELECT a.* FROM ledger_eventarchive AS a
  WHERE NOT EXISTS (SELECT FROM ledger_archivereturn AS r WHERE r.archive_id = a.id)
),
counted AS (
  SELECT a.id, a.name, a.events, a.moved, count(e.id) AS there, count(e.data_digest) AS digests,
         count(e.data) AS data
  FROM active AS a
  LEFT JOIN ledger_usageevent AS e
    ON e.id >= a.first_batch << 16 AND e.id < (a.last_batch + 1) << 16
  GROUP BY a.id, a.name, a.events, a.moved
)
SELECT format('archive file %s', c.name),
       format('%s events, %s of them with data, were written; there are %s, %s with a digest, %s with data',
              c.events, c.moved, c.there, c.digests, c.data)
FROM counted AS c
WHERE (c.events, c.moved, 0) <> (c.there, c.digests, c.data)
UNION ALL
SELECT format('event %s-%s', e.customer_id, e.id), 'has a digest, and its batch lies in no archive file'
FROM ledger_usageevent AS e
WHERE e.data_digest IS NOT NULL AND NOT EXISTS (
  SELECT FROM active AS a WHERE a.first_batch <= e.id >> 16 AND a.last_batch >= e.id >> 16)
