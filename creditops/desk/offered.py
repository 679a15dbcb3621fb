"""Answers what the desk offers for rows of the admin: who may do what with them, and where."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model

from accounts.models import ApiKey, Customer, Person
from contracts import term_ends
from contracts.models import Contract, PriceVersion, RateCard, RateCardVersion, RenewalProposal
from creditops.desk import addresses
from creditops.desk.deeds import contracts, customers, house, keys, money, pricing, usage
from creditops.desk.deeds.deed import Deed
from creditops.lib import clock
from creditops.lib.models import Approval, AuditEntry, PolicySetting
from creditops.lib.offers import Offer, offer, offer_on_list, opens
from creditops.lib.tables import Record
from invoicing.models import Invoice, TaxRate
from ledger.messages import uid
from ledger.models import AccountingPeriod, JournalEntry, UsageEvent, UsageException


def _deed(kind: type[Deed], icon: str, key: Any = None) -> Offer:
    """An act, as a button; `key` makes what its address names of a row, None: not for this row."""

    def address(row: Any) -> str | None:
        named = key(row) if key else None
        return None if key and named is None else addresses.of(kind.name, named)

    return Offer(kind.title, icon, kind.verb, address)


def _alive(contract: Contract) -> str | None:
    return None if contract.status == Contract.Status.ENDED else contract.code


def _renewable(contract: Contract) -> str | None:
    """Not ended, or within the grace after its end (L13)."""
    within = _alive(contract) or term_ends.reinstatable_until(contract, clock.now())
    return contract.code if within else None


def _applied(event: UsageEvent) -> str | None:
    drew = event.status == UsageEvent.Status.APPLIED and event.pool_id is not None
    return uid(event.customer_id, event.id) if drew else None


def _waiting(row: UsageException) -> int | None:
    return None if hasattr(row, "end") else row.pk


def _to_be_let_in(row: UsageException) -> int | None:
    return None if row.kind == UsageException.Kind.CONFLICT else _waiting(row)


def _open(approval: Approval) -> int | None:
    return approval.pk if approval.state == Approval.State.OPEN else None


def _audited(row: Model) -> str:
    return addresses.of_list(AuditEntry, table_name=row._meta.db_table, row_id=str(row.pk))


opens(Customer, addresses.of_customer)
offer(Customer, Offer("Whole story", "contact_page", "", addresses.of_customer))
offer_on_list(Customer, _deed(customers.NewCustomer, "add"))

offer(
    Contract,
    Offer("Customer", "contact_page", "", lambda c: addresses.of_customer(c.customer)),
    _deed(money.Bill, "request_quote", _alive),
    _deed(contracts.LiftCap, "vertical_align_top", _alive),
    _deed(contracts.ProposeRenewal, "autorenew", _alive),
    _deed(contracts.SignRenewal, "draw", _renewable),
    _deed(contracts.CancelContract, "event_busy", _alive),
    Offer("Settings", "tune", "", lambda c: f"{addresses.of('policies')}?scope=contract:{c.code}"),
)
offer(RenewalProposal, Offer("PDF", "picture_as_pdf", "", lambda p: addresses.of("proposal", p.pk)))

offer(
    Invoice,
    Offer("PDF", "picture_as_pdf", "", lambda i: addresses.of("invoice", i.number)),
    _deed(money.RecordPayment, "payments", lambda i: i.number),
)
offer_on_list(TaxRate, _deed(money.AddTaxRate, "add"))

offer(
    UsageEvent,
    _deed(usage.CorrectUsage, "edit", _applied),
    _deed(usage.VoidUsage, "block", _applied),
)
offer(
    UsageException,
    _deed(usage.LetIn, "login", _to_be_let_in),
    _deed(usage.WriteOff, "delete_sweep", _waiting),
)

offer_on_list(PriceVersion, _deed(pricing.PublishPrice, "add"))
offer_on_list(RateCard, _deed(pricing.NewRateCard, "add"))
offer(RateCard, _deed(pricing.PublishRates, "publish", lambda card: card.code))
offer(RateCardVersion, _deed(pricing.PublishRates, "publish", lambda version: version.card.code))

offer(Approval, _deed(house.DecideApproval, "gavel", _open))
offer_on_list(
    AccountingPeriod,
    _deed(house.PostUsage, "post_add"),
    _deed(house.CloseMonth, "lock"),
)
offer_on_list(JournalEntry, _deed(house.PostUsage, "post_add"))
offer_on_list(PolicySetting, Offer("All settings", "tune", "", lambda _: addresses.of("policies")))

offer_on_list(ApiKey, _deed(keys.MakeKey, "add"))
offer(ApiKey, _deed(keys.RevokeKey, "key_off", lambda k: None if k.revoked_at else k.name))

for _model in admin.site._registry:
    if issubclass(_model, Record) and _model is not Person:
        offer(_model, Offer("Audit", "history", "", _audited))
