"""A customer's whole story on one page."""

from __future__ import annotations

import pytest

from accounts.roles import Role
from creditops.lib import policies
from tests import cast, staff
from tests.cast import at
from tests.staff import NOW, Book

EVERYTHING = (
    "C-1", "10,000", "Commitment of term 1", "Promotional", "translation", "ev-1", "$100.00",
    "Deferred revenue", "Invoices", "Thresholds crossed", "Renewal", "Audit", "Settings in force",
    "Overage", "accounts_customer",
)  # fmt: skip


def test_the_whole_story_stands_on_one_page(book: Book, auditor):
    page = auditor.get("/admin/desk/customer/acme/").content.decode()

    for words in EVERYTHING:
        assert words in page, words
    assert page.count("<svg") >= 5


def test_what_a_role_may_do_is_offered_and_nothing_else(book: Book, auditor, sam):
    def offered(client) -> list[str]:
        page = client.get("/admin/desk/customer/acme/")
        return [act["title"] for act in page.context["doable"]]

    assert offered(auditor) == []
    assert offered(sam) == [
        "New quote", "Sign a contract", "Start a subscription", "Sell credits", "Unlock a feature",
        "Charge licences", "Let somebody in", "Change facts",
    ]  # fmt: skip


def test_keys_are_seen_by_those_who_manage_them(book: Book, auditor):
    staff.keys.create(name="acme-1", scopes=["admin"], by="Ines", at=NOW, customer=book.acme)
    ines = staff.as_(staff.person(Role.INTEGRATOR))

    assert "acme-1" in ines.get("/admin/desk/customer/acme/").content.decode()
    assert "acme-1" not in auditor.get("/admin/desk/customer/acme/").content.decode()


def test_settings_tell_where_they_come_from(book: Book, auditor):
    policies.change(
        policies.customer_scope("acme"), {"alerts": [70]}, effective_at=NOW, recorded_at=NOW, by="F"
    )

    page = auditor.get("/admin/desk/customer/acme/").content.decode()

    assert "at 70 %" in page
    assert "from customer acme" in page


def test_a_child_leads_to_whoever_pays(book: Book, auditor):
    cast.customer("acme-labs", parent=book.acme)

    child = auditor.get("/admin/desk/customer/acme-labs/").content.decode()
    root = auditor.get("/admin/desk/customer/acme/").content.decode()

    assert 'Its usage is paid by <a href="/admin/desk/customer/acme/">Acme</a>' in child
    assert '<a href="/admin/desk/customer/acme-labs/">Acme-Labs</a>' in root


@pytest.mark.parametrize("code", ["nobody", "acme%00", "%2e%2e"])
def test_a_customer_that_is_none_is_not_found(book: Book, auditor, code: str):
    assert auditor.get(f"/admin/desk/customer/{code}/").status_code == 404


def test_a_customer_without_anything_has_a_page(db, auditor):
    cast.customer("empty")

    page = auditor.get("/admin/desk/customer/empty/")

    assert page.status_code == 200
    assert "No contract: credits are bought as you go." in page.content.decode()


def test_the_list_of_customers_leads_here(book: Book, auditor):
    page = auditor.get("/admin/accounts/customer/").content.decode()

    assert 'href="/admin/desk/customer/acme/' in page


def test_everything_is_found_by_code_and_by_name(book: Book, auditor):
    def found(term: str) -> str:
        return auditor.get("/admin/search/", {"extended": "1", "s": term}).content.decode()

    assert "/admin/desk/customer/acme/" in found("acm")
    assert "/admin/contracts/contract/" in found("c-1")
    assert "/admin/invoicing/invoice/" in found(book.invoice.number.lower())


def test_every_setting_stands_on_its_page_with_meaning_and_history(book: Book, fiona, auditor):
    for scope, value in (("books", "15"), ("customer:acme", "30")):
        policies.change(scope, {"overage_pct": value}, effective_at=NOW, recorded_at=NOW, by="Sam")

    page = auditor.get("/admin/desk/policies/?scope=contract:C-1")

    rows = {row.policy.name: row for group in page.context["groups"] for row in group.rows}
    assert set(rows) == {policy.name for policy in policies.known() if not policy.books_only}
    assert (rows["overage_pct"].words, rows["overage_pct"].source) == ("30 %", "customer acme")
    assert sorted(made.words for made in rows["overage_pct"].history) == ["15 %", "30 %"]
    assert rows["alerts"].is_default
    assert "How far use may go beyond the balance" in page.content.decode()
    assert "/admin/desk/change-setting/" not in page.content.decode()
    assert auditor.get("/admin/desk/policies/?scope=contract:nothing").status_code == 404


def test_invoices_are_there_as_pdf(book: Book, auditor):
    answer = auditor.get(f"/admin/desk/invoice/{book.invoice.number}.pdf")

    if answer.status_code == 503:
        pytest.skip(answer.content.decode())
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert auditor.get("/admin/desk/invoice/INV-1.pdf").status_code == 404
    assert auditor.get("/admin/desk/proposal/77.pdf").status_code == 404
    assert book.invoice.issued_at < at("2026-06-15")


def test_that_credits_end_was_told_stands_in_the_story(auditor):
    """The auditor sees how many were told, how long before, and their last day."""
    cast.sign(cast.customer("beta"), code="b1", credits=1_000)
    cast.run_due(at("2026-12-02"))

    story = auditor.get("/admin/desk/customer/beta/").context["story"]

    (row,) = story.expiry_notices.rows
    assert "30 days" in row[0]
    assert row[1:5] == ("b1", "1,000", "1,000", "2026-12-31")
