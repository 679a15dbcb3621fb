"""The schema `reporting`: what analysts read, and that it says what the books say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from creditops.database import reporting
from creditops.environment import ROOT
from ledger import balances
from tests import staff

PAGE = ROOT / "docs" / "reporting.md"


@pytest.fixture
def book(db, monkeypatch) -> staff.Book:
    return staff.book()


def rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.mark.parametrize("view", reporting.names())
def test_every_view_can_be_read_and_is_described(view, book):
    rows(f"SELECT * FROM reporting.{view}")

    assert f"| `{view}` |" in PAGE.read_text()


def test_only_views_that_are_there_are_described():
    described = {
        line.split("`")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")
    }

    assert described == set(reporting.names())


def test_blocks_stand_there_as_in_the_balance(book):
    (pool,) = balances.pools_of(book.contract.holder)
    now = staff.at("2026-06-10 09:00") + timedelta(days=2)
    balance = balances.of_pool(pool, as_of=now, known_at=now)

    found = rows(
        "SELECT source, granted, used, expired, voided, remaining FROM reporting.block ORDER BY 1"
    )

    expected = sorted(
        (b.source, b.granted, b.used, b.expired, b.voided, b.rest) for b in balance.blocks
    )
    assert found == expected
    assert sum(used for _, _, used, *_ in found) == 300


def test_movements_add_up_to_what_remains(book):
    by_block = rows(
        "SELECT block_id, sum(credits)::bigint FROM reporting.entry GROUP BY 1 ORDER BY 1"
    )

    assert by_block == rows("SELECT block_id, remaining FROM reporting.block ORDER BY 1")


def test_drawdown_values_are_what_the_journal_posted(book):
    (drawn,) = rows("SELECT sum(credits)::bigint, sum(value_minor)::bigint FROM reporting.drawdown")
    (posted,) = rows(
        "SELECT sum(debit_minor)::bigint FROM reporting.journal_line WHERE recipe = 'JE-05'"
    )

    assert drawn == (300, 300)
    assert posted == (300,)


def test_an_event_has_words_and_no_inner_keys(book):
    (event,) = rows(
        "SELECT customer, source, key, meter, contract, user_name, credits, status FROM reporting.usage_event"
    )

    assert event == ("acme", "test", "ev-1", "translation", "C-1", "lena", 300, "applied")


def test_what_is_open_on_an_invoice_is_what_was_not_paid(book):
    assert rows("SELECT number, total_minor, open_minor FROM reporting.invoice") == [
        (book.invoice.number, 10_000, 10_000)
    ]
