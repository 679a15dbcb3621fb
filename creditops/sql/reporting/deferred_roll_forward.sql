-- A run of breakage in proportion to use (JE-13) books usage and breakage at once; its other side tells them
-- apart.
WITH lines AS (
  SELECT e.customer_id, date_trunc('month', e.posting_date)::date AS month, e.recipe, l.currency,
         l.credit_minor::bigint - l.debit_minor::bigint AS amount,
         CASE WHEN e.recipe = 'JE-13' THEN coalesce((
           SELECT sum(o.debit_minor::bigint - o.credit_minor::bigint) FROM ledger_journalline AS o
           JOIN ledger_account AS other ON other.id = o.account_id
           WHERE o.entry_id = e.id AND other.code IN ('4010', '2400')), 0) ELSE 0 END AS broken
  FROM ledger_journalentry AS e
  JOIN ledger_journalline AS l ON l.entry_id = e.id
  JOIN ledger_account AS a ON a.id = l.account_id AND a.code = '2100'
),
months AS (
  SELECT customer_id, month, currency,
         coalesce(sum(amount) FILTER (WHERE recipe IN ('JE-02', 'JE-16', 'JE-34')), 0) AS billed,
         coalesce(sum(amount - broken) FILTER (WHERE recipe IN ('JE-05', 'JE-07', 'JE-33', 'JE-13')), 0)
           AS usage,
         coalesce(sum(CASE WHEN recipe = 'JE-13' THEN broken ELSE amount END)
           FILTER (WHERE recipe IN ('JE-12', 'JE-32', 'JE-13')), 0) AS breakage,
         sum(amount) AS change
  FROM lines GROUP BY customer_id, month, currency
),
running AS (
  SELECT m.*, sum(m.change) OVER (PARTITION BY m.customer_id, m.currency ORDER BY m.month) AS closing
  FROM months AS m
)
SELECT r.customer_id, c.code AS customer, r.month, r.currency,
       (r.closing - r.change)::bigint AS opening_minor, r.billed::bigint AS billed_minor,
       r.usage::bigint AS usage_minor, r.breakage::bigint AS breakage_minor,
       (r.change - r.billed - r.usage - r.breakage)::bigint AS credit_notes_minor,
       r.closing::bigint AS closing_minor
FROM running AS r
LEFT JOIN accounts_customer AS c ON c.id = r.customer_id
