-- The customers that a batch names, by code, with the paying root of their family.
SELECT c.code, c.id, coalesce(c.parent_id, c.id)
FROM accounts_customer AS c
WHERE c.code = ANY (%(codes)s::text[])
