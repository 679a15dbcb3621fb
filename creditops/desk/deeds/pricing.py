"""Does the two exchange rates: the price of credits, and rate cards with their first version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django import forms

from contracts import catalogue_checks, prices, rate_cards
from contracts.models import PriceTier, PriceVersion, RateCard
from creditops.desk import addresses, draft_words, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.desk.rate_rows import RatesForm, items
from creditops.lib import money
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import Refusal
from ledger import books

_TIER = re.compile(r"(?P<amount>[0-9][0-9,.]*)(?:\s+(?:less\s+)?(?P<pct>[0-9.]+)\s*%)?", re.ASCII)


class PriceForm(fields.DeskForm):
    """A simple ratio."""

    currency = fields.text("Currency", most=3)
    credits_per_currency_unit = forms.IntegerField(
        label="Credits for one unit of it", min_value=1, help_text="100 means one cent per credit"
    )
    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")
    tiers = forms.CharField(
        label="Tiers", required=False, max_length=2_000, widget=fields.lines(),
        help_text="one a line, at list, with its discount: 50000.00 less 10 %",
    )  # fmt: skip


class PublishPrice(Deed):
    """Publish how many credits money buys."""

    name = "publish-price"
    title = "Publish a price"
    verb = "publish_rates"
    button = "Publish the price"
    about = "For purchases from then on. What was bought keeps its price; locked contracts theirs."
    form = PriceForm
    keyed = False
    live = True

    def home(self) -> str:
        """The list of prices."""
        return addresses.of_list(PriceVersion)

    def initial(self) -> dict[str, Any]:
        """As the newest price in the books' currency says: a price that is typed without tiers has none."""
        currency = books.current(self.at).currency
        newest = PriceVersion.objects.filter(currency=currency).last()
        if newest is None:
            return {"currency": currency}
        return {
            "currency": currency,
            "credits_per_currency_unit": newest.credits_per_currency_unit,
            "tiers": "\n".join(
                f"{money.text(tier.amount_minor, currency)}{_less(tier)}"
                for tier in newest.tiers.all()
            ),
        }

    def facts(self, values: dict[str, Any]) -> Figures:
        """What each tier sells: its credits at list, and what they would cost."""
        ratio, currency = values.get("credits_per_currency_unit"), values.get("currency") or ""
        if not isinstance(ratio, int):
            return ()
        try:
            tiers = _tiers(values.get("tiers") or "", currency)
            return [_tier_figures(tier, currency, ratio) for tier in tiers]
        except Refusal as refusal:
            return [("", refusal.detail)]

    def figures(self, values: dict[str, Any]) -> Figures:
        """The newest price, and its tiers."""
        currency = values["currency"]
        newest = PriceVersion.objects.filter(currency=currency).last()
        tiers = [] if newest is None else list(newest.tiers.all())
        return (
            (f"Newest price in {currency}", str(newest or "none")),
            ("Its tiers", ", ".join(map(_tier_words, tiers)) or "none"),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        start = values["effective_from"] or at
        made = prices.publish(
            currency=values["currency"],
            credits_per_currency_unit=values["credits_per_currency_unit"],
            effective_from=start,
            tiers=_tiers(values["tiers"], values["currency"]),
            by=by,
            at=at,
        )
        return Done(f"Published: {made}, from {start:%Y-%m-%d %H:%M} UTC.", self.home())


class NewCardForm(RatesForm):
    """A card with its first version."""

    code = fields.text("Code of the card", most=100)
    name = fields.text("Name of the card")
    mode = fields.choice("How it is meant", RateCard.Mode.choices)
    field_order = ("code", "name", "mode", "version", "effective_from")


class NewRateCard(Deed):
    """Make a rate card, with its first version: nobody is priced by it yet, so nobody reviews it."""

    name = "new-rate-card"
    title = "New rate card"
    verb = "publish_rates"
    button = "Publish the version"
    form = NewCardForm
    template = "desk/rates.html"
    keyed = False
    about = (
        "What each action costs in credits. Contracts that name the card are priced by it; later versions "
        "begin as drafts and are reviewed by a second person."
    )

    def home(self) -> str:
        """The cards."""
        return addresses.of_list(RateCard)

    def initial(self) -> dict[str, Any]:
        """Empty rows."""
        return {"rows": [], "mode": RateCard.Mode.MULTI}

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """What is worth a second look (S20, S22)."""
        asked = [
            catalogue_checks.Asked(item.kind, item.credits, item.per)
            for item in items(values)
            if isinstance(item.credits, int)
        ]
        mode = values.get("mode") or RateCard.Mode.MULTI
        return [sentence for _, sentence in catalogue_checks.warnings(mode, asked)]

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """All its actions."""
        return [draft_words.actions(items(values))]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make and publish it."""
        start = values["effective_from"] or at
        made = rate_cards.introduce(
            code=values["code"],
            name=values["name"],
            mode=values["mode"],
            version=values["version"],
            items=items(values),
            effective_from=start,
            by=by,
            at=at,
        )
        said = f"Published: {made}, {made.items.count()} actions, from {start:%Y-%m-%d %H:%M} UTC."
        return Done(said, self.home())


def _tier_words(tier: PriceTier) -> str:
    """`$50,000 less 10 %`."""
    amount = money.for_people(tier.amount_minor, tier.price.currency, short=True)
    return f"{amount}{_less(tier)}"


def _less(tier: PriceTier) -> str:
    return f" less {prices.discount_pct(tier)} %" if tier.discount_basis_points else ""


def _tier_figures(tier: prices.Tier, currency: str, ratio: int) -> tuple[str, str]:
    off = prices.basis_points(tier.discount_pct)
    paid = money.round_half_up(Fraction(tier.amount_minor * (10_000 - off), 10_000))
    credits = prices.credits_for(tier.amount_minor, currency, ratio)
    return (
        f"From {money.for_people(tier.amount_minor, currency, short=True)}",
        f"{credits:,} credits for {money.for_people(paid, currency)}",
    )


def _tiers(typed: str, currency: str) -> list[prices.Tier]:
    """`50,000.00 less 10 %` a line. Raises Refusal `tier_unreadable`, or of an amount or percentage."""
    found = []
    for line in filter(None, map(str.strip, typed.splitlines())):
        read = _TIER.fullmatch(line)
        if read is None:
            raise Refusal("tier_unreadable", f"{line!r}: write a tier like 50000.00 less 10 %.")
        amount = read["amount"].replace(",", "")
        found.append(prices.Tier(money.minor_units(amount, currency), read["pct"] or "0"))
    return found
