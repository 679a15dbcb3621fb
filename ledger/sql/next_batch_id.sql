-- The id of a batch, taken before its row is written: events carry it in their own ids.
SELECT nextval(pg_get_serial_sequence('ledger_eventbatch', 'id'))
