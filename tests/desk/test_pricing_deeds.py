"""The two exchange rates: the price of credits, and the rate cards of actions."""

from __future__ import annotations

from contracts.models import Pack, PriceTier, PriceVersion, RateCard
from creditops.desk import addresses
from creditops.desk.deeds.page import LIVE
from ledger.models import Tariff
from tests.cast import at
from tests.desk import acts
from tests.staff import Book


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
            "position",
        ):
            sent[f"row-{number}-{name}"] = row.get(name, "")
    return sent


TRANSLATION = {"item": "translation", "credits": "4", "per": "1,000", "meter": "translation"}
SUMMARY = {"item": "summary", "credits": "2", "match": "model=large"}
NEW = {"code": "lite", "name": "Lite", "mode": "multi", "version": "1"}


def test_a_price_is_published_from_an_instant_on(book: Book, fiona):
    typed = {
        "currency": "USD", "credits_per_currency_unit": "120", "effective_from": "2026-07-01T00:00",
    }  # fmt: skip

    page = acts.rehearse(fiona, "publish-price", **typed)
    done = acts.do(fiona, "publish-price", **typed)

    assert acts.changes(page) == {
        "Newest price in USD": ("1 USD = 100 credits", "1 USD = 120 credits"),
        "Its tiers": ("none", "none"),
    }
    made = PriceVersion.objects.last()
    assert (made.credits_per_currency_unit, made.effective_from, made.published_by) == (
        120, at("2026-07-01"), "controller@vendor.example",
    )  # fmt: skip
    assert acts.said(done) == ["Published: 1 USD = 120 credits, from 2026-07-01 00:00 UTC."]


def test_the_form_begins_with_the_tiers_in_force_and_tells_what_each_sells(book: Book, fiona):
    typed = {
        "currency": "USD", "credits_per_currency_unit": "100", "effective_from": "2026-07-01T00:00",
        "tiers": "5,000.00\n50,000.00 less 12.5 %",
    }  # fmt: skip

    page = acts.rehearse(fiona, "publish-price", **typed)
    live = fiona.post(addresses.of("publish-price"), typed, headers={LIVE: "1"}).content.decode()
    acts.do(fiona, "publish-price", **typed)
    form = fiona.get(addresses.of("publish-price")).context["form"]

    assert acts.changes(page)["Its tiers"] == ("none", "$5,000, $50,000 less 12.5 %")
    assert "5,000,000 credits for $43,750.00" in live
    assert form["tiers"].value() == "5000.00\n50000.00 less 12.5 %"


def test_a_price_never_acts_in_the_past(book: Book, fiona):
    page = acts.do(
        fiona, "publish-price", currency="USD", credits_per_currency_unit="120",
        effective_from="2026-06-01T00:00",
    )  # fmt: skip

    assert acts.errors(page) == ["A price can't act in the past. Choose now or later."]
    assert PriceVersion.objects.count() == 1


def test_the_confirmation_carries_every_row(book: Book, fiona):
    page = acts.rehearse(fiona, "new-rate-card", **NEW, **rows(TRANSLATION))

    sent = page.content.decode()
    assert '<input type="hidden" name="row-0-credits" value="4"' in sent
    assert 'name="row-TOTAL_FORMS" value="2"' in sent


def test_a_version_needs_an_action(book: Book, fiona):
    page = acts.do(fiona, "new-rate-card", **NEW, **rows())

    assert acts.errors(page) == ["A rate card needs at least one action."]
    assert (Tariff.objects.count(), RateCard.objects.count()) == (1, 1)


def test_a_wrong_row_says_so_and_nothing_is_lost(book: Book, fiona):
    wrong = {**SUMMARY, "match": "large"}

    page = acts.do(fiona, "new-rate-card", **NEW, **rows(TRANSLATION, wrong))

    assert page.context["form"].rows[1].errors == {
        "match": ["Write it like model=large, region=eu."]
    }
    assert page.context["form"].rows[1]["match"].value() == "large"
    assert Tariff.objects.count() == 1


def test_a_new_card_comes_with_its_first_version(book: Book, fiona):
    done = acts.do(fiona, "new-rate-card", **NEW, **rows(SUMMARY))

    assert RateCard.objects.get(code="lite").name == "Lite"
    assert acts.said(done) == ["Published: Lite 1, 1 actions, from 2026-06-15 12:00 UTC."]


def test_a_card_is_made_once(book: Book, fiona):
    page = acts.do(fiona, "new-rate-card", **NEW | {"code": "standard"}, **rows(SUMMARY))

    assert acts.errors(page) == ["There is a rate card 'standard' already."]


def test_a_price_is_published_with_tiers_one_a_line(book: Book, fiona):
    acts.do(
        fiona, "publish-price", currency="USD", credits_per_currency_unit="100",
        effective_from="2026-07-01T00:00", tiers="5,000\n50,000.00 less 12.5 %\n\n10000 5%",
    )  # fmt: skip

    tiers = PriceTier.objects.filter(price=PriceVersion.objects.last())
    assert [(t.amount_minor, t.discount_basis_points) for t in tiers] == [
        (500_000, 0), (1_000_000, 500), (5_000_000, 1_250),
    ]  # fmt: skip


def test_a_tier_that_cannot_be_read_is_said_with_an_example(book: Book, fiona):
    page = acts.do(
        fiona, "publish-price", currency="USD", credits_per_currency_unit="100",
        effective_from="2026-07-01T00:00", tiers="fifty grand",
    )  # fmt: skip

    assert acts.errors(page) == ["'fifty grand': write a tier like 50000.00 less 10 %."]


def test_a_pack_is_put_on_sale_and_taken_off(book: Book, fiona):
    on = acts.do(
        fiona, "publish-pack", code="small", name="Small", credits="5,000", price="45.00",
        currency="USD",
    )  # fmt: skip
    off = acts.do(fiona, "withdraw-pack", "USD/small", effective_from="2026-07-01T00:00")

    assert acts.said(on) == ["Small: 5,000 credits for $45.00 on sale from 2026-06-15 12:00 UTC."]
    assert acts.said(off) == ["Small is off sale from 2026-07-01 00:00 UTC."]
    assert [pack.on_sale for pack in Pack.objects.all()] == [True, False]
