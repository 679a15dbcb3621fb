-- What waits for somebody, by how many: one row. Counting stops at %(most)s.
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM lib_duerow
     WHERE done_at IS NULL AND error <> '' LIMIT %(most)s) AS x) AS failed_work,
  (SELECT count(*) FROM (SELECT 1 FROM lib_outboxmessage
     WHERE done_at IS NULL AND error <> '' LIMIT %(most)s) AS x) AS failed_mail,
  (SELECT count(*) FROM (SELECT 1 FROM lib_approval WHERE state = 'open' LIMIT %(most)s) AS x)
    AS approvals,
  (SELECT count(*) FROM (SELECT 1 FROM ledger_usageexception AS e
     WHERE e.kind = 'exception' AND e.code = %(late)s AND NOT EXISTS (
       SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = e.id) LIMIT %(most)s) AS x)
    AS late,
  (SELECT count(*) FROM (SELECT 1 FROM ledger_usageexception AS e
     WHERE e.kind = 'exception' AND e.code = ANY (%(unmatched)s) AND NOT EXISTS (
       SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = e.id) LIMIT %(most)s) AS x)
    AS unmatched,
  (SELECT count(*) FROM (SELECT 1 FROM ledger_usageexception AS e
     WHERE e.kind = 'exception' AND e.code <> %(late)s AND e.code <> ALL (%(unmatched)s) AND NOT EXISTS (
       SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = e.id) LIMIT %(most)s) AS x)
    AS other,
  (SELECT count(*) FROM (SELECT 1 FROM ledger_usageexception AS e
     WHERE e.kind = 'conflict' AND NOT EXISTS (
       SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = e.id) LIMIT %(most)s) AS x)
    AS conflicts,
  (SELECT count(*) FROM (SELECT 1 FROM ledger_usageexception AS e
     WHERE e.kind = 'held' AND NOT EXISTS (
       SELECT FROM ledger_exceptionend AS z WHERE z.exception_id = e.id) LIMIT %(most)s) AS x)
    AS held,
  (SELECT count(*) FROM (SELECT 1 FROM ledger_usageevent AS e
     WHERE e.status = 'r' AND e.recorded_at >= %(refused_since)s LIMIT %(most)s) AS x) AS refused,
  (SELECT count(*) FROM (SELECT 1 FROM contracts_scheduledcharge AS c
     WHERE c.issue_at <= %(at)s AND NOT EXISTS (
       SELECT FROM invoicing_invoiceline AS l WHERE l.charge_id = c.id)
     UNION ALL
     SELECT 1 FROM invoicing_taxedmonth WHERE done_at IS NULL LIMIT %(most)s) AS x)
    AS charges,
  (SELECT count(*) FROM invoicing_invoice AS i
     WHERE i.due_date < %(today)s AND invoicing_open(i.id) > 0) AS overdue,
  (SELECT count(*) FROM (SELECT 1 FROM contracts_plancharge
     WHERE state = 'open' LIMIT %(most)s) AS x) AS unpaid_plans
