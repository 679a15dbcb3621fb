"""Who knocks: a browser of everyone, a program with every kind of key."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

from django.test import Client

from accounts import keys, people
from accounts.models import ApiKey, Membership
from accounts.roles import Role
from contracts import (
    action_values,
    commission_disputes,
    commission_plans,
    commission_statements,
    free_credits,
    packs,
    plans,
    rate_campaigns,
    rate_cards,
    rate_drafts,
    subscriptions,
)
from contracts.commission_figures import Share
from contracts.models import QuoteLink
from creditops.lib import setting_requests
from invoicing import (
    bank_lines,
    credit_notes,
    disputes,
    grace_charges,
    purchases,
    receipts,
    subscribing,
)
from ledger import backfills, caps, columns, holders, holds, limits, metering
from ledger.messages import Message
from tests import cast, offers, staff
from tests.cast import START
from tests.doors import addresses
from tests.staff import NOW, Book

STAFF = {role.value: role for role in Role}


def book() -> Book:
    """Acme's book, with what waits for somebody: an event that has no place, a wish, a hold, a key."""
    made = staff.book()
    lost = Message("test", "lost-1", "acme", "no-such-meter", time=NOW, quantity=Decimal(1))
    metering.accept([lost], at=NOW, origin="test")
    caps.ask_for_lift(limits.key_of(made.contract.holder, "acme"), at=NOW)
    cast.sign_books()
    setting_requests.ask(
        "books", {"draw_order": "EXPIRY_FIRST"}, effective_at=None, by="Sam", at=START
    )
    work = Message("test", "work", "acme", "credits", contract="C-1", quantity=Decimal(40))
    holds.place(work, code="h-1", lasts=timedelta(hours=1), by="key:product", at=NOW)
    free_credits.give_daily(
        made.contract.holder, credits=5, source="daily", by="Sam", reason="trial", at=NOW
    )
    bought = purchases.buy(
        purchases.Order(
            holder=holders.pay_as_you_go(made.acme, START), credits=None, price_minor=500,
            currency="USD", pay="card", source="spare",
        ),
        by="Ada", at=NOW,
    )  # fmt: skip
    credit_notes.credit(bought.invoice, credits=10, by="Fiona", reason="not needed", at=NOW)
    bank_lines.take(
        b"date,amount,reference\n2026-06-01,5.00,thanks", currency="USD", by="Fiona", at=NOW
    )
    disputes.open_(made.invoice, reason="not ours", by="Fiona", at=NOW)
    spare = receipts.Arrival(made.acme, 700, "USD", "transfer", "spare-wire")
    receipts.record(spare, shares=[], by="Fiona", at=NOW)
    spring = backfills.open_for("spring", by="Fiona", at=NOW)
    old = Message("test", "old", "acme", "credits", time=START, quantity=Decimal(1))
    backfills.stage(spring, columns.of([old]))
    plan = commission_plans.publish(
        "standard", commission_plans.Wanted(Decimal(10)), by="Sam", at=START
    )
    rep = "sales-rep@vendor.example"
    commission_plans.agree(made.contract, plan, split=[Share(rep, Decimal(100))], by="Sam", at=NOW)
    commission_statements.freeze(rep, 2026, by="Fiona", at=NOW)
    commission_disputes.raise_one(rep, 2026, text="too little", by=rep, at=NOW)
    rate_drafts.start(rate_cards.find("standard"), version="2", by="Ines", at=NOW)
    _ask(made)
    action_values.describe(name="email", cost="0.0025")
    keys.create(name="product", scopes=["usage:write"], by="Ines", at=START)
    packs.publish(
        code="small", name="Small", credits=500, price_minor=450, currency="USD",
        effective_from=START, by="Sam", at=START,
    )  # fmt: skip
    sent = offers.offered(made.acme, when=NOW, starts_on=NOW.date(), open_until=NOW.date())
    digest = hashlib.sha256(addresses.LINK.encode()).hexdigest()
    QuoteLink.objects.create(version=sent, digest=digest, made_at=NOW, made_by="Sam")
    _subscribe(made)
    return made


def _subscribe(made: Book) -> None:
    """A subscription of Acme's with an upgrade that waits to be paid."""
    starter, growth = (
        plans.publish(
            code=code, credits=credits, price_minor=credits, currency="USD", by="Sam", at=START
        )
        for code, credits in (("starter", 5_000), ("growth", 10_000))
    )
    found = subscribing.subscribe(
        made.acme, starter.plan, subscriptions.Agreed(code="S-1"), by="Ada", at=NOW
    )
    term = subscriptions.running_term(found, NOW)
    assert term is not None
    grace_charges.leave_upgrade(found, term, growth, at=NOW)


def _ask(book: Book) -> None:
    """Acme is asked whether its translations are to be rated as better ones."""
    items = [
        rate_cards.Item("translation", 3, kind="pack", per=1_000),
        rate_cards.Item("translation_plus", 5, kind="pack", per=1_000, match={"model": "plus"},
                        meter="translation"),
    ]  # fmt: skip
    card = rate_cards.find("standard")
    rate_cards.publish(
        card="standard", version="1.1", items=items, effective_from=NOW, by="Ines", at=NOW
    )
    rate_campaigns.offer(
        card,
        item="translation",
        successor="translation_plus",
        answer_by=cast.END,
        by="Ines",
        at=NOW,
    )


def browsers(book: Book) -> dict[str, Client]:
    """By name: nobody, the staff by role, the superuser, people of Acme by role, one of another."""
    found = {"nobody": Client()}
    for name, role in STAFF.items():
        found[name] = staff.as_(staff.person(role))
    found["superuser"] = staff.as_(staff.person(None))
    for membership in Membership.Role:
        person = people.add_member(
            email=f"{membership}@acme.example",
            name=membership.title(),
            customer=book.acme,
            role=membership,
            at=START,
        )
        found[f"its {membership}"] = staff.as_(person)
    found["another's admin"] = staff.as_(staff.otto(cast.customer("other")))
    return found


def programs(book: Book) -> dict[str, Client]:
    """By name: no key, a key of every scope, Acme's own with all but admin, another customer's."""
    others = cast.customer("other")
    every = [scope for scope in ApiKey.Scope if scope != ApiKey.Scope.ADMIN]
    found = {"no key": Client()}
    for scope in ApiKey.Scope:
        found[scope] = _with_key(scope, [scope])
    found["its own"] = _with_key("its own", every, book.acme)
    found["another's"] = _with_key("another's", every, others)
    return found


def _with_key(name, scopes, customer=None) -> Client:
    _, secret = keys.create(name=name, scopes=scopes, by="Ines", at=START, customer=customer)
    return Client(headers={"Authorization": f"Bearer {secret}"})
