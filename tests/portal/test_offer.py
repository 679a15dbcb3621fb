"""Behind the link of a quote: read, asked about, refused or accepted, without a login."""

from __future__ import annotations

import pytest
from django.test import Client

from contracts import quote_links, quotes
from contracts.models import Contract, QuoteAnswer, QuoteMessage
from creditops.lib import clock
from invoicing import seller
from tests import cast, offers
from tests.offers import NOW, SAM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("paper")]
paper = offers.paper
ADA = {"name": "Ada", "email": "ada@acme.example"}


@pytest.fixture(autouse=True)
def _doors(monkeypatch, settings) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    seller.define(name="Lumen AI", country="US")
    offers.price_list()


@pytest.fixture
def version():
    return offers.offered(message="Dear Ada,\nas we said.")


@pytest.fixture
def link(version) -> str:
    return f"/q/{quote_links.make(version, by=SAM, at=NOW)}/"


def test_the_offer_is_read_as_it_was_sent(client, version, link):
    page = client.get(link)

    said = page.content.decode()
    assert page.status_code == 200
    for words in (
        "100,000 credits for USD 1,000.00", "as we said.", "all that is left rolls over, once",
        "open until 31 Jan 2026", "A credit costs USD 0.01.",
    ):  # fmt: skip
        assert words in said
    assert page["Cache-Control"] == "no-store"
    paper = client.get(f"{link}quote.pdf")
    assert (paper.status_code, paper.content) == (200, b"documents/quote.html")


def test_another_link_leads_nowhere_and_tells_nothing(client, version):
    for path in ("/q/guess/", "/q/guess/quote.pdf"):
        page = client.get(path)
        assert page.status_code == 404
        assert "Acme" not in page.content.decode()
    assert client.post("/q/guess/accept/", {**ADA, "agreed": "on"}).status_code == 404
    assert not QuoteAnswer.objects.exists()


def test_accepting_makes_the_contract_and_says_thank_you(client, version, link):
    page = client.post(
        f"{link}accept/", {**ADA, "agreed": "on"}, follow=True, REMOTE_ADDR="192.0.2.7"
    )

    assert "Ada accepted this quote on 1 Jan 2026" in page.content.decode()
    assert "Accept the quote" not in page.content.decode()
    said = QuoteAnswer.objects.get()
    assert (said.name, said.email, said.ip_address) == ("Ada", "ada@acme.example", "192.0.2.7")
    assert Contract.objects.get().quote == version.quote


def test_accepting_twice_is_told_kindly(client, link):
    client.post(f"{link}accept/", {**ADA, "agreed": "on"})

    page = client.post(f"{link}accept/", {**ADA, "name": "Otto", "agreed": "on"})

    assert page.status_code == 409
    assert "Ada accepted this quote already, on 2026-01-01." in page.content.decode()
    assert QuoteAnswer.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [{}, {"name": "Ada"}, {**ADA, "email": "no", "agreed": "on"}, ADA, {**ADA, "name": "x" * 201}],
)
def test_a_form_that_is_not_filled_in_accepts_nothing(client, link, typed):
    page = client.post(f"{link}accept/", typed)

    assert page.status_code == 422
    assert not QuoteAnswer.objects.exists()


def test_an_expired_offer_says_so_and_has_nothing_to_press(client, link, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.at("2026-02-01"))

    page = client.get(link)
    late = client.post(f"{link}accept/", {**ADA, "agreed": "on"})

    assert (
        "This quote was open until 2026-01-31. Please ask for a new one." in page.content.decode()
    )
    assert "Accept the quote" not in page.content.decode()
    assert (late.status_code, Contract.objects.count()) == (409, 0)


def test_a_superseded_offer_names_no_figures_of_the_new_one(client, version, link):
    quotes.revise(
        version.quote, offers.terms(bonus_credits=77), open_until=offers.OPEN_UNTIL, by=SAM, at=NOW
    )

    page = client.get(link).content.decode()

    assert "There is a newer version of this quote." in page
    assert "77" not in page


def test_refusing_says_why(client, version, link):
    page = client.post(f"{link}refuse/", {**ADA, "reason": "too much"}, follow=True)

    assert "Ada refused this quote" in page.content.decode()
    version.refresh_from_db()
    assert (version.status, QuoteAnswer.objects.get().reason) == ("refused", "too much")


def test_a_question_stands_on_the_page_with_its_answer_and_is_only_text(client, version, link):
    client.post(f"{link}ask/", {**ADA, "text": "<b>Per seat?</b>"})
    QuoteMessage.objects.create(
        quote=version.quote, of_customer=False, name=SAM, text="One pool.", written_at=NOW
    )

    page = client.get(link).content.decode()

    assert "&lt;b&gt;Per seat?&lt;/b&gt;" in page
    assert "One pool." in page
    assert SAM not in page


def test_a_page_of_another_site_cannot_accept(link):
    stranger = Client(enforce_csrf_checks=True)

    assert stranger.post(f"{link}accept/", {**ADA, "agreed": "on"}).status_code == 403
    assert not QuoteAnswer.objects.exists()


def test_nothing_is_accepted_by_reading(client, link):
    assert client.get(f"{link}accept/").status_code == 405
    assert not QuoteAnswer.objects.exists()
