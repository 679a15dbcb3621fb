DROP FUNCTION ledger_drain_lies_in_a_layout() CASCADE;
ALTER TABLE ledger_drain ADD FOREIGN KEY (customer_id, pool_id, line, layout_no)
  REFERENCES ledger_layout (customer_id, pool_id, line, no);
