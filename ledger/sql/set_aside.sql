-- Every message that did not simply become usage, newest first: what waits for a person, and what was
-- refused. Places are those of events: batch x 65,536 + index, so both lists have one order; each is read
-- along its index, no further than a page.
(SELECT
    x.batch_id * 65536 + x.index_in_batch AS place,
    CASE WHEN x.kind <> 'exception' THEN x.kind WHEN x.code = %(late)s THEN 'late'
         WHEN x.code = ANY (%(unmatched)s) THEN 'unmatched' ELSE 'other' END AS kind,
    x.code, x.key, x.customer_code, x.meter_code, x.event_time, x.received_at,
    x.body ->> 'quantity', x.id, NULL::bigint
  FROM ledger_usageexception AS x
  WHERE NOT EXISTS (SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = x.id)
    AND (%(meter)s::text IS NULL OR x.meter_code = %(meter)s)
    AND (%(customer)s::text IS NULL OR x.customer_code = %(customer)s)
    AND (%(since)s::timestamptz IS NULL OR x.received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR x.received_at < %(until)s)
    AND (%(kind)s::text IS NULL
      OR (%(kind)s IN ('conflict', 'held') AND x.kind = %(kind)s)
      OR (x.kind = 'exception' AND CASE %(kind)s WHEN 'late' THEN x.code = %(late)s
        WHEN 'unmatched' THEN x.code = ANY (%(unmatched)s)
        WHEN 'other' THEN x.code <> %(late)s AND x.code <> ALL (%(unmatched)s) END))
    AND (x.batch_id, x.index_in_batch) < (%(before)s::bigint >> 16, %(before)s::bigint & 65535)
  ORDER BY x.batch_id DESC, x.index_in_batch DESC LIMIT %(most)s)
UNION ALL
(SELECT e.id, 'refused', e.code, e.key, c.code, m.code, e.event_time, e.recorded_at,
    trim_scale(e.quantity)::text, NULL::bigint, e.customer_id
  FROM ledger_usageevent AS e
  JOIN ledger_meter AS m ON m.id = e.meter_id
  JOIN accounts_customer AS c ON c.id = e.customer_id
  WHERE e.status = 'r'
    AND (%(meter)s::text IS NULL OR m.code = %(meter)s)
    AND (%(customer)s::text IS NULL OR c.code = %(customer)s)
    AND e.recorded_at >= %(refused_since)s
    AND (%(until)s::timestamptz IS NULL OR e.recorded_at < %(until)s)
    AND (%(kind)s::text IS NULL OR %(kind)s = 'refused')
    AND e.id < %(before)s
  ORDER BY e.id DESC LIMIT %(most)s)
ORDER BY 1 DESC LIMIT %(most)s
