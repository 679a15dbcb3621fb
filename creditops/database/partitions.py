"""Does the cutting of the table of usage events into parts, by customer: when it pays is told in
docs/decisions/0011-events-in-parts.md.

The table keeps its name, its columns and all that guards it: checks, keys, indexes, triggers, rights. What
PostgreSQL does not hand down to a part that is addressed by its own name is given to each part too: nobody
but the owner may touch one, and the trigger that refuses changes hangs on every one of them.
"""

from __future__ import annotations

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from creditops.database import reporting, roles

TABLE = "ledger_usageevent"
# More parts than that are more work for every statement than they spare.
PARTS_MAX = 256
_WHOLE = f"{TABLE}_whole"


def parts_of(cursor: CursorWrapper) -> int:
    """How many parts the table has; 0 while it is whole."""
    cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
    return int(cursor.fetchall()[0][0])


def cut(using: str, parts: int) -> int:
    """Cut the table into `parts` parts and move all events there, as its owner, in one transaction.

    Nobody reads or writes events meanwhile. Returns how many events were moved. Raises ValueError if
    there are parts already, or for a number of them that makes no sense.
    """
    if not 2 <= parts <= PARTS_MAX:
        raise ValueError(f"{parts} parts make no sense: from 2 to {PARTS_MAX} do.")
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        there = parts_of(cursor)
        if there:
            raise ValueError(f"{TABLE} has {there} parts already.")
        views = _drop_views(cursor)
        guards = _indexes(cursor) + _triggers(cursor) + _rights(cursor)
        cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {_WHOLE}")
        for name, renamed in _names(cursor):
            cursor.execute(f"ALTER INDEX {name} RENAME TO {renamed}")
        cursor.execute(
            f"CREATE TABLE {TABLE} (LIKE {_WHOLE} INCLUDING ALL EXCLUDING INDEXES)"
            " PARTITION BY HASH (customer_id)"
        )
        for number in range(parts):
            cursor.execute(
                f"CREATE TABLE {TABLE}_{number} PARTITION OF {TABLE}"
                f" FOR VALUES WITH (MODULUS {parts}, REMAINDER {number})"
            )
        cursor.execute(f"INSERT INTO {TABLE} SELECT * FROM {_WHOLE} ORDER BY id")  # noqa: S608
        moved: int = cursor.rowcount
        cursor.execute(f"DROP TABLE {_WHOLE}")
        for statement in guards:
            cursor.execute(statement)
        _guard_parts(cursor, parts)
        for view in views:
            cursor.execute(view)
    with connections[using].cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")
    return moved


def _guard_parts(cursor: CursorWrapper, parts: int) -> None:
    """No part may be written or read by its own name but by the owner, who may change nothing there."""
    cursor.execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND tgname = 'written_once'",
        [TABLE],
    )
    [(refuses,)] = cursor.fetchall()
    for number in range(parts):
        part = f"{TABLE}_{number}"
        cursor.execute(f"REVOKE ALL ON {part} FROM {_quoted(roles.in_use().app)}")
        cursor.execute(refuses.replace(f" ON public.{TABLE} ", f" ON public.{part} "))
        cursor.execute(f"ALTER TABLE {part} ENABLE ALWAYS TRIGGER written_once")


def _indexes(cursor: CursorWrapper) -> list[str]:
    """What makes the primary key, keys and indexes again."""
    cursor.execute(
        "SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,"
        " pg_get_constraintdef(oid)) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'x', 'f') ORDER BY contype DESC",
        [TABLE],
    )
    keys = [made for (made,) in cursor.fetchall()]
    cursor.execute(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [TABLE],
    )
    return keys + [made for (made,) in cursor.fetchall()]


def _names(cursor: CursorWrapper) -> list[tuple[str, str]]:
    """The whole table's indexes and the names that they make room with."""
    cursor.execute(
        "SELECT relname::text, left(relname, 50) || '_whole' FROM pg_class JOIN pg_index"
        " ON indexrelid = pg_class.oid WHERE indrelid = %s::regclass",
        [_WHOLE],
    )
    return list(cursor.fetchall())


def _triggers(cursor: CursorWrapper) -> list[str]:
    cursor.execute(
        "SELECT pg_get_triggerdef(oid), tgname::text FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND NOT tgisinternal",
        [TABLE],
    )
    made = []
    for definition, name in cursor.fetchall():
        made += [definition, f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {_quoted(name)}"]
    return made


def _rights(cursor: CursorWrapper) -> list[str]:
    """What takes away the default rights and gives those that were there."""
    app = _quoted(roles.in_use().app)
    cursor.execute(
        "SELECT format('GRANT %%s ON %%s TO %%s', a.privilege_type, c.oid::regclass,"
        " CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)"
        " FROM pg_class AS c, aclexplode(c.relacl) AS a"
        " WHERE c.oid = %s::regclass AND a.grantee <> c.relowner",
        [TABLE],
    )
    return [f"REVOKE ALL ON {TABLE} FROM {app}", *(made for (made,) in cursor.fetchall())]


def _drop_views(cursor: CursorWrapper) -> list[str]:
    """Drop the views of reporting; returns what makes them again."""
    there = []
    for name in reporting.names():
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{roles.REPORTING}.{name}"])
        if cursor.fetchall() == [(True,)]:
            there.append(name)
            cursor.execute(f"DROP VIEW {roles.REPORTING}.{name}")
    return [reporting.statement(name) for name in there]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
