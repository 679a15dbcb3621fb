"""Does credits: given free, or sold at once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import customers
from accounts.models import Customer
from contracts import free_credits, prices
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar, money
from creditops.lib.refusals import Refusal
from invoicing import purchases
from ledger import balances, holders
from ledger.models import Block, Holder

_OPEN = "open"


class ForHolder(Deed):
    """An act that puts credits into a pool of a customer: of a contract, or pay as you go."""

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """For whom."""
        return f"{self.title}: {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the customer's contracts."""
        made = super().make_form(data)
        contracts = self._holders().exclude(kind=Holder.Kind.OPEN)
        made.fields["holder"].choices = [  # type: ignore[attr-defined]
            *((holder.code, holder.code) for holder in contracts),
            (_OPEN, "pay as you go, without a contract"),
        ]
        if "price" in made.fields:
            made.fields["price"].label = f"Price, {self.subject.currency}"
        return made

    def figures(self, values: dict[str, Any]) -> Figures:
        """The balance of the pools that it may touch."""
        found = self._find(values["holder"])
        pools = [] if found is None else balances.pools_of(found)
        known = balances.of_pools(pools, as_of=self.at, known_at=self.at)
        return [
            *(
                (f"Available, {balance.unit.lower()}s", f"{balance.available:,}")
                for balance in known
            ),
            *((f"Granted, {balance.unit.lower()}s", f"{balance.granted:,}") for balance in known),
        ]

    def holder(self, code: str, at: datetime) -> Holder:
        """Who gets them; the open contract is made on demand."""
        found = self._find(code)
        return found or holders.pay_as_you_go(self.subject, at)

    def ends(self, day: date | None, holder: Holder) -> datetime | None:
        """The end of credits whose last day is `day`."""
        if day is None:
            return None
        following = date.fromordinal(day.toordinal() + 1)
        return calendar.local_midnight(following, holder.time_zone)

    def _find(self, code: str) -> Holder | None:
        wanted = {"kind": Holder.Kind.OPEN} if code == _OPEN else {"code": code}
        found: Holder | None = self._holders().filter(**wanted).first()
        return found

    def _holders(self) -> Any:
        return Holder.objects.filter(customer_id=self.subject.root_id).select_related("customer")


class FreeCreditsForm(fields.DeskForm):
    """What, for how long, and why."""

    act = fields.Act()
    holder = fields.choice("Where to", ())
    kind = fields.choice(
        "Kind", [(kind, Block.Kind(kind).label) for kind in free_credits.FREE_KINDS]
    )
    credits = fields.Credits(label="Credits")
    last_day = fields.Day(
        label="Last day", required=False, help_text="empty: the end of the term, else by policy"
    )
    reason = fields.reason("stands on the block, for ever")


class FreeCredits(ForHolder):
    """Give credits that cost nothing."""

    name = "free-credits"
    title = "Give free credits"
    verb = "grant_credits"
    button = "Give the credits"
    about = "Promotional credits are used first; they never roll over and never become revenue."
    form = FreeCreditsForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Give them."""
        with transaction.atomic():
            holder = self.holder(values["holder"], at)
            block = free_credits.give(
                holder,
                kind=values["kind"],
                credits=values["credits"],
                source=values["act"],
                by=by,
                reason=values["reason"],
                expires_at=self.ends(values["last_day"], holder),
                at=at,
            )
        said = f"{block.granted:,} {block.get_kind_display()} credits given to {holder.code}."
        return Done(said, self.home())


class SellCreditsForm(fields.DeskForm):
    """What is bought, and how it is paid."""

    act = fields.Act()
    holder = fields.choice("Where to", ())
    price = fields.Amount(label="Price", help_text="before tax")
    credits = fields.Credits(
        label="Credits",
        required=False,
        help_text="empty: what the price buys at the ratio in force",
    )
    bonus_credits = fields.Credits(label="Bonus credits", required=False)
    pay = fields.choice(
        "Paid", [(purchases.INVOICE, "by invoice"), (purchases.CARD, "by the card on file, now")]
    )
    due_on = fields.Day(label="Due on", required=False, help_text="empty: by the payment terms")
    last_day = fields.Day(
        label="Last day", required=False, help_text="empty: the end of the term, else by policy"
    )


class SellCredits(ForHolder):
    """Sell credits at once: invoice, payment and blocks together, or nothing."""

    name = "sell-credits"
    title = "Sell credits"
    verb = "sell_credits"
    button = "Sell the credits"
    about = (
        "A top-up of a contract ends with its term. Credits are granted when the invoice stands."
    )
    form = SellCreditsForm
    live = True

    def facts(self, values: dict[str, Any]) -> Figures:
        """What the price buys."""
        currency = self.subject.currency
        try:
            price = money.minor_units(str(values.get("price") or ""), currency)
        except Refusal:
            return ()
        ratio = prices.in_force(currency, self.at)
        if ratio is None:
            return (("Published price", f"none in {currency}"),)
        each = ratio.credits_per_currency_unit
        buys = prices.credits_for(price, currency, each)
        return (
            ("Published price", str(ratio)),
            ("It would buy", f"{buys:,} credits"),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Sell them."""
        currency = self.subject.currency
        with transaction.atomic():
            holder = self.holder(values["holder"], at)
            order = purchases.Order(
                holder=holder,
                credits=values["credits"],
                price_minor=money.minor_units(values["price"], currency),
                currency=currency,
                pay=values["pay"],
                source=values["act"],
                expires_at=self.ends(values["last_day"], holder),
                bonus_credits=values["bonus_credits"] or 0,
                due_on=values["due_on"],
            )
            bought = purchases.buy(order, by=by, at=at)
        return Done(f"{bought.blocks[0].granted:,} credits sold to {holder.code}.", self.home())
