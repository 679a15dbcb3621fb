"""A corrected event leaves exact sums and provider costs as if it had never cost more (R4, L20, V14)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from ledger import balances, corrections, explain, holders, provider_costs
from tests import cast

pytestmark = pytest.mark.django_db

NOON = cast.at("2026-04-01 12:00")
LATER = cast.at("2026-04-02 12:00")


@pytest.fixture
def pool():
    """Acme's 1,000 data credits, 100 actions, and a card of calls at cost, and of packs."""
    calls = Item("calls", kind="pass_through", credit_value="0.05", unit="DATA", actions=1)
    packs = Item("requests", 1, kind="pack", per=1_000, unit="DATA")
    rate_cards.publish(
        card="std", version="v1", items=[calls, packs], effective_from=cast.START, by="Sam",
        at=cast.START,
    )  # fmt: skip
    made = cast.open_pool(cast.customer(), "DATA")
    cast.grant(made, 1_000, source="data", kind="promo")
    cast.grant(cast.open_pool(made.customer, "ACTION"), 100, source="actions", kind="promo")
    agreements.follow_rates(made.holder, rate_cards.find("std"), at=cast.START)
    return made


def call(key, cost="0.12", when=NOON):
    message = cast.usage(key, 1, meter="calls", data={"provider_cost": Decimal(cost)})
    return cast.report(message, when=when).outcomes[0]


def ask(key, quantity, when=NOON):
    return cast.report(cast.usage(key, quantity, meter="requests"), when=when).outcomes[0]


def void(outcome, when=LATER):
    corrections.void(explain.find(outcome.uid), by="Ada", reason="sent in error", at=when)


def left(pool):
    found = balances.of_pools(balances.pools_of(pool.holder), as_of=LATER, known_at=LATER)
    return {balance.unit: balance.available for balance in found}


def test_a_void_takes_back_what_was_drawn_in_every_unit(pool):
    made = call("u1")
    assert left(pool) == {"DATA": 998, "ACTION": 99}

    void(made)

    assert left(pool) == {"DATA": 1_000, "ACTION": 100}
    assert explain.draws(explain.find(made.uid)) == []
    assert cast.breaches(LATER) == []


def test_later_events_draw_as_if_the_void_one_had_never_been(pool):
    """2.4 credits a call: 2, 2, 3, and without the second one 2, (3), 2."""
    first, second, third = (call(f"u{number}") for number in range(3))
    assert [first.credits, second.credits, third.credits] == [2, 2, 3]

    void(second)

    assert [call("u4", when=LATER).credits, call("u5", when=LATER).credits] == [2, 2]
    newest = explain.running_sum(explain.find(call("u6", when=LATER).uid))
    assert newest is not None
    assert (newest.credits, newest.provider_cost) == (Fraction(12), Fraction(3, 5))
    assert 1_000 - left(pool)["DATA"] == 12


def test_a_void_pack_takes_its_part_of_a_credit_along(pool):
    assert ask("p1", 600).credits == 0
    second = ask("p2", 600)
    assert second.credits == 1

    void(second)

    assert ask("p3", 300, when=LATER).credits == 0
    assert ask("p4", 100, when=LATER).credits == 1


def test_what_a_provider_is_owed_is_taken_back_with_the_event(pool):
    made = call("u1")
    assert "2026-04-01 JE-20 debit 5000 0.12, credit 2010 0.12" in cast.journal(NOON)

    void(made)

    assert cast.journal(LATER)[-1] == "2026-04-02 JE-20 debit 2010 0.12, credit 5000 0.12"


def test_corrected_to_some_credits_it_costs_just_these(pool):
    made = call("u1")

    corrections.correct(explain.find(made.uid), credits=4, by="Ada", reason="", at=LATER)

    assert cast.journal(LATER)[-1] == "2026-04-02 JE-20 debit 5000 0.08, credit 2010 0.08"
    assert [call("u2", when=LATER).credits, call("u3", when=LATER).credits] == [2, 2]


def test_overage_of_two_units_is_given_back_by_one_void():
    """Both were drawn on the line, where overage names no block."""
    item = Item("lookup", 2, actions=1)
    rate_cards.publish(
        card="std", version="v1", items=[item], effective_from=cast.START, by="Sam", at=cast.START
    )
    holder, credits, term = cast.contract_pool(cast.customer(), commitment=10, price_minor=0)
    actions = holders.pool(holder, cast.unit("ACTION"), cast.START)
    holders.commit(
        term, actions, commitment=5, price_minor=0, currency="USD", price_functional_minor=0,
        at=cast.START,
    )  # fmt: skip
    cast.grant(actions, 5, source="actions", end=cast.END, term=term)
    agreements.follow_rates(holder, rate_cards.find("std"), at=cast.START)
    made = cast.report(cast.usage("u1", 6, meter="lookup"), when=NOON).outcomes[0]
    assert [balances.overage_of(pool, term) for pool in (credits, actions)] == [2, 1]

    void(made)

    assert [balances.overage_of(pool, term) for pool in (credits, actions)] == [0, 0]
    assert cast.breaches(LATER) == []


def test_a_share_of_a_cost_without_an_end_is_told_to_the_24th_decimal():
    told = provider_costs._decimal(Fraction(1, 19))

    assert told == Decimal("0.052631578947368421052632")
    assert provider_costs._decimal(Fraction(1, 8)) == Decimal("0.125")
