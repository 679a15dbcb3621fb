DROP FUNCTION ledger_directory_changes() CASCADE;
DROP TABLE ledger_directorychange;
