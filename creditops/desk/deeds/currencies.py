"""Does rates between currencies: one typed, or many from a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from ledger import books, exchange, exchange_files
from ledger.models import ExchangeRate


class RateForm(fields.DeskForm):
    """One rate."""

    from_currency = fields.text("One unit of", most=3, help="ISO 4217, like EUR")
    rate = fields.text("costs", most=40, help="an exact decimal, like 1.0842")
    to_currency = fields.text("of", most=3)
    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")
    origin = fields.text("Source", required=False, help="who says so: the ECB, our bank")


class PublishExchangeRate(Deed):
    """Publish a rate between two currencies."""

    name = "publish-exchange-rate"
    title = "Publish an exchange rate"
    verb = "publish_exchange_rates"
    button = "Publish the rate"
    about = (
        "Sales, use beyond the balance and payments are translated by it from then on; what is owed is "
        "valued anew at the end of each month. What was translated keeps its rate."
    )
    form = RateForm
    keyed = False

    def home(self) -> str:
        """The list of rates."""
        return addresses.of_list(ExchangeRate)

    def initial(self) -> dict[str, Any]:
        """Into the books' currency."""
        return {"to_currency": books.current(self.at).currency}

    def figures(self, values: dict[str, Any]) -> Figures:
        """The newest rate of the two."""
        pair = (values["from_currency"], values["to_currency"])
        newest = ExchangeRate.objects.filter(from_currency=pair[0], to_currency=pair[1]).first()
        said = (
            "none" if newest is None else f"{newest}, from {newest.effective_from:%Y-%m-%d %H:%M}"
        )
        return ((f"Newest rate of {pair[0]} to {pair[1]}", said),)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        start = values["effective_from"] or at
        made = exchange.publish(**{**values, "effective_from": start}, by=by, at=at)
        return Done(f"Published: {made}, from {start:%Y-%m-%d %H:%M} UTC.", self.home())


class RatesFileForm(fields.DeskForm):
    """The lines of a file."""

    lines = forms.CharField(
        label="Lines of the file",
        widget=fields.lines(),
        max_length=1_000_000,
        help_text="CSV with the columns from, to, rate, effective_from (a day, or an instant with its "
        "offset) and origin",
    )
    origin = fields.text("Source", required=False, help="of lines that name none")


class ImportExchangeRates(Deed):
    """Publish many rates at once."""

    name = "import-exchange-rates"
    title = "Import exchange rates"
    verb = "publish_exchange_rates"
    button = "Publish the rates"
    about = "All of them or none. A line that says what is known already changes nothing."
    form = RatesFileForm
    keyed = False

    def home(self) -> str:
        """The list of rates."""
        return addresses.of_list(ExchangeRate)

    def figures(self, values: dict[str, Any]) -> Figures:
        """How many rates there are."""
        return (("Exchange rates", f"{ExchangeRate.objects.count():,}"),)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish what is new of them."""
        zone = books.current(at).time_zone
        quotes = exchange_files.read(values["lines"], zone)
        done = exchange.take_in(quotes, by=by, at=at, origin=values["origin"])
        said = f"{done.read:,} rates read, {done.published:,} of them new."
        return Done(said, self.home())
