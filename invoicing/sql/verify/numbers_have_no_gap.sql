-- The numbers of a series and year are 1 to n, as written and as counted, and issue dates never
-- decrease along them.
WITH documents AS (
  SELECT 'invoice' AS type, number, series, year, sequence, issue_date FROM invoicing_invoice
  UNION ALL
  SELECT 'credit note', number, series, year, sequence, issue_date FROM invoicing_creditnote
),
numbered AS (
  SELECT i.*, lag(i.sequence, 1, 0) OVER series AS before,
         lag(i.issue_date) OVER series AS since
  FROM documents AS i
  WINDOW series AS (PARTITION BY i.series, i.year ORDER BY i.sequence)
),
last AS (
  SELECT series, year, max(sequence) AS sequence FROM documents GROUP BY series, year
)
SELECT format('%s %s', n.type, n.number),
       format('follows number %s, dated %s after %s', n.before, n.issue_date, n.since)
FROM numbered AS n WHERE n.sequence <> n.before + 1 OR n.issue_date < n.since
UNION ALL
SELECT format('%s %s', n.type, n.number),
       format('is number %s of %s-%s', n.sequence, n.series, n.year)
FROM numbered AS n
WHERE n.number <> format('%s-%s-%s', n.series, n.year,
                         lpad(n.sequence::text, greatest(6, length(n.sequence::text)), '0'))
UNION ALL
SELECT format('series %s-%s', series, year),
       format('its counter is %s, its last number %s',
              coalesce(s.last, 0), coalesce(l.sequence, 0))
FROM invoicing_numberseries AS s FULL JOIN last AS l USING (series, year)
WHERE coalesce(s.last, 0) <> coalesce(l.sequence, 0)
