-- Claims the next piece of due work for this transaction.
-- A row is only taken when its group has no earlier row waiting: two runners at once keep the order
-- inside a group, since the earlier row still looks undone to the second runner until it commits.
SELECT due.id
FROM lib_duerow AS due
WHERE due.done_at IS NULL
  AND due.due_at <= %(until)s
  AND (%(groups)s::text[] IS NULL OR due."group" = ANY (%(groups)s::text[]))
  AND due."group" <> ALL (%(parked)s::text[])
  AND NOT EXISTS (
    SELECT FROM lib_duerow AS earlier
    WHERE earlier.done_at IS NULL
      AND earlier."group" = due."group"
      AND (earlier.due_at, earlier.rank, earlier.id) < (due.due_at, due.rank, due.id)
  )
ORDER BY due.due_at, due.rank, due.id
LIMIT 1
FOR UPDATE OF due SKIP LOCKED
