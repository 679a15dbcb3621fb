"""The doors of the portal: who comes in, and what they don't get to see."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer, Membership, Person
from creditops.lib import files
from creditops.lib.models import StoredFile
from creditops.lib.refusals import Refusal
from invoicing import purchases, rendering
from invoicing.models import Invoice
from invoicing.purchases import Order
from ledger.models import UsageEvent
from tests import cast
from tests.cast import START, at
from tests.portal.conftest import NOW, Acme, as_, member, staff

Role = Membership.Role
PAGES = ("/", "/usage/", "/usage/{uid}/", "/invoices/", "/invoices/{number}.pdf", "/statement.csv")

# What is answered first stands first.
FIRST_SCREEN = (
    "Available",
    "Used this term",
    "Runs out on",
    "Expiring next",
    "Open invoices",
    "Next invoice",
    "Overage",
    "Balance and forecast",
)


@pytest.fixture
def used(acme: Acme) -> dict[str, str]:
    """What addresses of Acme's pages are made of."""
    outcome = cast.send("e-1", 40, when=at("2026-02-01"), user="lena")
    files.keep("invoices/INV-2026-000001.pdf", b"%PDF-", content_type="application/pdf", at=NOW)
    return {"uid": outcome.uid, "number": acme.invoice.number}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_the_customers_administrator(acme: Acme, used: dict, page: str):
    answer = as_(member(acme.customer, "ada")).get(page.format(**used))

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_sent_to_the_login(acme: Acme, used: dict, page: str):
    address = page.format(**used)

    answer = Client().get(address)

    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")


@pytest.mark.parametrize("page", PAGES)
def test_otto_finds_nothing_of_acme(acme: Acme, used: dict, otto: Person, page: str):
    answer = as_(otto).get(page.format(**used) + "?customer=acme")

    assert answer.status_code == 404
    assert b"acme" not in answer.content.lower()


@pytest.mark.parametrize("page", ["/usage/{uid}/", "/invoices/{number}.pdf"])
def test_otto_finds_nothing_of_acme_as_himself(acme: Acme, used: dict, otto: Person, page: str):
    assert as_(otto).get(page.format(**used)).status_code == 404


def test_otto_changes_nothing(acme: Acme, used: dict, otto: Person):
    before = (UsageEvent.objects.count(), Invoice.objects.count(), StoredFile.objects.count())

    for page in PAGES:
        as_(otto).get(page.format(**used) + "?customer=acme")

    after = (UsageEvent.objects.count(), Invoice.objects.count(), StoredFile.objects.count())
    assert after == before


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_only_read(acme: Acme, used: dict, page: str):
    assert as_(member(acme.customer, "ada")).post(page.format(**used)).status_code == 405


def test_a_viewer_sees_usage_and_no_money(acme: Acme, used: dict):
    vic = as_(member(acme.customer, "vic", Role.VIEWER))

    pages = [vic.get(page.format(**used)).content.decode() for page in PAGES[:3]]

    assert [page.count("$") for page in pages] == [0, 0, 0]
    assert "9,960" in pages[0]
    assert "lena" in pages[1]


@pytest.mark.parametrize("page", ["/invoices/", "/invoices/{number}.pdf"])
def test_a_viewer_finds_no_invoices(acme: Acme, used: dict, page: str):
    vic = as_(member(acme.customer, "vic", Role.VIEWER))

    assert vic.get(page.format(**used)).status_code == 404


def test_an_authoriser_sees_prices_but_not_what_an_event_was_worth(acme: Acme, used: dict):
    arthur = as_(member(acme.customer, "arthur", Role.AUTHORISER))

    assert "$0.01" in arthur.get("/").content.decode()
    assert "Worth" not in arthur.get(f"/usage/{used['uid']}/").content.decode()


def test_finance_sees_what_an_event_was_worth(acme: Acme, used: dict):
    cleo = as_(member(acme.customer, "cleo", Role.FINANCE))

    page = cleo.get(f"/usage/{used['uid']}/").content.decode()

    assert '<td class="number">40</td><td class="number">$0.40</td>' in page


def test_the_first_screen_begins_with_what_is_available(acme: Acme, used: dict):
    page = as_(member(acme.customer, "ada")).get("/").content.decode()

    order = [page.index(words) for words in FIRST_SCREEN]
    assert order == sorted(order)


def test_a_customer_without_anything_sees_what_will_be_here(db: None):
    page = as_(member(cast.customer("fresh"), "finn")).get("/").content.decode()

    assert "No credits yet" in page
    assert "There is no invoice yet." in page
    assert "No usage was reported yet." in page


def test_a_child_is_told_who_pays_for_its_use(acme: Acme):
    child = cast.customer("child", name="Acme Labs", parent=acme.customer)

    page = as_(member(child, "carl")).get("/").content.decode()

    assert "Usage of Acme Labs is paid from the credits of Acme." in page


def test_a_person_without_a_customer_is_told_what_to_do(acme: Acme):
    lone = Person.objects.create_user("lone@x.example", name="Lone", joined_at=START)

    page = as_(lone).get("/").content.decode()

    assert "Your login belongs to no customer yet." in page
    assert "Northwind AI" in page


def test_a_person_of_several_customers_switches_between_them(acme: Acme):
    ada = member(acme.customer, "ada")
    Membership.objects.create(person=ada, customer=cast.customer("branch"), role=Role.VIEWER)

    page = as_(ada).get("/?customer=branch").content.decode()

    assert '<option value="branch" selected>Branch</option>' in page
    assert 'href="/usage/?customer=branch"' in page
    assert 'href="/invoices/' not in page


def test_staff_go_to_the_desk(acme: Acme):
    answer = as_(staff()).get("/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_staff_look_in_as_the_customer_sees_it(acme: Acme, used: dict):
    page = as_(staff()).get("/?customer=acme").content.decode()

    assert "You see this page as Acme sees it." in page
    assert "9,960" in page


def test_someone_switched_off_is_nobody(acme: Acme):
    ada = member(acme.customer, "ada")
    browser = as_(ada)
    ada.is_active = False
    ada.save()

    assert browser.get("/")["Location"] == "/login/?next=/"


@pytest.mark.parametrize("code", ["nobody", "%00", "%FF", "a" * 5_000])
def test_a_customer_that_is_none_is_not_found(acme: Acme, code: str):
    assert as_(member(acme.customer, "ada")).get(f"/?customer={code}").status_code == 404


@pytest.mark.parametrize("after", ["x", "_", "2026-01-01_1", "2026-01-01T00:00:00Z_" + "9" * 30])
def test_a_place_that_is_none_is_no_fault(acme: Acme, used: dict, after: str):
    assert as_(member(acme.customer, "ada")).get(f"/usage/?after={after}").status_code == 200


@pytest.mark.parametrize("uid", ["x", "1-", "1-99999999999999999999", "-1"])
def test_an_event_that_is_none_is_not_found(acme: Acme, uid: str):
    assert as_(member(acme.customer, "ada")).get(f"/usage/{uid}/").status_code == 404


def test_an_invoice_downloads_as_the_document_that_was_rendered(acme: Acme, used: dict):
    answer = as_(member(acme.customer, "ada")).get(f"/invoices/{used['number']}.pdf")

    assert answer.content == b"%PDF-"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="INV-2026-000001.pdf"'


def test_a_document_that_cannot_be_made_says_why(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    def refuse(invoice: Invoice, *, at: object) -> StoredFile:
        raise Refusal("pdf_unavailable", "PDFs need pango.")

    monkeypatch.setattr(rendering, "pdf", refuse)

    answer = as_(member(acme.customer, "ada")).get(f"/invoices/{acme.invoice.number}.pdf")

    assert answer.status_code == 503
    assert "PDFs need pango." in answer.content.decode()


def test_events_go_on_on_the_next_page(acme: Acme):
    for number in range(26):
        cast.send(f"e-{number}", 1, when=at("2026-02-02"), time=at(f"2026-02-01 00:{number:02}"))
    ada = as_(member(acme.customer, "ada"))

    first = ada.get("/usage/").content.decode()
    older = ada.get("/usage/?after=" + first.split("?after=")[1].split("#")[0]).content.decode()

    assert first.count(":00</a>") == 25
    assert "00:00:00</a>" not in first
    assert "00:00:00</a>" in older
    assert "Older" not in older


@pytest.mark.parametrize("page", ["/", "/usage/?period=term", "/invoices/", "/statement.csv"])
def test_ten_times_the_rows_need_no_more_queries(acme: Acme, page: str):
    ada = as_(member(acme.customer, "ada"))
    _grow(acme.customer, acme, 3)
    few = _queries(ada, page)

    _grow(acme.customer, acme, 30)

    assert _queries(ada, page) == few


def _grow(customer: Customer, acme: Acme, rows: int) -> None:
    """More blocks, invoices, events and people."""
    for number in range(rows):
        name = f"{rows}-{number}"
        order = Order(
            holder=acme.contract.holder,
            credits=100,
            price_minor=100,
            currency="USD",
            pay="invoice",
            source=f"top-up-{name}",
        )
        purchases.buy(order, by="Ada", at=at("2026-02-01"))
        cast.send(f"e-{name}", 5, when=at("2026-02-02"), user=f"user-{number}")
        member(customer, f"p{name}", Role.VIEWER)


def _queries(client: Client, page: str) -> int:
    client.get(page)  # what a process keeps in memory is read once
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)
