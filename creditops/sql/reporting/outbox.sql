SELECT o.id AS message_id, o.kind, o.key, o.created_at, o.not_before, o.attempts, o.done_at, o.error
FROM lib_outboxmessage AS o
