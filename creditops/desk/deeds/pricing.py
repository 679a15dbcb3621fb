"""Does the two exchange rates: the price of credits, and rate cards with their first version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from contracts import catalogue_checks, prices, rate_cards
from contracts.models import PriceVersion, RateCard
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

    def home(self) -> str:
        """The list of prices."""
        return addresses.of_list(PriceVersion)

    def initial(self) -> dict[str, Any]:
        """In the books' currency."""
        return {"currency": books.current(self.at).currency}

    def figures(self, values: dict[str, Any]) -> Figures:
        """The newest price."""
        newest = PriceVersion.objects.filter(currency=values["currency"]).last()
        return ((f"Newest price in {values['currency']}", str(newest or "none")),)

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
