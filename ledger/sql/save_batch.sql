-- Writes the row of a batch.
INSERT INTO ledger_eventbatch (id, received_at, origin, received)
VALUES (%(id)s, %(received_at)s, %(origin)s, %(received)s)
