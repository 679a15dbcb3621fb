"""Does credits: given free, or sold at once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import customers
from accounts.models import Customer
from contracts import free_credits, prices, quote_guards
from contracts.models import Contract
from contracts.quote_guards import Sale
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar, money
from creditops.lib.admin_columns import address_of
from creditops.lib.refusals import NotFound, Refusal
from invoicing import charged_orders, purchases
from invoicing.models import CardCharge
from ledger import balances, daily_credits, holders, totals
from ledger.models import Block, DailyGrant, Holder

_OPEN = "open"
# How the use of free credits is accounted for, as finance says it.
_POLICIES = (
    (free_credits.ZERO_COST, "not at all: cost stays where it is"),
    (free_credits.MARKETING_EXPENSE, "marketing, at standard cost"),
    (free_credits.CONTRA_REVENUE, "revenue at list price, and its reduction"),
    (free_credits.RESPREAD, "spread what is paid and not used yet over them too"),
)


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
        known = totals.of_pools(pools, self.at)
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
    promo_policy = fields.choice("Accounted for", _POLICIES)
    value = fields.Amount(
        label="Value of a credit",
        required=False,
        help_text="its standard cost or list price, like 0.004; empty: the price list's",
    )
    reason = fields.reason("stands on the block, for ever")


class FreeCredits(ForHolder):
    """Give credits that cost nothing."""

    name = "free-credits"
    title = "Give free credits"
    verb = "grant_credits"
    button = "Give the credits"
    about = (
        "Promotional credits are used first and never roll over. How they are accounted for is fixed "
        "here for good."
    )
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
                promo_policy=values["promo_policy"],
                list_price_per_credit=values["value"] or None,
                standard_cost_per_credit=values["value"] or None,
                at=at,
            )
        said = f"{block.granted:,} {block.get_kind_display()} credits given to {holder.code}."
        return Done(said, self.home())


class EndDailyForm(fields.DeskForm):
    """Until when."""

    last_day = fields.Day(label="Last day with credits", help_text="today: none come tomorrow")


class EndDaily(Deed):
    """Say which is the last day of credits that come anew every day."""

    name = "end-daily"
    title = "End daily credits"
    verb = "grant_credits"
    button = "Set the last day"
    about = "Today's credits stay as they are; what is used of them stays used."
    form = EndDailyForm

    def find(self, key: str) -> DailyGrant:
        """The rule, by `<customer>-<id>`."""
        customer, _, number = key.partition("-")
        rows = DailyGrant.objects.select_related("pool__holder", "customer")
        found: DailyGrant | None = None
        if all(part.isascii() and part.isdecimal() for part in (customer, number)):
            found = rows.filter(customer_id=int(customer), id=int(number)).first()
        if found is None:
            raise NotFound("daily credits", key)
        return found

    @property
    def heading(self) -> str:
        """Which, and whose."""
        return f"{self.title}: {self.subject}, {self.subject.customer.name}"

    def home(self) -> str:
        """Its page."""
        return str(address_of(self.subject))

    def initial(self) -> dict[str, Any]:
        """Today."""
        return {"last_day": calendar.local_date(self.at, self.subject.pool.holder.time_zone)}

    def figures(self, values: dict[str, Any]) -> Figures:
        """Credits a day, and until when."""
        self.subject.refresh_from_db()
        last_day = self.subject.last_day
        return (
            ("Credits a day", f"{self.subject.credits:,}"),
            ("Last day", "none, they go on" if last_day is None else f"{last_day}"),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Set it."""
        daily_credits.end(self.subject, values["last_day"], at=at)
        return Done(f"The last day of {self.subject} is {values['last_day']}.", self.home())


class TakeBackForm(fields.DeskForm):
    """How many, and why."""

    credits = fields.Credits(
        label="Credits", required=False, help_text="empty: all that is left of them"
    )
    reason = fields.reason("stands with what is taken back, for ever")


class TakeBackCredits(Deed):
    """Make free credits void. Paid ones go back by a credit note."""

    name = "take-back-credits"
    title = "Take free credits back"
    verb = "grant_credits"
    button = "Take them back"
    about = "What was used stays used. Credits that were paid for go back by a credit note instead."
    form = TakeBackForm
    danger = True

    def find(self, key: str) -> Block:
        """The block, by `<customer>-<id>`."""
        customer, _, number = key.partition("-")
        rows = Block.objects.select_related("pool__holder", "pool__unit", "customer")
        found: Block | None = None
        if all(part.isascii() and part.isdecimal() for part in (customer, number)):
            found = rows.filter(customer_id=int(customer), pk=int(number)).first()
        if found is None:
            raise NotFound("block", key)
        return found

    @property
    def heading(self) -> str:
        """Which, and whose."""
        return f"{self.title}: {self.subject}, {self.subject.customer.name}"

    def home(self) -> str:
        """Its page."""
        return str(address_of(self.subject))

    def figures(self, values: dict[str, Any]) -> Figures:
        """What is left of the block, and of the pool."""
        balance = balances.of_pool(self.subject.pool, as_of=self.at, known_at=self.at)
        left = next(block.left for block in balance.blocks if block.id == self.subject.pk)
        return (
            ("Left of these credits", f"{left:,}"),
            ("Available in all", f"{balance.available:,}"),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Take them back."""
        back = free_credits.take_back(
            self.subject, credits=values["credits"], by=by, reason=values["reason"], at=at
        )
        return Done(f"{back.credits:,} credits are taken back.", self.home())


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
            _check_price(order, by, at)
            bought = charged_orders.buy(order, by=by, at=at)
        if isinstance(bought, CardCharge):
            return Done(
                f"The card is being charged: {bought.what}. The credits come with its success.",
                self.home(),
            )
        return Done(f"{bought.blocks[0].granted:,} credits sold to {holder.code}.", self.home())


def _check_price(order: purchases.Order, by: str, at: datetime) -> None:
    """Refuse a price of one's own below what one may give; by the ratio it is what everybody pays."""
    if order.credits is None and not order.bonus_credits:
        return
    sale = Sale(
        purchases.credits_of(order, at), order.price_minor, order.currency, order.bonus_credits
    )
    contract = Contract.objects.filter(holder=order.holder).first()
    quote_guards.check_alone(
        sale, by=by, at=at, paid_today=quote_guards.paid_today(contract, at),
        instead="Have it sold by somebody who may give more.",
    )  # fmt: skip
