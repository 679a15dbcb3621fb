-- Undoes what breakage.sql makes.
DROP TABLE ledger_recognition, ledger_breakageestimate;
DROP FUNCTION ledger_proportional_row_follows;
DROP INDEX ledger_block_proportional;
ALTER TABLE ledger_block DROP COLUMN breakage;
