-- Deferred credits (2100) from %(first)s through %(last)s per customer, as posted by %(known_at)s: opening,
-- billed, usage, breakage, credit notes, everything else, closing; what leaves is negative. An entry that
-- bills or takes back (its recipe says so) counts whole; of any other one what its other sides say: revenue
-- of use, or owed to providers, or earned by day, is usage; breakage and the state's share of it breakage. A run
-- of breakage in proportion to use may only move one to the other (JE-13).
WITH lines AS (
  SELECT e.id, e.customer_id, e.posting_date < %(first)s AS before, e.recipe,
         coalesce(sum(l.credit_minor::bigint - l.debit_minor::bigint) FILTER (WHERE a.code = '2100'), 0)
           AS amount
  FROM ledger_journalline AS l
  JOIN ledger_journalentry AS e ON e.id = l.entry_id
  JOIN ledger_account AS a ON a.id = l.account_id AND (a.code = '2100' OR e.recipe = 'JE-13')
  WHERE e.posting_date <= %(last)s AND e.recorded_at <= %(known_at)s
  GROUP BY e.id
),
moved AS (
  SELECT n.id, n.customer_id, n.recipe, n.amount,
         coalesce(sum(l.debit_minor::bigint - l.credit_minor::bigint)
           FILTER (WHERE a.code IN ('4000', '2010', '2120')), 0) AS used,
         coalesce(sum(l.debit_minor::bigint - l.credit_minor::bigint)
           FILTER (WHERE a.code IN ('4010', '2400')), 0) AS broken
  FROM lines AS n
  JOIN ledger_journalline AS l ON l.entry_id = n.id
  JOIN ledger_account AS a ON a.id = l.account_id
  WHERE NOT n.before
  GROUP BY n.id, n.customer_id, n.recipe, n.amount
),
during AS (
  SELECT m.customer_id,
         coalesce(sum(m.amount) FILTER (WHERE m.recipe = ANY (%(billing)s::text[])), 0) AS billed,
         coalesce(sum(m.used) FILTER (WHERE NOT m.recipe = ANY (%(billing)s::text[] || %(returning)s::text[])), 0) AS usage,
         coalesce(sum(m.broken) FILTER (WHERE NOT m.recipe = ANY (%(billing)s::text[] || %(returning)s::text[])), 0) AS breakage,
         coalesce(sum(m.amount) FILTER (WHERE m.recipe = ANY (%(returning)s::text[])), 0) AS credit_notes,
         coalesce(sum(m.amount - m.used - m.broken)
           FILTER (WHERE NOT m.recipe = ANY (%(billing)s::text[] || %(returning)s::text[])), 0) AS other,
         sum(m.amount) AS change
  FROM moved AS m GROUP BY m.customer_id
),
opening AS (
  SELECT n.customer_id, sum(n.amount) AS amount FROM lines AS n WHERE n.before GROUP BY n.customer_id
)
SELECT x.customer_id, c.code, c.name, coalesce(o.amount, 0)::bigint, coalesce(d.billed, 0)::bigint,
       coalesce(d.usage, 0)::bigint, coalesce(d.breakage, 0)::bigint,
       coalesce(d.credit_notes, 0)::bigint, coalesce(d.other, 0)::bigint
FROM (SELECT customer_id FROM opening UNION SELECT customer_id FROM during) AS x
LEFT JOIN opening AS o ON o.customer_id IS NOT DISTINCT FROM x.customer_id
LEFT JOIN during AS d ON d.customer_id IS NOT DISTINCT FROM x.customer_id
LEFT JOIN accounts_customer AS c ON c.id = x.customer_id
WHERE coalesce(o.amount, 0) <> 0 OR d.customer_id IS NOT NULL OR d.change IS NOT NULL
ORDER BY c.name, x.customer_id
