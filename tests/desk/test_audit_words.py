"""Lines of the audit name rows and acts in words."""

from __future__ import annotations

from creditops.desk import audit_words
from creditops.lib.models import AuditEntry


def entry(table: str, key: str) -> AuditEntry:
    return AuditEntry(table_name=table, row_id=key)


def test_a_row_is_named_by_its_kind_and_its_name():
    names = {("contracts_contract", "1"): "acme-main"}

    assert audit_words.row(entry("contracts_contract", "1"), names) == "Contract acme-main"
    assert audit_words.row(entry("contracts_contract", "2"), names) == "Contract 2"
    assert audit_words.row(entry("dropped_table", "2")) == "dropped_table 2"


def test_acts_and_actors_are_words():
    assert [audit_words.act(name) for name in ("insert", "update", "delete")] == [
        "made", "changed", "deleted",
    ]  # fmt: skip
    assert audit_words.actor("fiona@lumen.example") == "fiona@lumen.example"
    assert audit_words.actor("database:creditops_app") == "the program"
