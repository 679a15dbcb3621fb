"""Does the two exchange rates: the price of credits, and the rate cards of actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from contracts import prices, rate_cards
from contracts.models import PriceVersion, RateCard, RateCardVersion
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.desk.rate_rows import RatesForm, items, rows_of
from ledger import books


class PriceForm(fields.DeskForm):
    """A simple ratio."""

    currency = fields.text("Currency", most=3)
    credits_per_currency_unit = forms.IntegerField(
        label="Credits for one unit of it", min_value=1, help_text="100 means one cent per credit"
    )
    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")


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
        made = prices.publish(**{**values, "effective_from": start}, by=by, at=at)
        return Done(f"Published: {made}, from {start:%Y-%m-%d %H:%M} UTC.", self.home())


class PublishRates(Deed):
    """Publish the next version of a rate card."""

    name = "publish-rates"
    title = "Publish a rate card version"
    verb = "publish_rates"
    button = "Publish the version"
    about = (
        "It prices whoever follows the card and has no lock. Balances and blocks are not touched."
    )
    form = RatesForm
    template = "desk/rates.html"

    def find(self, key: str) -> RateCard | None:
        """The card."""
        return rate_cards.find(key)

    @property
    def heading(self) -> str:
        """Which card."""
        return f"Publish a version of {self.subject}"

    def home(self) -> str:
        """The versions of all cards."""
        return addresses.of_list(RateCardVersion)

    def initial(self) -> dict[str, Any]:
        """The newest version, to be changed."""
        newest = self.subject.versions.first()
        return {"rows": [] if newest is None else rows_of(newest)}

    def figures(self, values: dict[str, Any]) -> Figures:
        """What each action of the newest version costs."""
        newest = RateCardVersion.objects.filter(card__code=self._code(values)).first()
        found = [] if newest is None else newest.items.select_related("unit")
        return [(item.item, _costs(item.credits, item.per)) for item in found]

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """The cheapest action should cost one credit (S20)."""
        cheapest = min((int(str(item.credits)) for item in items(values)), default=1)
        if cheapest == 1:
            return ()
        return (
            f"The cheapest action costs {cheapest} credits. One credit should be one unit of the "
            "cheapest action.",
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        start = values["effective_from"] or at
        made = rate_cards.publish(
            card=self._code(values),
            version=values["version"],
            items=items(values),
            effective_from=start,
            name=values.get("name", ""),
            by=by,
            at=at,
        )
        said = f"Published: {made}, {made.items.count()} actions, from {start:%Y-%m-%d %H:%M} UTC."
        return Done(said, self.home())

    def _code(self, values: dict[str, Any]) -> str:
        return str(self.subject.code)


class NewCardForm(RatesForm):
    """A card with its first version."""

    code = fields.text("Code of the card", most=100)
    name = fields.text("Name of the card")
    field_order = ("code", "name", "version", "effective_from")


class NewRateCard(PublishRates):
    """Make a rate card, with its first version."""

    name = "new-rate-card"
    title = "New rate card"
    form = NewCardForm
    keyed = False
    about = "What each action costs in credits. Contracts that name the card are priced by it."

    def find(self, key: str) -> None:
        """None yet."""
        return

    @property
    def heading(self) -> str:
        """A new one."""
        return self.title

    def initial(self) -> dict[str, Any]:
        """Empty rows."""
        return {"rows": []}

    def _code(self, values: dict[str, Any]) -> str:
        return str(values["code"])


def _costs(credits: int, per: int) -> str:
    return f"{credits:,}" if per == 1 else f"{credits:,} per {per:,}"
