-- The next number of a series in a year, and the date that its document may bear: never before the last one's (I2).
-- The row stays locked until the issuing transaction ends, so that a rollback leaves no gap.
INSERT INTO invoicing_numberseries AS taken (series, year, last, last_date)
VALUES (%(series)s, %(year)s, 1, %(wanted)s)
ON CONFLICT (series, year)
DO UPDATE SET last = taken.last + 1, last_date = greatest(taken.last_date, excluded.last_date)
RETURNING last, last_date
