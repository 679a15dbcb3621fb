-- Of every batch: received = stored as usage + duplicates + set aside.
SELECT format('batch %s', b.id),
       format('%s received, %s stored, %s duplicates, %s set aside', b.received,
              coalesce(e.n, 0), coalesce(d.n, 0), coalesce(x.n, 0))
FROM ledger_eventbatch AS b
LEFT JOIN (SELECT id >> 16 AS batch_id, count(*) AS n FROM ledger_usageevent GROUP BY 1) AS e
  ON e.batch_id = b.id
LEFT JOIN (SELECT batch_id, sum(messages) AS n FROM ledger_duplicatecount GROUP BY 1) AS d
  ON d.batch_id = b.id
LEFT JOIN (SELECT batch_id, count(*) AS n FROM ledger_usageexception GROUP BY 1) AS x
  ON x.batch_id = b.id
WHERE b.received <> coalesce(e.n, 0) + coalesce(d.n, 0) + coalesce(x.n, 0)
