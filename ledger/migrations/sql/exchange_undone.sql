DROP FUNCTION creditops_functional;
DROP TABLE ledger_exchangerate;
DROP FUNCTION ledger_exchangerate_never_touches_the_past;
ALTER TABLE ledger_journalline
  DROP COLUMN transaction_minor,
  DROP COLUMN transaction_currency,
  DROP COLUMN open_item;
