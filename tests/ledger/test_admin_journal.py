"""The staff's pages of the journal."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from creditops.lib import clock
from ledger.models import JournalEntry
from tests import cast, staff
from tests.staff import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _doors(monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def client():
    return staff.as_(staff.person(None))


def test_an_entry_is_read_with_its_lines_and_their_sums(client):
    staff.book()
    entry = JournalEntry.objects.get(recipe="JE-02")

    page = client.get(f"/admin/ledger/journalentry/{entry.pk}/change/")

    (lines,) = page.context["tables"]
    assert [row[3:] for row in lines.rows] == [("$100.00", ""), ("", "$100.00")]
    assert lines.sums == ("Total", "", "", "$100.00", "$100.00")
    assert "1100 Accounts receivable" in page.content.decode()


def test_entries_are_narrowed_by_day_account_and_customer(client):
    book = staff.book()
    other = cast.customer("other")
    staff.sign(other, "O-1")

    def memos(**query):
        page = client.get("/admin/ledger/journalentry/", query)
        return {row.memo for row in page.context["cl"].result_list}

    invoiced, used = f"Invoice {book.invoice.number}", "Used: 300 credits of C-1"
    assert memos() == {invoiced, used}
    assert memos(customer="acme", account="4000") == {used}
    assert memos(account="1100") == {invoiced}
    assert memos(account="9999") == set()
    assert memos(customer="other") == set()
    assert memos(posting_date_from="2026-06-01", posting_date_to="2026-06-30") == {used}


def test_accounts_show_what_stands_on_them(client):
    staff.book()

    page = client.get("/admin/ledger/account/").content.decode()

    assert "-$97.00" in page
    assert "$100.00" in page
