"""The two exchange rates: the price of credits, and the rate cards of actions."""

from __future__ import annotations

from contracts.models import PriceVersion, RateCard, RateCardVersion
from creditops.desk import addresses
from ledger.models import Tariff
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book


def rows(*given: dict[str, str]) -> dict[str, str]:
    """Rows of the form, as a browser sends them."""
    sent = {"row-TOTAL_FORMS": str(len(given) + 1), "row-INITIAL_FORMS": "0"}
    for number, row in enumerate([*given, {}]):
        for name in (
            "item",
            "credits",
            "per",
            "meter",
            "property",
            "match",
            "unit",
            "customer_unit",
        ):
            sent[f"row-{number}-{name}"] = row.get(name, "")
    return sent


TRANSLATION = {"item": "translation", "credits": "4", "per": "1,000", "meter": "translation"}
SUMMARY = {"item": "summary", "credits": "2", "match": "model=large"}


def test_a_price_is_published_from_an_instant_on(book: Book, fiona):
    typed = {
        "currency": "USD", "credits_per_currency_unit": "120", "effective_from": "2026-07-01T00:00",
    }  # fmt: skip

    page = acts.rehearse(fiona, "publish-price", **typed)
    done = acts.do(fiona, "publish-price", **typed)

    assert acts.changes(page) == {
        "Newest price in USD": ("1 USD = 100 credits", "1 USD = 120 credits")
    }
    made = PriceVersion.objects.last()
    assert (made.credits_per_currency_unit, made.effective_from, made.published_by) == (
        120, at("2026-07-01"), "controller@vendor.example",
    )  # fmt: skip
    assert acts.said(done) == ["Published: 1 USD = 120 credits, from 2026-07-01 00:00 UTC."]


def test_a_price_never_acts_in_the_past(book: Book, fiona):
    page = acts.do(
        fiona, "publish-price", currency="USD", credits_per_currency_unit="120",
        effective_from="2026-06-01T00:00",
    )  # fmt: skip

    assert acts.errors(page) == ["A price can't act in the past. Choose now or later."]
    assert PriceVersion.objects.count() == 1


def test_a_version_is_published_with_its_actions_compared(book: Book, fiona):
    typed = {"version": "2", "effective_from": "", **rows(TRANSLATION, SUMMARY)}

    page = acts.rehearse(fiona, "publish-rates", "standard", **typed)
    done = acts.do(fiona, "publish-rates", "standard", **typed)

    assert acts.changes(page) == {
        "translation": ("3 per 1,000", "4 per 1,000"),
        "summary": ("–", "2"),
    }
    made = RateCardVersion.objects.get(version="2")
    assert made.effective_from == NOW
    assert [(i.item, i.credits, i.per, i.match) for i in made.items.all()] == [
        ("translation", 4, 1_000, {}),
        ("summary", 2, 1, {"model": "large"}),
    ]
    assert page.context["effect"].notes == (
        "The cheapest action costs 2 credits. One credit should be one unit of the cheapest action.",
    )
    assert acts.said(done) == ["Published: standard 2, 2 actions, from 2026-06-15 12:00 UTC."]


def test_the_confirmation_carries_every_row(book: Book, fiona):
    page = acts.rehearse(fiona, "publish-rates", "standard", version="2", **rows(TRANSLATION))

    sent = page.content.decode()
    assert '<input type="hidden" name="row-0-credits" value="4"' in sent
    assert 'name="row-TOTAL_FORMS" value="2"' in sent


def test_the_newest_version_is_there_to_be_changed(book: Book, fiona):
    form = fiona.get(addresses.of("publish-rates", "standard")).context["form"]

    first = form.rows[0]
    assert (first["item"].value(), first["credits"].value(), first["per"].value()) == (
        "translation", 3, 1_000,
    )  # fmt: skip


def test_a_version_needs_an_action(book: Book, fiona):
    page = acts.do(fiona, "publish-rates", "standard", version="2", **rows())

    assert acts.errors(page) == ["A rate card needs at least one action."]
    assert Tariff.objects.count() == 1


def test_a_wrong_row_says_so_and_nothing_is_lost(book: Book, fiona):
    wrong = {**SUMMARY, "match": "large"}

    page = acts.do(fiona, "publish-rates", "standard", version="2", **rows(TRANSLATION, wrong))

    assert page.context["form"].rows[1].errors == {
        "match": ["Write it like model=large, region=eu."]
    }
    assert page.context["form"].rows[1]["match"].value() == "large"
    assert Tariff.objects.count() == 1


def test_a_new_card_comes_with_its_first_version(book: Book, fiona):
    typed = {"code": "lite", "name": "Lite", "version": "1", **rows(SUMMARY)}

    done = acts.do(fiona, "new-rate-card", **typed)

    assert RateCard.objects.get(code="lite").name == "Lite"
    assert acts.said(done) == ["Published: Lite 1, 1 actions, from 2026-06-15 12:00 UTC."]
