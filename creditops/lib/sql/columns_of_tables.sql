-- The columns that tables have now.
SELECT table_name::text, array_agg(column_name::text)
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = ANY (%(tables)s)
GROUP BY table_name
