"""Does contracts: signed, cancelled, renewed, and allowed more overage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms

from accounts import customers
from accounts.models import Customer
from contracts import agreements, leaving, quote_guards, renewals, term_ends, termination
from contracts.models import CommissionPlan, Contract, RateCard
from contracts.quote_guards import Sale
from creditops.desk import addresses, contract_figures, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import Refusal
from ledger import balances, caps, rate_choices, units

_ROLLOVER = (("FULL", "all of it"), ("PARTIAL", "a share"), ("NONE", "nothing"))
_ENFORCEMENT = (
    ("SOFT", "overage up to the cap"),
    ("HARD", "refuse when credits run out"),
    ("OBSERVE", "only record"),
)

_QUOTE_IT = (
    "Make a quote, to which another person agrees, or have it signed by somebody who may give more."
)


class SignContractForm(fields.DeskForm):
    """What is agreed."""

    code = fields.text("Code", help="by which everyone outside knows it", most=100)
    name = fields.text("Name", required=False)
    starts_on = fields.Day(label="Starts on", help_text="in the contract's zone")
    term_months = forms.IntegerField(label="Months", min_value=1, max_value=120, initial=12)
    credits = fields.Credits(label="Credits", help_text="the commitment of the first term")
    price = fields.Amount(label="Price", help_text="of the first term, before tax")
    list_price = fields.Amount(label="List price", required=False)
    currency = fields.text("Currency", most=3)
    time_zone = fields.text("Time zone", most=60)
    due_on = fields.Day(label="First invoice due on", required=False)
    bonus_credits = fields.Credits(
        label="Bonus credits", required=False, help_text="of the same purchase; share its price"
    )
    rate_card = fields.choice("Rate card", (), required=False, help="prices the usage")
    rate_lock_on = fields.Day(
        label="Rates locked until", required=False, help_text="keeps today's version till then"
    )
    price_lock_on = fields.Day(
        label="Price locked until", required=False, help_text="top-ups keep today's ratio till then"
    )
    overage_pct = fields.text("Overage in %", required=False, most=12)
    enforcement = fields.choice("When credits run out", _ENFORCEMENT, required=False)
    rollover = fields.choice("At renewal rolls over", _ROLLOVER, required=False)
    rollover_pct = fields.text("Share in %", required=False, most=12)
    auto_renew = fields.yes(
        "Renews by itself", help="last year's use becomes next year's commitment"
    )
    cancellable = fields.yes("Can be cancelled", help="nothing is granted or posted before payment")
    commission_plan = fields.choice(
        "Commission plan", (), required=False, help="pays who signs, or as the plan splits it"
    )
    is_default = fields.yes("Default contract", help="usage that names no contract goes here")

    groups = {
        "What": ("code", "name", "credits", "price", "list_price", "currency", "bonus_credits"),
        "When": ("starts_on", "term_months", "time_zone", "due_on", "auto_renew", "cancellable"),
        "Rates": ("rate_card", "rate_lock_on", "price_lock_on", "is_default"),
        "On which terms": ("overage_pct", "enforcement", "rollover", "rollover_pct"),
        "Commission": ("commission_plan",),
    }
    settings = ("overage_pct", "enforcement", "rollover", "rollover_pct")


class SignContract(Deed):
    """Sign a contract. Its invoice waits for the billing run; credits are granted when it begins."""

    name = "sign-contract"
    title = "Sign a contract"
    verb = "sign_contract"
    button = "Sign the contract"
    about = "Settings left empty are those of the customer, else of the books."
    form = SignContractForm
    live = True

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """With whom."""
        return f"Sign a contract with {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def initial(self) -> dict[str, Any]:
        """From today, in the customer's currency and zone."""
        return {
            "starts_on": calendar.local_date(self.at, self.subject.time_zone),
            "term_months": 12,
            "currency": self.subject.currency,
            "time_zone": self.subject.time_zone,
        }

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the rate cards and commission plans that there are."""
        made = super().make_form(data)
        cards = RateCard.objects.order_by("name").values_list("code", "name")
        made.fields["rate_card"].choices = [("", "–"), *cards]  # type: ignore[attr-defined]
        plans = CommissionPlan.objects.order_by("name").values_list("code", "name")
        made.fields["commission_plan"].choices = [("", "–"), *plans]  # type: ignore[attr-defined]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """What the terms come to."""
        return contract_figures.of_terms(self.subject, values, self.at)

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """What is worth a second look."""
        return contract_figures.warnings(self.subject, values, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Sign it."""
        terms = contract_figures.terms(values)
        sale = Sale(terms.credits, terms.price_minor, terms.currency, terms.bonus_credits)
        quote_guards.check_alone(sale, by=by, at=at, instead=_QUOTE_IT)
        made = agreements.sign(self.subject, terms, by=by, at=at)
        state = "has begun" if made.status == Contract.Status.ACTIVE else "is signed, not begun"
        said = f"Contract {made.code} over {made.commitment:,} credits for "
        said += f"{amount(made.price_minor, made.currency)} {state}; its charge waits to be billed."
        return Done(said, self.home())


class OfContract(Deed):
    """An act on a contract."""

    def find(self, key: str) -> Contract:
        """The contract."""
        return agreements.find(key)

    @property
    def heading(self) -> str:
        """Which contract."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)


class CancelContract(OfContract):
    """Let a contract end with its term."""

    name = "cancel-contract"
    title = "Cancel the contract"
    verb = "sign_contract"
    button = "Cancel the contract"
    about = "It runs to the end of its term and is not renewed. Overage is billed either way."
    form = fields.ReasonForm
    danger = True

    def find(self, key: str) -> Contract:
        """A contract that has not ended."""
        return _alive(super().find(key))

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is left, and what it would still buy (S38)."""
        return leaving_figures(self.subject, self.at)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What becomes of it at the term's end."""
        return _at_the_end(agreements.find(self.subject.code), self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """No renewal at the end."""
        agreements.cancel(self.subject, by=by, at=at)
        return Done(f"{self.subject} is not renewed at the end of its term.", self.home())


class TerminateForm(fields.DeskForm):
    """When, and why."""

    last_day = fields.Day(
        label="Last day", help_text="in the contract's zone; it can be used on it"
    )
    reason = fields.reason("stands with the credits, for ever")


class TerminateContract(OfContract):
    """End a contract before its term does."""

    name = "terminate-contract"
    title = "End the contract early"
    verb = "sign_contract"
    button = "End it early"
    about = (
        "The running term ends with that day. Credits that are left then expire, overage is billed, "
        "nothing is paid back by this."
    )
    form = TerminateForm
    danger = True

    def find(self, key: str) -> Contract:
        """A contract that has not ended."""
        return _alive(super().find(key))

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is left, and what it would still buy (S38)."""
        return leaving_figures(self.subject, self.at)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What becomes of the term and of the credits in it."""
        known = balances.of_pools(
            balances.pools_of(self.subject.holder), as_of=self.at, known_at=self.at
        )
        return [
            *_at_the_end(agreements.find(self.subject.code), self.at),
            *((f"Left now, {b.unit.lower()}s", f"{b.left:,}") for b in known),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Cut the term short."""
        following = date.fromordinal(values["last_day"].toordinal() + 1)
        termination.terminate(
            self.subject,
            end=calendar.local_midnight(following, self.subject.time_zone),
            by=by,
            reason=values["reason"],
            at=at,
        )
        return Done(f"{self.subject} ends with {values['last_day']}.", self.home())


class SignRenewalForm(fields.ReasonForm):
    """Why; and which term is renewed, so that sent twice it does not renew the next one too."""

    after = forms.IntegerField(required=False, widget=forms.HiddenInput)


class SignRenewal(OfContract):
    """Sign the transposed renewal ahead of the term's end, or within the grace after it."""

    name = "sign-renewal"
    title = "Sign the renewal"
    verb = "propose_renewal"
    button = "Sign the renewal"
    about = (
        "What was used becomes the next commitment, at the old unit price; it is restated at the end. "
        "Within the grace after the end the new term begins at once, where the old one ended."
    )
    form = SignRenewalForm

    def find(self, key: str) -> Contract:
        """A contract that has not ended, or is within the grace after its end."""
        found = super().find(key)
        return found if term_ends.reinstatable_until(found, self.at) else _alive(found)

    def initial(self) -> dict[str, Any]:
        """The term that runs, or ended last."""
        term = renewals.running_term(self.subject, self.at)
        return {"after": term and term.number}

    def facts(self, values: dict[str, Any]) -> Figures:
        """The next term as the usage so far proposes it."""
        return contract_figures.of_renewal(self.subject, self.at)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What becomes of it at the term's end."""
        return _at_the_end(agreements.find(self.subject.code), self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Sign it."""
        term_ends.sign_renewal(self.subject, by=by, at=at, after=values["after"])
        return Done(f"The renewal of {self.subject} is signed.", self.home())


class ProposeRenewal(OfContract):
    """State the renewal proposal from the usage so far."""

    name = "propose-renewal"
    title = "State the renewal proposal"
    verb = "propose_renewal"
    button = "State it now"
    about = "It is stated 90 days before the end by itself, and restated at the end."
    form = fields.ReasonForm

    def facts(self, values: dict[str, Any]) -> Figures:
        """The next term as the usage so far proposes it."""
        return contract_figures.of_renewal(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """State it."""
        made = renewals.propose(self.subject, at=at)
        if made is None:
            raise Refusal("nothing_used", "Nothing was used in this term, so nothing to propose.")
        said = f"Proposed: {made.credits:,} credits for {amount(made.price_minor, made.currency)}."
        return Done(said, self.home())


class LiftCapForm(fields.DeskForm):
    """How far, and why."""

    cap = fields.Credits(label="New cap in credits", help_text="of the whole running term")
    reason = fields.reason("who allowed it at the customer, and why")


class LiftCap(OfContract):
    """Allow more overage in the running term."""

    name = "lift-cap"
    title = "Lift the overage cap"
    verb = "decide_approval"
    button = "Lift the cap"
    about = "The customer's authoriser has to agree: overage is billed at the commitment's price."
    form = LiftCapForm

    def figures(self, values: dict[str, Any]) -> Figures:
        """Overage and its cap."""
        return contract_figures.of_overage(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Lift it."""
        unit = units.find(units.CREDITS)
        caps.lift(
            self.subject.holder, unit_id=unit.id, cap=values["cap"], by=by,
            reason=values["reason"], at=at,
        )  # fmt: skip
        return Done(f"The overage cap of {self.subject} is {values['cap']:,} credits.", self.home())


class RecordChoiceForm(fields.DeskForm):
    """What is rated as what, from when on, and who of the customer said so."""

    item = fields.choice("Action", ())
    to = fields.choice("Rated as", (), help="the same: back to its own rate")
    effective_at = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")
    chosen_by = fields.text("Chosen by", help="who of the customer")


class RecordChoice(Deed):
    """Record as which action another one is rated: the customer's choice (S55)."""

    name = "record-choice"
    title = "Record a choice of rates"
    verb = "sign_contract"
    button = "Record the choice"
    about = "No choice means that everything stays as it is; the newest choice counts."
    form = RecordChoiceForm
    live = True

    def find(self, key: str) -> Contract:
        """The contract."""
        return _alive(agreements.find(key))

    @property
    def heading(self) -> str:
        """Of which contract."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the actions that are on its rate card now or later."""
        made = super().make_form(data)
        items = [(item, item) for item in rate_choices.items(self.subject.holder, self.at)]
        for name in ("item", "to"):
            made.fields[name].choices = items  # type: ignore[attr-defined]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """The actions that end, and what may be chosen."""
        zone = self.subject.time_zone
        return [
            (
                f"{asked.item} ends on {calendar.last_day(asked.ends_at, zone)}",
                f"choose {' or '.join(asked.offered)}",
            )
            for asked in rate_choices.open_questions(self.subject.holder, self.at)
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Record it."""
        made = rate_choices.choose(
            self.subject.holder,
            item=values["item"],
            to=values["to"],
            effective_at=values["effective_at"] or at,
            by=f"{values['chosen_by']} (recorded by {by})"[:200],
            at=at,
        )
        said = f"{made.item} is rated as {made.chosen_item} from {made.effective_at:%Y-%m-%d %H:%M} UTC."
        return Done(said, self.home())


def leaving_figures(contract: Contract, at: datetime) -> Figures:
    """What whoever cancels leaves behind, and what it would still buy."""
    found = leaving.of(contract, at)
    bought = [
        (f"{left.credits:,} {left.unit} would still buy", f"{worth.times:,} x {worth.name}")
        for left in found.left
        for worth in left.buys[:5]
    ]
    return [("Credits", found.sentence), *bought]


def _alive(contract: Contract) -> Contract:
    if contract.status == Contract.Status.ENDED:
        raise Refusal("term_ended", f"{contract} has ended already.")
    return contract


def _at_the_end(contract: Contract, at: datetime) -> Figures:
    term = renewals.running_term(contract, at)
    renews = renewals.follows(contract, at)
    ends = calendar.last_day(term.ends_at, contract.time_zone) if term else None
    return (
        ("Last day of the term", f"{ends or '–'}"),
        ("At the end of the term", "it is renewed" if renews else "it ends"),
    )
