-- Seals read the books in the order of their numbers (creditops/lib/seals.py). Rows come in about
-- that order, so an index of a few bytes per megabyte is enough.
CREATE INDEX ledger_usagepart_numbers ON ledger_usagepart USING brin (id);
CREATE INDEX ledger_drain_numbers ON ledger_drain USING brin (id);
CREATE INDEX ledger_move_numbers ON ledger_move USING brin (id);
CREATE INDEX ledger_layout_numbers ON ledger_layout USING brin (id);
CREATE INDEX ledger_segment_numbers ON ledger_segment USING brin (id);
CREATE INDEX ledger_duplicatecount_numbers ON ledger_duplicatecount USING brin (id);
CREATE INDEX ledger_correction_numbers ON ledger_correction USING brin (id);
