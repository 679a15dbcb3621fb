-- In the place of the data of these batches' events goes its digest; a trigger compares every row.
UPDATE ledger_usageevent SET data_digest = ledger_data_digest(data), data = NULL
WHERE id >= %(first_batch)s::bigint << 16 AND id < (%(last_batch)s::bigint + 1) << 16
  AND data IS NOT NULL
