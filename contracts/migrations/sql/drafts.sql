-- None of those who wrote in a draft reviews it. Django has no words for this condition.
ALTER TABLE contracts_ratedraft
  ADD CONSTRAINT contracts_draft_reviewed_by_another
  CHECK (state NOT IN ('reviewed', 'published') OR reviewed_by = '' OR NOT authors ? reviewed_by);
