"""Does packs: sizes of credits at a fixed price are put on sale and taken off."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from contracts import packs, prices
from contracts.models import Pack
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import money
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound, Refusal
from ledger import books


class PackForm(fields.DeskForm):
    """What is in it, and what it costs."""

    code = fields.text("Code", help="by which programs order it", most=100)
    name = fields.text("Name", required=False)
    credits = fields.Credits(label="Credits")
    price = fields.Amount(label="Price", help_text="before tax")
    currency = fields.text("Currency", most=3)
    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")


class PublishPack(Deed):
    """Put a pack on sale."""

    name = "publish-pack"
    title = "Put a pack on sale"
    verb = "publish_rates"
    button = "Put it on sale"
    about = "The same code and currency replaces a pack from then on. What was bought stays."
    form = PackForm
    keyed = False
    live = True

    def home(self) -> str:
        """The list of packs."""
        return addresses.of_list(Pack)

    def initial(self) -> dict[str, Any]:
        """In the books' currency."""
        return {"currency": books.current(self.at).currency}

    def facts(self, values: dict[str, Any]) -> Figures:
        """What a credit of it costs, beside list."""
        credits, currency = values.get("credits"), values.get("currency", "")
        try:
            price = money.minor_units(str(values.get("price", "")), currency)
        except Refusal:
            return ()
        if not credits:
            return ()
        each = Fraction(price, credits * 10 ** money.exponent(currency))
        found = [("Price of a credit", f"{money.decimal_text(each)} {currency}")]
        ratio = prices.in_force(currency, self.at)
        if ratio is not None:
            found.append(("At list", amount(prices.list_minor(ratio, credits), currency)))
        return found

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        made = packs.publish(
            code=values["code"],
            name=values["name"],
            credits=values["credits"],
            price_minor=money.minor_units(values["price"], values["currency"]),
            currency=values["currency"],
            effective_from=values["effective_from"] or at,
            by=by,
            at=at,
        )
        said = f"{made} for {amount(made.price_minor, made.currency)} on sale"
        return Done(f"{said} from {made.effective_from:%Y-%m-%d %H:%M} UTC.", self.home())


class WithdrawPackForm(fields.DeskForm):
    """When."""

    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")


class WithdrawPack(Deed):
    """Take a pack off sale."""

    name = "withdraw-pack"
    title = "Take a pack off sale"
    verb = "publish_rates"
    button = "Take it off sale"
    about = "Nobody can order it from then on. What was bought stays."
    form = WithdrawPackForm

    def find(self, key: str) -> Pack:
        """The pack on sale now, by currency and code."""
        currency, _, code = key.partition("/")
        if not code:
            raise NotFound("pack", key)
        return packs.find(code, currency, self.at)

    def home(self) -> str:
        """The list of packs."""
        return addresses.of_list(Pack)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Withdraw it."""
        start = values["effective_from"] or at
        made = packs.withdraw(
            self.subject.code, self.subject.currency, effective_from=start, by=by, at=at
        )
        return Done(f"{made.name} is off sale from {start:%Y-%m-%d %H:%M} UTC.", self.home())
