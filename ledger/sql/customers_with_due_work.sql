-- The customers whom a batch names, themselves, by a child or by a contract, for whom work is due that
-- decides what they may use. By the partial index on what waits: usually there is none for anybody, and then
-- nobody is looked up.
SELECT c.id, c.code
FROM accounts_customer AS c
WHERE (
    SELECT true FROM lib_duerow AS due
    WHERE due.done_at IS NULL AND due.due_at <= %(at)s AND due.kind = ANY (%(kinds)s::text[])
    LIMIT 1
  )
  AND c.id IN (
    SELECT coalesce(named.parent_id, named.id) FROM accounts_customer AS named
    WHERE named.code = ANY (%(codes)s::text[])
    UNION
    SELECT h.customer_id FROM ledger_holder AS h WHERE h.code = ANY (%(codes)s::text[])
  )
  AND EXISTS (
    SELECT FROM lib_duerow AS due
    WHERE due."group" = c.code AND due.done_at IS NULL AND due.due_at <= %(at)s
      AND due.kind = ANY (%(kinds)s::text[])
  )
ORDER BY c.id
