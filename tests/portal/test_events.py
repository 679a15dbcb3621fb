"""One event: its rate, who paid for it, what was corrected."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import Membership, Person
from contracts import free_credits
from creditops.lib.refusals import NotFound
from creditops.portal import events
from creditops.portal.amounts import Amount
from creditops.portal.events import Corrected, Paid
from creditops.portal.visitor import Visitor
from ledger import corrections, explain
from ledger.messages import Message
from ledger.models import Block
from tests import cast
from tests.cast import at
from tests.portal.conftest import NOW, Acme, visitor


def test_an_event_is_explained_by_its_rate(acme: Acme):
    message = Message(
        "test", "t-1", "acme", "document_translation", time=at("2026-02-20"),
        quantity=Decimal(2_500),
    )  # fmt: skip
    uid = cast.report(message, when=at("2026-02-20")).outcomes[0].uid

    found = events.find(visitor(acme.customer), uid)

    (priced,) = found.priced
    assert (priced.quantity, priced.action.costs, priced.action.per, priced.credits) == (
        "2,500", "3 credits", "1,000 words translated", "7.5",
    )  # fmt: skip
    assert (found.tariff, found.credits, found.has_fractions) == ("standard 1", 7, True)


def test_every_block_that_paid_is_named_with_what_it_was_worth(acme: Acme):
    free_credits.give(
        acme.contract.holder, kind=Block.Kind.PROMO, credits=30, source="pilot", by="Sam",
        reason="pilot", at=at("2026-02-01"),
    )  # fmt: skip
    uid = cast.send("e-1", 10_130, when=at("2026-02-02")).uid

    found = events.find(visitor(acme.customer), uid)

    assert found.paid == [
        Paid("Promotional", 30, Amount(0, "USD")),
        Paid("Commitment of term 1", 10_000, Amount(10_000, "USD")),
        Paid("Overage", 100, Amount(100, "USD")),
    ]


def test_values_are_for_those_who_see_them(acme: Acme):
    uid = cast.send("e-1", 10, when=at("2026-02-02")).uid

    found = events.find(visitor(acme.customer, Membership.Role.AUTHORISER), uid)

    assert found.paid == [Paid("Commitment of term 1", 10, None)]


def test_a_correction_is_told_with_its_reason(acme: Acme):
    uid = cast.send("e-1", 10, when=at("2026-02-02")).uid
    corrections.correct(explain.find(uid), credits=4, by="Fiona", reason="half failed", at=NOW)

    found = events.find(visitor(acme.customer), uid)

    assert (found.credits, found.row.credits) == (4, 10)
    assert found.corrections == [Corrected(NOW, 4, False, "half failed")]
    assert found.paid == [Paid("Commitment of term 1", 4, Amount(4, "USD"))]


def test_an_event_that_was_refused_says_why(acme: Acme):
    uid = cast.send("e-1", 12_001, when=at("2026-02-02")).uid

    found = events.find(visitor(acme.customer), uid)

    assert found.refused == "The overage that the contract allows was used up."
    assert found.paid == []


def test_otto_finds_no_event_of_acme(acme: Acme, otto: Person):
    uid = cast.send("e-1", 10, when=at("2026-02-02")).uid
    other = otto.memberships.get().customer

    with pytest.raises(NotFound):
        events.find(Visitor(otto, other, Membership.Role.ADMIN, [other]), uid)
