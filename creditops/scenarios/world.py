"""Answers what the handles of a scenario stand for: customers, contracts, blocks, documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Customer
from contracts import activation, agreements
from contracts.models import Contract, ScheduledCharge
from creditops.lib.refusals import Refusal
from invoicing.models import Invoice, InvoiceLine
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


@dataclass
class World:
    """What a scenario has made so far. `names` are its handles, `sent` its messages by key."""

    names: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, list[Sent]] = field(default_factory=dict)

    def define(self, name: str, thing: Any) -> None:
        """Give a handle; a file uses each once."""
        if name in self.names:
            raise Refusal("handle_taken", f"The handle {name!r} is used twice.")
        self.names[name] = thing

    def customer(self, ref: str) -> Customer:
        """The customer that a handle names."""
        found: Customer = self._of(ref, Customer)
        return found

    def contract(self, ref: str) -> Contract:
        """The contract that a handle names, as it stands now."""
        return agreements.find(self._of(ref, Contract).code)

    def holder(self, ref: str, at: datetime) -> Holder:
        """The holder of an account: a contract's, or the customer's for credits without contract."""
        thing = self._known(ref)
        if isinstance(thing, Contract):
            return thing.holder
        if isinstance(thing, Customer):
            return holders.pay_as_you_go(thing, at)
        raise _unknown(ref, "an account")

    def block(self, ref: str) -> Block:
        """The block that a handle names: one given in the file, or `c1.t2`."""
        if ref in self.names:
            named: Block = self._of(ref, Block)
            return named
        if "@" in ref:
            return self._of_day(ref)
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
        if source is not None and source.startswith("contract:"):
            _, code, _, term, _ = source.split(":")
            return f"{code}.t{term}"
        if source is not None and "@" in source:
            return source.partition(":")[2]
        return source

    def document(self, ref: str) -> Invoice:
        """The invoice that a handle names: `c1.t2.invoice`, `c1.t1.overage1`, `p1.invoice`."""
        if ref in self.names:
            named: Invoice = self._of(ref, Invoice)
            return named
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
        if isinstance(thing, Contract):
            return {"holder_id": thing.holder_id, "customer_id": thing.customer_id}
        return {"customer_id": self.customer(ref).id}

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
