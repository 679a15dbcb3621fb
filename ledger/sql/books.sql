-- The books as they were opened, with the zone and the rounding that are set for them: both act at once, so the
-- newest version counts.
SELECT b.id, b.currency, b.time_zone, b.opened_at,
       (SELECT s.value #>> '{}' FROM lib_policysetting AS s
        WHERE s.scope = %(scope)s AND s.name = %(zone)s ORDER BY s.version DESC LIMIT 1),
       (SELECT s.value #>> '{}' FROM lib_policysetting AS s
        WHERE s.scope = %(scope)s AND s.name = %(rounding)s ORDER BY s.version DESC LIMIT 1)
FROM ledger_booksettings AS b
