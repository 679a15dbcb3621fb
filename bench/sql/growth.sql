-- A history of so many batches: of every pool `each` events of one credit in each of them, on the pool's
-- line, behind what it drew so far, with the drains, batches and counters that belong to them.
WITH pools AS MATERIALIZED (
  SELECT s.customer_id, s.pool_id, s.consumed, s.layout_no, p.holder_id, t.tariff_id,
         row_number() OVER (ORDER BY s.customer_id, s.pool_id) - 1 AS place,
         count(*) OVER () AS pools
  FROM ledger_poolstate AS s
  JOIN ledger_pool AS p ON p.customer_id = s.customer_id AND p.id = s.pool_id
  JOIN LATERAL (
    SELECT x.id AS tariff_id FROM ledger_tariff AS x ORDER BY x.id LIMIT 1
  ) AS t ON true
  WHERE s.layout_no > 0
),
batches AS MATERIALIZED (
  SELECT n, nextval(pg_get_serial_sequence('ledger_eventbatch', 'id')) AS id,
         %(since)s::timestamptz + n * %(step)s::interval AS at
  FROM generate_series(0, %(batches)s - 1) AS n
),
delivered AS (
  INSERT INTO ledger_eventbatch (id, received_at, origin, received)
  SELECT b.id, b.at, 'history', %(each)s * (SELECT count(*) FROM pools) FROM batches AS b
),
used AS (
  INSERT INTO ledger_usageevent (
    customer_id, source_id, key, id, event_time, recorded_at, meter_id, holder_id, pool_id, tariff_id,
    user_id, quantity, data, credits, status, code, line, pos)
  SELECT p.customer_id, %(source)s, 'h' || md5(format('%%s/%%s/%%s', p.place, b.n, k)),
         (b.id << 16) + p.place * %(each)s + k, b.at, b.at, %(meter)s, p.holder_id, p.pool_id,
         p.tariff_id, NULL, 1, NULL, 1, 'a', '', 0, p.consumed + b.n * %(each)s + k
  FROM batches AS b, pools AS p, generate_series(0, %(each)s - 1) AS k
  ORDER BY b.id, p.place, k
),
drained AS (
  INSERT INTO ledger_drain (
    customer_id, pool_id, line, pos, pos_end, layout_no, batch_id, events, posting_date, revenue_class,
    time_min, time_max, recorded_at)
  SELECT p.customer_id, p.pool_id, 0, p.consumed + b.n * %(each)s, p.consumed + (b.n + 1) * %(each)s,
         p.layout_no, b.id, %(each)s, b.at::date, 'usage', b.at, b.at, b.at
  FROM batches AS b, pools AS p ORDER BY b.id, p.place
)
SELECT %(batches)s * %(each)s * (SELECT count(*) FROM pools)
