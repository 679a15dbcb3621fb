-- Per pool, term (0 without terms) and threshold the newest arming, and whether it has fired.
SELECT wanted.pool_id, coalesce(every.term_id, 0), every.threshold, max(every.arming),
       max(every.arming) FILTER (WHERE every.fired) IS NOT DISTINCT FROM max(every.arming)
FROM unnest(%(customers)s::bigint[], %(pools)s::bigint[]) AS wanted (customer_id, pool_id)
JOIN (
  SELECT customer_id, pool_id, term_id, threshold, arming, true AS fired
  FROM ledger_thresholdcrossing
  UNION ALL
  SELECT customer_id, pool_id, term_id, threshold, arming, false FROM ledger_arming
) AS every ON every.customer_id = wanted.customer_id AND every.pool_id = wanted.pool_id
GROUP BY wanted.pool_id, every.term_id, every.threshold
