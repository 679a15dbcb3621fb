-- How much was used in a time, for whoever wants to price it anew: applied events by their own time, per
-- pool (below zero: the holder, where there is no pool) and meter, with the credits that they drew in their
-- first unit. Apart: use since %(recent)s, and use since the start of a term that began within the time and
-- runs at %(at)s; whether other use lies in a running term is the same for all of a holder's events.
-- Neither corrected events (`corrected_volumes`) nor the meters %(apart)s (`narrowed_volumes`).
--
-- One pass over the events, in parallel where there are processes for it: corrected events come as numbers
-- since an anti-join costs as much as all the rest, and few keys keep it a hash aggregate.
SELECT max(e.customer_id), max(e.holder_id), coalesce(e.pool_id, -e.holder_id) AS pool, e.meter_id,
       e.event_time >= %(recent)s AS recent,
       t.starts_at IS NOT NULL AND e.event_time >= t.starts_at AS in_term,
       count(*), sum(e.quantity), count(*) FILTER (WHERE e.quantity <> trunc(e.quantity)),
       sum(e.credits)::bigint
FROM ledger_usageevent AS e
LEFT JOIN ledger_term AS t
  ON t.customer_id = e.customer_id AND t.holder_id = e.holder_id
 AND t.starts_at > %(first)s AND t.starts_at <= %(at)s AND t.ends_at > %(at)s
WHERE e.event_time >= %(first)s AND e.event_time < %(last)s AND e.status = 'a'
  AND (%(customer)s::bigint IS NULL OR e.customer_id = %(customer)s)
  AND e.meter_id <> ALL (%(apart)s::bigint[]) AND e.id <> ALL (%(corrected)s::bigint[])
GROUP BY coalesce(e.pool_id, -e.holder_id), e.meter_id, 5, 6
