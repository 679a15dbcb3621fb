"""The first screen, put together."""

from __future__ import annotations

from datetime import date

from accounts.models import Membership
from contracts import agreements
from creditops.portal import overview
from creditops.portal.overview import Someone
from tests import cast
from tests.portal.conftest import NOW, Acme, member, visitor


def test_it_names_who_is_told_and_who_decides(acme: Acme):
    member(acme.customer, "cleo", Membership.Role.FINANCE, told_at=80)

    found = overview.of(visitor(acme.customer, Membership.Role.VIEWER), NOW)

    assert found.people == [
        Someone("Cleo", "CFO, sees everything", 80),
        Someone("Someone-Viewer", "sees usage", None),
    ]


def test_those_who_see_no_money_get_none(acme: Acme):
    found = overview.of(visitor(acme.customer, Membership.Role.VIEWER), NOW)

    assert (found.owed, found.next_charge, found.invoices) == (None, None, [])


def test_a_contract_to_come_is_announced(db: None):
    buyer = cast.customer()
    terms = agreements.Terms(
        code="next", starts_on=date(2026, 6, 1), credits=500, price_minor=500, currency="USD",
        time_zone="UTC",
    )  # fmt: skip
    contract = agreements.sign(buyer, terms, by="Sam", at=NOW)

    found = overview.of(visitor(buyer), NOW)

    assert (found.cards, found.coming) == ([], [contract])


def test_the_last_events_stand_newest_first(acme: Acme):
    for number in range(7):
        cast.send(f"e-{number}", 1, when=NOW)

    found = overview.of(visitor(acme.customer), NOW)

    assert [listed.event.key for listed in found.events] == ["e-6", "e-5", "e-4", "e-3", "e-2"]
