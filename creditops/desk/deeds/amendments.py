"""Does changes of running contracts, credits added and given back, and rights to buy more."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from contracts import amendment_requests, amendments
from contracts.amendments import Addition, Standing
from contracts.models import Contract
from creditops.desk import addresses, fields
from creditops.desk.deeds.contracts import OfContract
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import money
from creditops.lib.admin_columns import amount
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from invoicing import billing, downgrades, options
from invoicing.models import PurchaseOption


class AddCreditsForm(fields.DeskForm):
    """How many, for how much."""

    credits = fields.Credits(label="Credits to add", help_text="they end with the term")
    price = fields.Amount(label="Price", help_text="before tax")
    reason = fields.reason("stands on the amendment, for ever")
    act = fields.Act()


class AddToContract(OfContract):
    """Add credits to a running contract."""

    name = "add-to-contract"
    title = "Add credits to the contract"
    verb = "sign_contract"
    button = "Sign the amendment"
    about = (
        "At the price that a credit has on its own they stand apart; otherwise their price and that of "
        "what is left become one, from now on. Blocks, their ends and the commitment stay."
    )
    form = AddCreditsForm
    live = True

    def facts(self, values: dict[str, Any]) -> Figures:
        """How it will be accounted for, before anybody signs."""
        addition = _addition(self.subject, values)
        if addition is None:
            return _stands("Left now", amendments.standing(self.subject, self.at), self.subject)
        try:
            found = amendments.treatment(self.subject, addition, self.at)
        except Refusal as refusal:
            return [("Not yet", refusal.detail)]
        become = "become one price" if found.blended else "stand apart, each with its price"
        return [
            ("An added credit costs", _each(found.unit_price, found.currency)),
            ("A credit costs on its own", f"{_each(found.ssp, found.currency)}, give or take "
             f"{money.decimal_text(found.tolerance_pct)} %"),
            ("What is left and what is added", become),
            *_stands("Left now", found.before, self.subject),
            *_stands("Left with it", found.after, self.subject),
        ]  # fmt: skip

    def figures(self, values: dict[str, Any]) -> Figures:
        """What is left, and what it carries."""
        return _left(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Sign it, its invoice is issued at once; or ask, where its price is beyond one's limits."""
        addition = _addition(self.subject, values)
        if addition is None:
            raise Refusal("price_negative", "Write how many credits, and their price.")
        made = amendment_requests.add_or_ask(
            self.subject, addition, source=values["act"], by=by, reason=values["reason"], at=at
        )
        if isinstance(made, Approval):
            why = " ".join(made.content["reasons"])
            return Done(f"It waits for another person to agree. {why}", self.home())
        invoice = billing.bill(self.subject, until=at, at=at)
        number = "" if invoice is None else f" Invoice {invoice.number} is issued."
        said = made.amendment.get_kind_display()
        return Done(f"{addition.credits:,} {said}.{number}", self.home())


class GiveBackForm(fields.DeskForm):
    """How many, and why."""

    credits = fields.Credits(label="Credits to give back", help_text="that were not used")
    reason = fields.reason("stands on the credit note and on the amendment")
    act = fields.Act()


class GiveBack(OfContract):
    """Lessen the commitment of a running term."""

    name = "give-back"
    title = "Give credits back"
    verb = "take_back"
    button = "Issue the credit note"
    about = (
        "A credit note takes unused credits of the commitment back at what they cost; the overage cap "
        "falls with it. What was used stays paid."
    )
    form = GiveBackForm
    danger = True

    def figures(self, values: dict[str, Any]) -> Figures:
        """What is left, and what it carries."""
        return _left(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Give them back."""
        done = downgrades.reduce(
            self.subject, credits=values["credits"], source=values["act"], by=by,
            reason=values["reason"], at=at,
        )  # fmt: skip
        worth = amount(done.note.net_minor, done.note.currency)
        said = f"{values['credits']:,} credits are given back: credit note {done.note.number}, {worth}."
        return Done(said, self.home())


class UseOption(Deed):
    """Use a customer's right to buy more, on its card."""

    name = "use-option"
    title = "Use the right to buy more"
    verb = "sell_credits"
    button = "Charge the card"
    about = "The card on file is charged with the price of the right; what was deferred for it joins it."
    form = fields.ReasonForm

    def find(self, key: str) -> PurchaseOption:
        """A right that is open."""
        found = options.find(key)
        if options.state(found, self.at) != options.OPEN:
            raise Refusal("option_closed", f"{found} was used, has lapsed or is void.")
        return found

    @property
    def heading(self) -> str:
        """Which right."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def facts(self, values: dict[str, Any]) -> Figures:
        """What it buys, for how much, until when."""
        right = self.subject
        return [
            ("Buys", f"{right.credits:,} credits"),
            ("For", amount(right.exercise_price_minor, right.currency)),
            ("Instead of", amount(right.list_price_minor, right.currency)),
            ("Ends at", f"{right.valid_until:%Y-%m-%d %H:%M} UTC"),
            ("Deferred for it", amount(right.allocated_minor, right.currency)),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Use it."""
        done = options.exercise(self.subject, by=by, at=at)
        said = f"{done.block.granted:,} credits are bought; invoice {done.invoice.number} is paid."
        return Done(said, self.home())


def _addition(contract: Contract, values: dict[str, Any]) -> Addition | None:
    """What is typed, as far as it can be read."""
    credits, price = values.get("credits"), values.get("price")
    if not credits or not price:
        return None
    return Addition(credits, money.minor_units(price, contract.currency))


def _left(contract: Contract, at: datetime) -> list[tuple[str, str]]:
    """What is left in short figures, for a table of now and then; the exact ones stand beside it."""
    found = amendments.standing(contract, at)
    return [
        ("Paid credits left", f"{found.credits:,}"),
        ("Left of their price", amount(found.deferred_minor, contract.currency)),
        ("Each", money.fixed_text(found.unit_price(contract.currency), 6)),
    ]


def _stands(label: str, found: Standing, contract: Contract) -> list[tuple[str, str]]:
    each = _each(found.unit_price(contract.currency), contract.currency)
    worth = amount(found.deferred_minor, contract.currency)
    return [(label, f"{found.credits:,} paid credits, {worth} of their price, {each} each")]


def _each(price: Fraction, currency: str) -> str:
    return f"{money.decimal_text(price)} {currency}"
