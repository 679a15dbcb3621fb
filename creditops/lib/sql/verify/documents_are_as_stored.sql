-- The bytes of every document still have the hash that was written down with them.
SELECT format('document %s', f.name),
       format('its bytes hash to %s, it was stored as %s', encode(sha256(f.content), 'hex'), f.sha256)
FROM lib_storedfile AS f
WHERE encode(sha256(f.content), 'hex') <> f.sha256
