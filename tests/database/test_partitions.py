"""The table of usage events in parts: everything that guarded it whole guards it still."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from creditops.database import owner, partitions, scratch
from creditops.database.roles import in_use
from tests.databases import event_parts

pytestmark = [
    pytest.mark.django_db(databases=["default", "owner"]),
    pytest.mark.skipif(event_parts() > 0, reason="the tests' own table is in parts already"),
]

# What guards the table, as the catalogue tells it; names of indexes and their order do not count.
GUARDS = {
    "columns": "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull, collname::text"
    " FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation"
    " WHERE attrelid = 'ledger_usageevent'::regclass AND attnum > 0 ORDER BY attnum",
    "constraints": "SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = 'ledger_usageevent'::regclass AND contype <> 'n' ORDER BY 1",
    "indexes": "SELECT indexrelid::regclass::text, regexp_replace(pg_get_indexdef(indexrelid), ' ONLY', '')"
    " FROM pg_index WHERE indrelid = 'ledger_usageevent'::regclass ORDER BY 1",
    "triggers": "SELECT tgname::text, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE tgrelid = 'ledger_usageevent'::regclass AND NOT tgisinternal ORDER BY 1",
    "rights": "SELECT pg_get_userbyid(a.grantee)::text, a.privilege_type FROM pg_class AS c,"
    " aclexplode(c.relacl) AS a WHERE c.oid = 'ledger_usageevent'::regclass ORDER BY 1, 2",
    "views": "SELECT viewname::text, definition FROM pg_views WHERE schemaname = 'reporting' ORDER BY 1",
}


@pytest.fixture
def book() -> Iterator[str]:
    """A migrated database of its own, behind the owner's connection."""
    name = scratch.fresh_name("parts")
    scratch.create(name, scratch.template("empty"))
    with owner.standing_in(name):
        yield name
    scratch.drop(name)


def asked(statement: str) -> list[tuple]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def done(*statements: str) -> None:
    with connections["owner"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def event(customer: int, key: str) -> str:
    return (
        "INSERT INTO ledger_usageevent (customer_id, source_id, key, id, event_time, recorded_at,"
        f" meter_id, holder_id, quantity, credits, status, code) VALUES ({customer}, 1, '{key}',"
        f" {customer}, now(), now(), 1, 1, 1, 1, 'r', '')"
    )


def test_the_table_in_parts_is_guarded_as_it_was_whole(book: str):
    done(*(event(customer, f"e{customer}") for customer in range(1, 41)))
    before = {what: asked(statement) for what, statement in GUARDS.items()}
    rows = asked("SELECT * FROM ledger_usageevent ORDER BY id")

    moved = partitions.cut("owner", 4)

    assert moved == 40
    assert {what: asked(statement) for what, statement in GUARDS.items()} == before
    assert asked("SELECT * FROM ledger_usageevent ORDER BY id") == rows
    parts = asked(
        "SELECT tableoid::regclass::text, count(*) FROM ledger_usageevent GROUP BY 1 ORDER BY 1"
    )
    assert [name for name, _ in parts] == [f"ledger_usageevent_{n}" for n in range(4)]


def test_no_part_can_be_written_or_read_by_its_own_name(book: str):
    done(*(event(customer, "e") for customer in range(1, 9)))
    partitions.cut("owner", 2)

    for number in range(2):
        part = f"ledger_usageevent_{number}"
        allowed = ", ".join(
            f"has_table_privilege('{in_use().app}', '{part}', '{right}')"
            for right in (
                "SELECT",
                "INSERT",
                "UPDATE",
                "DELETE",
                "TRUNCATE",
                "TRIGGER",
                "REFERENCES",
            )
        )
        assert asked(f"SELECT {allowed}") == [(False,) * 7]
        awake = f"SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = '{part}'::regclass ORDER BY 1"
        assert asked(awake) == [("ledger_event_keeps_what_it_says", "A"), ("written_once", "A")]
        for change in (f"DELETE FROM {part}", f"TRUNCATE {part}", f"UPDATE {part} SET credits = 9"):
            with pytest.raises(Exception, match="written once"):
                done(change)


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET credits = 9", "UPDATE {} SET customer_id = 9"],
)
def test_the_owner_changes_nothing_in_the_whole_either(book: str, change: str):
    done(event(1, "e"))
    partitions.cut("owner", 2)

    with pytest.raises(Exception, match="written once"):
        done(change.format("ledger_usageevent"))


def test_an_event_is_there_once_in_all_parts(book: str):
    partitions.cut("owner", 8)
    done(event(5, "e"))

    with pytest.raises(Exception, match="duplicate key"):
        done(event(5, "e"))


def test_it_is_done_once_and_all_or_nothing(book: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(CommandError, match="1 parts make no sense"):
        call_command("partition_events", parts=1)
    with monkeypatch.context() as broken:
        broken.setattr(partitions, "_guard_parts", lambda cursor, parts: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            partitions.cut("owner", 4)
    with connections["owner"].cursor() as cursor:
        assert partitions.parts_of(cursor) == 0

    call_command("partition_events", parts=4)
    with pytest.raises(CommandError, match="has 4 parts already"):
        call_command("partition_events", parts=2)


def test_a_migration_and_its_last_step_go_on_as_before(book: str):
    partitions.cut("owner", 2)
    before = {what: asked(statement) for what, statement in GUARDS.items()}

    call_command("migrate", verbosity=0)

    assert {what: asked(statement) for what, statement in GUARDS.items()} == before


def test_templates_of_other_parts_are_other_databases():
    names = {scratch.template("empty"), scratch.template("empty", event_parts=2)}

    assert len(names) == 2
    assert any(re.search("_2_parts_", name) for name in names)
