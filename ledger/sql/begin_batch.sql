-- The id of a batch, taken before its row is written: events carry it in their own ids. Until the end of the
-- transaction no plan reads a whole table where there is an index: plans are kept, and a table that is small
-- when its plan is made may be large soon after.
SELECT nextval(pg_get_serial_sequence('ledger_eventbatch', 'id')), set_config('enable_seqscan', 'off', true)
