DROP FUNCTION contracts_quoteversion_keeps_its_word() CASCADE;
DROP FUNCTION contracts_quoteanswer_is_of_what_was_sent() CASCADE;
