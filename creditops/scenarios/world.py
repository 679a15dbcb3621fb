"""Answers what the handles of a scenario stand for: customers, contracts, blocks, documents."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Customer
from contracts import activation, agreements, plans, subscriptions
from contracts.models import (
    CommissionPlanVersion,
    Contract,
    Plan,
    PlanCharge,
    ScheduledCharge,
    Subscription,
)
from creditops.lib.refusals import Refusal
from invoicing import options, plan_charges
from invoicing.models import CreditNote, Invoice, InvoiceLine, PurchaseOption
from ledger import holders
from ledger.messages import Outcome
from ledger.models import Block, Holder

# Who acts: one proposes, another approves, so that what needs a second person has one.
PROPOSER, APPROVER = "scenario", "approver of the scenario"


@dataclass
class Sent:
    """A usage message as it was sent, and what became of it."""

    account: str
    holder_id: int
    outcome: Outcome
    at: datetime
    time: datetime


@dataclass(frozen=True)
class BonusOf:
    """The bonus credits of a contract's first term, whose block may be granted only later."""

    contract: str


@dataclass
class World:
    """What a scenario has made so far. `names` are its handles, `sent` its messages by key.

    Steps may run side by side, each in a thread; each undoes only what it did itself.
    """

    names: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, list[Sent]] = field(default_factory=dict)
    _step: threading.local = field(default_factory=threading.local)

    def begin_step(self) -> None:
        """From here on this thread's handles and messages are those of one step."""
        self._step.names, self._step.keys = [], []

    def undo_step(self) -> None:
        """Forget what the step of this thread has defined and sent: it left nothing."""
        for name in self._step.names:
            self.names.pop(name, None)
        for key in self._step.keys:
            self.sent[key].pop()

    def define(self, name: str, thing: Any) -> None:
        """Give a handle; a file uses each once."""
        if name in self.names:
            raise Refusal("handle_taken", f"The handle {name!r} is used twice.")
        self.names[name] = thing
        self._step.names.append(name)

    def remember(self, key: str, message: Sent) -> None:
        """Keep what became of a message."""
        self.sent.setdefault(key, []).append(message)
        self._step.keys.append(key)

    def message(self, key: str, number: int) -> Sent:
        """The n-th message that was sent with a key, from 1; one that never left is unknown."""
        sent = self.sent.get(key, [])
        if not 1 <= number <= len(sent):
            raise _unknown(key, "a message that was sent")
        return sent[number - 1]

    def customer(self, ref: str) -> Customer:
        """The customer that a handle names."""
        found: Customer = self._of(ref, Customer)
        return found

    def contract(self, ref: str) -> Contract:
        """The contract that a handle names, as it stands now."""
        return agreements.find(self._of(ref, Contract).code)

    def commission_plan(self, ref: str) -> CommissionPlanVersion:
        """The version of a commission plan that a handle names."""
        found: CommissionPlanVersion = self._of(ref, CommissionPlanVersion)
        return found

    def option(self, ref: str) -> PurchaseOption:
        """The right that a handle names, as it stands now."""
        return options.find(self._of(ref, PurchaseOption).code)

    def plan(self, ref: str) -> Plan:
        """The plan that a handle names, as it stands now."""
        return plans.find(self._of(ref, Plan).code)

    def subscription(self, ref: str) -> Subscription:
        """The subscription that a handle names, as it stands now."""
        return subscriptions.find(self._of(ref, Subscription).code)

    def plan_charge(self, ref: str) -> PlanCharge | None:
        """What a subscription owes by the invoice that a handle names, `s1.p2.invoice`; None where it
        names no such invoice."""
        owner, _, what = ref.rpartition(".")
        code, _, rest = owner.partition(".p")
        named = ref not in self.names and isinstance(self.names.get(code), Subscription)
        if what != "invoice" or not named:
            return None
        period, _, part = rest.partition(".")
        return _plan_charge(self.subscription(code), int(period), part)

    def holder(self, ref: str, at: datetime) -> Holder:
        """The holder of an account: a contract's, or the customer's for credits without contract."""
        thing = self._known(ref)
        if isinstance(thing, Contract | Subscription):
            return thing.holder
        if isinstance(thing, Customer):
            return holders.pay_as_you_go(thing, at)
        raise _unknown(ref, "an account")

    def block(self, ref: str) -> Block:
        """The block that a handle names: one given in the file, `c1.t2`, `s1.p1` or `s1.p1.upgrade1`."""
        if isinstance(self.names.get(ref), BonusOf):
            return self._bonus(ref, self.names[ref])
        if ref in self.names:
            named: Block = self._of(ref, Block)
            return named
        if "@" in ref:
            return self._of_day(ref)
        charge = self.plan_charge(f"{ref}.invoice")
        if charge is not None:
            return self._sold_by(charge, ref)
        contract_ref, _, term = ref.partition(".t")
        contract = self.contract(contract_ref)
        of_term = contract.holder.terms.filter(
            customer_id=contract.customer_id, number=int(term)
        ).first()
        if of_term is not None:
            source = activation.block_source(contract, of_term)
            found: Block | None = Block.objects.filter(
                customer_id=contract.customer_id, source=source
            ).first()
            if found is not None:
                return found
        raise _unknown(ref, "a block")

    def block_name(self, source: str | None) -> str | None:
        """The handle of the block with this source."""
        for name, thing in self.names.items():
            if isinstance(thing, Block) and thing.source == source and "@" not in source:
                return name
        if source is not None and source.startswith("subscription:"):
            _, code, _, period, *upgrade = source.split(":")
            return f"{code}.p{period}" + (f".upgrade{upgrade[1]}" if upgrade else "")
        if source is not None and source.startswith("contract:"):
            _, code, _, term, what = source.split(":")
            bonus = (name for name, thing in self.names.items() if thing == BonusOf(code))
            return next(bonus, None) if what == "bonus" else f"{code}.t{term}"
        if source is not None and "@" in source:
            return source.partition(":")[2]
        return source

    def document(self, ref: str) -> Invoice | CreditNote:
        """The invoice or credit note that a handle names."""
        if isinstance(self.names.get(ref), CreditNote):
            return self.note(ref)
        return self.invoice(ref)

    def note(self, ref: str) -> CreditNote:
        """The credit note that a handle names."""
        found: CreditNote = self._of(ref, CreditNote)
        return found

    def invoice(self, ref: str) -> Invoice:
        """The invoice that a handle names: `c1.t2.invoice`, `c1.t1.overage1`, `p1.invoice`,
        `s1.p1.grace.invoice`, and `c1.tax@2026-03-01`: the tax on what was used in a month."""
        if ref in self.names:
            named: Invoice = self._of(ref, Invoice)
            return named
        if "@" in ref:
            return self._taxed(ref)
        charge = self.plan_charge(ref)
        if charge is not None:
            issued = plan_charges.invoice_of(charge)
            if issued is None:
                raise _unknown(ref, "a document that was issued")
            return issued
        owner, _, what = ref.rpartition(".")
        contract_ref, _, term = (owner or ref).partition(".t")
        contract = self.contract(contract_ref)
        if what == "invoice":
            found = _billing(contract, int(term), ScheduledCharge.Kind.COMMITMENT).first()
        else:
            found = _separate_overage(contract, int(term), int(what.removeprefix("overage")))
        if found is None:
            raise _unknown(ref, "a document")
        return found

    def account_of(self, ref: str) -> dict[str, Any]:
        """A filter of journal entries and invoices for an account."""
        thing = self._known(ref)
        if isinstance(thing, Contract | Subscription):
            return {"holder_id": thing.holder_id, "customer_id": thing.customer_id}
        return {"customer_id": self.customer(ref).id}

    def _bonus(self, ref: str, bonus: BonusOf) -> Block:
        """The bonus block of a contract, once its first term has begun."""
        contract = agreements.find(bonus.contract)
        first = contract.holder.terms.get(customer_id=contract.customer_id, number=1)
        found: Block | None = Block.objects.filter(
            customer_id=contract.customer_id,
            source=activation.block_source(contract, first, "bonus"),
        ).first()
        if found is None:
            raise _unknown(ref, "a block")
        return found

    def _sold_by(self, charge: PlanCharge, ref: str) -> Block:
        found: Block | None = Block.objects.filter(
            customer_id=charge.subscription.customer_id, source=charge.source
        ).first()
        if found is None:
            raise _unknown(ref, "a block")
        return found

    def _of_day(self, ref: str) -> Block:
        """The block of one local day of a daily grant: `d@2026-04-01`."""
        grant, _, day = ref.partition("@")
        first = self._of(grant, Block)
        source = f"{first.source.partition('@')[0]}@{day}"
        found: Block | None = Block.objects.filter(
            customer_id=first.customer_id, source=source
        ).first()
        if found is None:
            raise _unknown(ref, "a block")
        return found

    def _taxed(self, ref: str) -> Invoice:
        """The tax document of an account and a month, by the month's first day."""
        account, _, day = ref.partition(".tax@")
        mine = Q(
            **{f"taxed_month__{key}": value for key, value in self.account_of(account).items()}
        )
        found: Invoice | None = Invoice.objects.filter(mine, taxed_month__month=day).first()
        if found is None:
            raise _unknown(ref, "a document")
        return found

    def thing(self, ref: str) -> Any:
        """Whatever the handle names."""
        return self._known(ref)

    def _known(self, ref: str) -> Any:
        if ref not in self.names:
            raise _unknown(ref, "anything")
        return self.names[ref]

    def _of(self, ref: str, kind: type[Any]) -> Any:
        thing = self._known(ref)
        if not isinstance(thing, kind):
            raise _unknown(ref, f"a {kind.__name__.lower()}")
        return thing


def _plan_charge(subscription: Subscription, period: int, part: str) -> PlanCharge | None:
    """The charge of a period, of its n-th upgrade (`upgrade1`), or the last one of its `grace` use."""
    charges = subscription.charges.filter(term__number=period).select_related("subscription")
    if part == "grace":
        return charges.filter(kind=PlanCharge.Kind.GRACE).order_by("id").last()
    number = int(part.removeprefix("upgrade")) if part else 0
    return charges.filter(source=subscriptions.block_source(subscription, period, number)).first()


def _billing(contract: Contract, term: int, kind: str) -> QuerySet[Invoice]:
    """The invoices that bill a kind of charge of a term, in order of issue."""
    lines = InvoiceLine.objects.filter(
        charge__contract=contract, charge__term__number=term, charge__kind=kind
    )
    return Invoice.objects.filter(pk__in=lines.values("invoice")).order_by("id")


def _separate_overage(contract: Contract, term: int, number: int) -> Invoice | None:
    """The n-th invoice of a term that bills overage without a commitment beside it."""
    separate = _billing(contract, term, ScheduledCharge.Kind.OVERAGE).exclude(
        lines__kind=InvoiceLine.Kind.COMMITMENT
    )
    return separate[number - 1] if number <= len(separate) else None


def _unknown(ref: str, what: str) -> Refusal:
    return Refusal("handle_unknown", f"{ref!r} does not name {what} here.")
