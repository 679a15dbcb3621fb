"""docs/database-rules.md lists what the database refuses: all of it, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps

from creditops.lib.tables import Book, Record
from tests.database import catalogue

pytestmark = pytest.mark.django_db

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "database-rules.md").read_text()
SECTIONS = {
    title: body
    for title, _, body in (section.partition("\n") for section in PAGE.split("\n## ")[1:])
}
# These sections list tables, the others rules by their names.
BY_TABLE = (
    "What was written stays", "What changes is audited", "What a transaction must leave behind",
    "Never below zero", "Identity", "What points somewhere points to something",
)  # fmt: skip


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def of_kind(kind: type) -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, kind)}


def test_every_check_unique_key_and_exclusion_stands_on_the_page_once():
    told = [names(row[0])[0] for name in SECTIONS if name not in BY_TABLE for row in rows(name)]

    assert sorted(told) == sorted(catalogue.rules())


def test_every_trigger_stands_on_the_page_and_can_not_be_slept_through():
    told = {
        (names(trigger)[0], names(table)[0])
        for trigger, table, _ in rows("What a transaction must leave behind")
    }
    told |= {("written_once", table) for table in books()}
    told |= {("audited", table) for table in facts()}

    assert told == catalogue.triggers()
    assert catalogue.sleeping_triggers() == set()


def test_what_is_asked_at_the_commit_is_marked_so():
    told = {
        names(row[0])[0]
        for row in rows("What a transaction must leave behind")
        if "*at the commit*" in row[2]
    }

    assert told == catalogue.deferred()


def test_every_column_that_is_never_below_zero_stands_on_the_page():
    told = {
        (names(table)[0], column)
        for table, columns in rows("Never below zero")
        for column in names(columns)
    }

    assert told == catalogue.never_below_zero()


def test_every_key_of_several_columns_stands_on_the_page():
    told = {(names(table)[0], columns) for table, columns in rows("Identity")}

    assert told == catalogue.keys_of_several_columns()


def test_every_reference_stands_on_the_page():
    told = {
        (names(table)[0], target)
        for table, targets in rows("What points somewhere points to something")
        for target in names(targets)
    }

    assert told == catalogue.references()


def test_the_application_may_do_with_each_kind_of_table_what_the_page_says():
    everything = {"SELECT", "INSERT", "UPDATE", "DELETE"}

    assert books() == of_kind(Book)
    assert facts() == of_kind(Record)
    assert catalogue.rights() == {
        table: {"SELECT", "INSERT"} if table in books() else everything
        for table in catalogue.TABLES
    } | {"lib_auditentry": {"SELECT"}}
    assert catalogue.sequences_that_can_be_set() == []
    assert catalogue.functions_with_the_owners_rights() == {
        "creditops_audit",
        "creditops_rounds_half_even",
    }


def books() -> set[str]:
    return _listed("What was written stays", "Books: ")


def facts() -> set[str]:
    return _listed("What changes is audited", "Facts: ")


def _listed(section: str, start: str) -> set[str]:
    [line] = [line for line in SECTIONS[section].splitlines() if line.startswith(start)]
    return set(names(line))
