"""Pass-through at zero markup: what providers charge is drawn exactly, and posted (S15, R4, R5, V14)."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import money
from creditops.lib.refusals import Refusal
from ledger import balances, corrections, explain, posting
from ledger.models import JournalLine, ProviderCost, Tariff
from tests import cast

pytestmark = pytest.mark.django_db

NOON = cast.at("2026-04-01 12:00")


def sells(*items, role="principal"):
    """Acme's open pool of 1,000 data credits for $50.00, 100 free actions, and a rate card."""
    advanced = Item(
        "advanced", kind="pass_through", credit_value="0.05", unit="DATA", role=role, actions=1
    )
    rate_cards.publish(
        card="std", version="v1", items=[advanced, *items], effective_from=cast.START, by="Sam",
        at=cast.START,
    )  # fmt: skip
    pool = cast.open_pool(cast.customer(), "DATA")
    cast.grant(pool, 1_000, source="data", cost=5_000)
    cast.grant(cast.open_pool(pool.customer, "ACTION"), 100, source="actions", kind="promo")
    agreements.follow_rates(pool.holder, rate_cards.find("std"), at=cast.START)
    return pool


def call(key, cost="0.12", when=NOON, meter="advanced", **fields):
    message = cast.usage(key, 1, meter=meter, data={"provider_cost": Decimal(cost)}, **fields)
    return cast.report(message, when=when).outcomes[0]


def test_whole_credits_are_drawn_of_the_exact_sum_and_an_action_beside_each():
    pool = sells()

    drawn = [call(f"u{number}").credits for number in range(5)]

    assert drawn == [2, 2, 3, 2, 3]
    left = {
        b.unit: b.available
        for b in balances.of_pools(balances.pools_of(pool.holder), as_of=NOON, known_at=NOON)
    }
    assert left == {"DATA": 988, "ACTION": 95}


def test_the_card_may_say_which_property_tells_what_the_provider_charged():
    sells(Item("gateway", kind="pass_through", credit_value="0.05", unit="DATA", property="cost"))

    def told(key, **data):
        message = cast.usage(key, 1, meter="gateway", data=data)
        return cast.report(message, when=NOON).outcomes[0]

    assert [told(f"u{n}", cost=Decimal("0.12")).credits for n in range(3)] == [2, 2, 3]
    assert told("u3", provider_cost=Decimal("0.12")).code == "no_quantity"
    assert sum(ProviderCost.objects.values_list("cost", flat=True)) == Decimal("0.36")


def test_a_principal_posts_revenue_and_cost_an_agent_neither():
    sells()
    call("u1")
    call("u2")

    assert cast.journal(NOON) == [
        "2026-04-01 JE-05 debit 2100 0.20, credit 4000 0.20",
        "2026-04-01 JE-20 debit 5000 0.24, credit 2010 0.24",
    ]
    assert cast.journal(NOON) == cast.journal(NOON)


def test_an_agent_passes_the_value_on():
    sells(role="agent")
    call("u1")

    assert cast.journal(NOON) == ["2026-04-01 JE-05 debit 2100 0.10, credit 2010 0.10"]
    assert not ProviderCost.objects.exists()


def test_an_agent_earns_nothing_by_overage_either():
    """V14: what is used beyond the balance is the provider's too."""
    acme = cast.customer()
    holder, _, _ = cast.contract_pool(acme, commitment=10, price_minor=100)
    card = [Item("voice", kind="pass_through", credit_value="0.05", role="agent")]
    rate_cards.publish(
        card="std", version="v1", items=card, effective_from=cast.START, by="Sam", at=cast.START
    )
    agreements.follow_rates(holder, rate_cards.find("std"), at=cast.START)
    call("u1", "0.60", meter="voice", contract="c1")

    assert cast.journal(NOON) == [
        "2026-04-01 JE-05 debit 2100 1.00, credit 2010 1.00",
        "2026-04-01 JE-15 debit 1150 0.20, credit 2010 0.20",
    ]


def test_of_two_units_of_one_event_each_goes_where_its_own_item_says():
    """V14 is decided per item: data for a provider, and our own work beside it."""
    pool = sells(Item("our work", 1, meter="advanced", unit="WORK"), role="agent")
    cast.grant(cast.open_pool(pool.customer, "WORK"), 1, source="work", cost=10)
    call("u1")

    assert cast.journal(NOON) == [
        "2026-04-01 JE-05 debit 2100 0.10, credit 2010 0.10",
        "2026-04-01 JE-05 debit 2100 0.10, credit 4000 0.10",
    ]


def test_what_drew_nothing_is_corrected_as_what_it_is_whatever_came_next_on_the_line():
    pool = sells(role="agent")
    nothing = cast.usage("u1", 0, meter="credits:DATA")
    uid = cast.report(nothing, when=NOON).outcomes[0].uid
    call("u2")

    assert explain.posted_as(explain.find(uid)) is None
    corrections.correct(explain.find(uid), credits=4, by="Fiona", reason="typo", at=NOON)

    assert cast.left_of(pool.holder, NOON) == 1_093
    assert cast.journal(NOON) == [
        "2026-04-01 JE-05 debit 2100 0.10, credit 2010 0.10",
        "2026-04-01 JE-05 debit 2100 0.20, credit 4000 0.20",
    ]


def test_cents_of_provider_cost_are_rounded_over_all_days_together():
    """M4: three times 0.004 is one cent, whenever it is posted."""
    sells()
    posted = []
    for day in (1, 2, 3):
        when = cast.at(f"2026-04-0{day} 12:00")
        call(f"u{day}", "0.004", when=when)
        posted = [line for line in cast.journal(when) if "JE-20" in line]

    assert posted == ["2026-04-02 JE-20 debit 5000 0.01, credit 2010 0.01"]


def test_the_running_sum_is_told_with_the_event():
    sells()
    call("u1")

    told = explain.running_sum(explain.find(call("u2").uid))

    assert (told.credits, told.carried, told.provider_cost) == (
        Decimal("4.8"),
        Decimal("0.8"),
        Decimal("0.24"),
    )


def test_without_the_providers_cost_nothing_can_be_priced():
    sells()

    outcome = cast.report(cast.usage("u1", 1, meter="advanced"), when=NOON).outcomes[0]

    assert (outcome.status, outcome.code) == ("exception", "no_quantity")


def test_an_event_that_one_unit_cannot_pay_draws_none_of_the_other():
    """L5: whole or not at all."""
    pool = sells(Item("many", 1, unit="DATA", actions=1))
    message = cast.usage("u1", 101, meter="many")

    outcome = cast.report(message, when=NOON).outcomes[0]

    assert (outcome.status, outcome.code) == ("refused", "insufficient_credits")
    assert cast.left_of(pool.holder, NOON) == 1_100


def test_of_two_prices_the_one_for_the_providers_model_counts():
    """S3, S12: 2 credits by most providers, 25 by one."""
    sells(
        Item("lookup", 2, meter="advanced", unit="OTHER"),
        Item("lookup p2", 25, meter="advanced", unit="OTHER", match={"provider_cost": "7"}),
    )
    tariff = Tariff.objects.get()

    def priced(cost):
        rates = explain.tariffs.compiled(tariff.id).rates(
            tariff.rates.first().meter_id, {"provider_cost": cost}
        )
        return [rate.credits for rate in rates if rate.item.startswith("lookup")]

    assert (priced("1"), priced("7")) == ([2], [25])


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (Item("a", 5, credit_value="0.05"), "rate_value_unfit"),
        (Item("a", kind="pass_through"), "rate_value_unfit"),
        (Item("a", kind="pass_through", credit_value="0"), "rate_value_unfit"),
        (Item("a", kind="pass_through", credit_value="cheap"), "decimal_unreadable"),
        (Item("a", 5, actions=-1), "rate_not_integer"),
        (Item("a"), "rate_not_integer"),
    ],
)
def test_a_card_that_makes_no_sense_is_not_published(item, code):
    with pytest.raises(Refusal) as refused:
        rate_cards.publish(
            card="std", version="v1", items=[item], effective_from=cast.START, by="Sam",
            at=cast.START,
        )  # fmt: skip

    assert refused.value.code == code
    assert not Tariff.objects.exists()


COSTS = some.decimals("0", "3", places=7)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    batches=some.lists(
        some.tuples(some.lists(COSTS, min_size=1, max_size=5), some.integers(0, 3), some.booleans()),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_what_is_posted_is_the_exact_cost_rounded_once_however_it_was_cut(batches, db):
    """S15, V14: over batches and days, posted at once or late, nothing is lost and nothing made up; the
    credits drawn are the whole ones of the same exact sum, to the credit."""
    with transaction.atomic():
        pool = sells()
        spent, number, day, drawn = Decimal(0), 0, NOON, 0
        for costs, days, posted in batches:
            day += timedelta(days=days)
            messages = []
            for cost in costs:
                number += 1
                data = {"provider_cost": cost}
                messages.append(cast.usage(f"u{number}", 1, meter="advanced", data=data))
            outcomes = cast.report(*messages, when=day).outcomes
            taken = [cost for cost, o in zip(costs, outcomes, strict=True) if o.status == "applied"]
            spent += sum(taken, Decimal(0))
            drawn += sum(
                outcome.credits or 0 for outcome in outcomes if outcome.status == "applied"
            )
            if posted:
                posting.run(day)
        posting.run(day)

        owed = money.round_half_up(Fraction(spent) * 100)
        assert (posted_minor("JE-20"), drawn) == (owed, Fraction(spent) // Fraction("0.05"))
        assert posted_minor("JE-05") == 5 * drawn  # a data credit cost 5 cents: no markup, no loss
        assert pool.pk
        transaction.set_rollback(True)


def posted_minor(recipe: str) -> int:
    """What entries of a recipe debited in all, in cents."""
    lines = JournalLine.objects.filter(entry__recipe=recipe)
    return lines.aggregate(sum=Sum("debit_minor"))["sum"] or 0
