"""Scratch databases: copies of a template that was migrated once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import ProgrammingError, connections

from creditops.database import owner, scratch

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def migrated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of Django's migrate, one that makes a table and remembers where."""
    databases: list[str] = []

    def migrate(command: str, **options: object) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("CREATE TABLE probe AS SELECT current_database() AS made_in")
        databases.append(connections["owner"].settings_dict["NAME"])

    monkeypatch.setattr(scratch, "call_command", migrate)
    return databases


@pytest.fixture
def name() -> Iterator[str]:
    """The purpose of a template of this test alone."""
    purpose = scratch.fresh_name("probe").rpartition("_")[2]
    yield purpose
    for database in databases_like(f"%{purpose}%"):
        scratch.drop(database)


@pytest.mark.slow
def test_a_template_is_migrated_by_djangos_own_migrate(name: str):
    template = scratch.template(name)
    scratch.create(f"copy_{name}", template)

    tables = asked(f"copy_{name}", "SELECT count(*) FROM django_migrations")

    assert tables != [(0,)]


def test_a_template_is_made_once_and_copied_often(name: str, migrated: list[str]):
    template = scratch.template(name)
    assert scratch.template(name) == template
    scratch.create(f"copy_{name}_a", template)
    scratch.create(f"copy_{name}_b", template)

    assert migrated == [f"{template}_making"]
    assert databases_like(f"%{name}%") == [f"copy_{name}_a", f"copy_{name}_b", template]
    assert asked(f"copy_{name}_b", "SELECT made_in FROM probe") == [(f"{template}_making",)]


def test_makers_who_come_at_once_make_it_once(name: str, migrated: list[str]):
    found: list[str] = []
    makers = [
        threading.Thread(target=lambda: found.append(scratch.template(name))) for _ in range(4)
    ]

    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert len(migrated) == 1
    assert len(set(found)) == 1
    assert len(found) == 4


def test_what_a_killed_maker_left_is_made_anew(name: str, migrated: list[str]):
    template = scratch.template(name)
    scratch.drop(template)
    with owner.on_server() as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{template}_making"')

    again = scratch.template(name)

    assert again == template
    assert databases_like(f"%{name}%") == [template]
    scratch.create(f"copy_{name}", template)
    assert asked(f"copy_{name}", "SELECT count(*) FROM probe") == [(1,)]


@pytest.mark.usefixtures("migrated")
def test_what_nobody_dropped_is_dropped_after_a_while(name: str):
    template = scratch.template(name)
    scratch.create(f"old_{name}", template)
    scratch.create(f"new_{name}", template)
    age(f"old_{name}", "creditops scratch, made 2020-01-01T00:00:00+00:00")
    age(template, "creditops template, last used 2020-01-01T00:00:00+00:00")

    other = scratch.template(f"{name}b")

    assert databases_like(f"%{name}%") == [other, f"new_{name}"]


@pytest.mark.usefixtures("migrated")
def test_a_database_is_dropped_under_whoever_uses_it(name: str):
    scratch.create(f"used_{name}", scratch.template(name))
    with owner.standing_in(f"used_{name}") as connection:
        connection.ensure_connection()

        scratch.drop(f"used_{name}")
        scratch.drop(f"used_{name}")

    assert databases_like(f"used_{name}") == []


@pytest.mark.usefixtures("migrated")
def test_a_name_that_is_taken_is_refused(name: str):
    template = scratch.template(name)
    scratch.create(f"once_{name}", template)

    with pytest.raises(ProgrammingError, match="already exists"):
        scratch.create(f"once_{name}", template)


@pytest.mark.parametrize(
    "act",
    [scratch.drop, lambda wrong: scratch.create(wrong, "t"), lambda w: scratch.create("c", w)],
)
@pytest.mark.parametrize("wrong", ['a"; DROP ROLE x; --', "", "x" * 64, "ümlaut"])
def test_a_name_that_is_none_is_refused(act: Callable[[str], None], wrong: str):
    with pytest.raises(ValueError, match="no name for a scratch database"):
        act(wrong)


def databases_like(pattern: str) -> list[str]:
    """The databases whose name fits, in order."""
    with owner.on_server() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY datname", [pattern]
        )
        return [row[0] for row in cursor.fetchall()]


def asked(database: str, query: str) -> list[tuple[object, ...]]:
    """What `query` returns in `database`."""
    with owner.standing_in(database) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def age(database: str, comment: str) -> None:
    """Let a database look as old as its comment says."""
    with owner.on_server() as connection, connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE \"{database}\" IS '{comment}'")
