"""A draft on past usage: credits, money, run-out and renewal, before and after; nothing is written (S17)."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext

from contracts import prices, rate_cards, studies
from contracts.rate_cards import Item
from contracts.studies import Moves, Scenario
from creditops.lib import sql
from ledger import corrections, rate_choices, units
from ledger.messages import Message
from ledger.models import UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

START, JUNE = cast.at("2026-01-01"), cast.at("2026-06-01")
FIRST, LAST = cast.at("2026-04-01"), cast.at("2026-05-01")
NOW = FIRST
CARD = [
    Item("email", 5),
    Item("research", 25),
    Item("research_plus", 40),
    Item("calls", 1, kind="pack", per=1_000),
]
DEARER = [Item("email", 5), Item("research", 40), Item("research_plus", 40),
          Item("calls", 1, kind="pack", per=500)]  # fmt: skip


def sold(code: str, **terms):
    buyer = cast.customer(code)
    return cast.sign(
        buyer, code=f"{code}-1", rate_card=rate_cards.find("gtm"), credits=10_000, price_minor=10_000,
        **terms,
    )  # fmt: skip


def use(code: str, meter: str, quantity, day=10, **data) -> UsageEvent:
    time = FIRST + timedelta(days=day)
    key = f"{code}-{meter}-{day}-{quantity}"
    message = Message(
        source="test", key=key, customer=code, contract=f"{code}-1", meter=meter, time=time,
        quantity=Decimal(quantity), data=data,
    )  # fmt: skip
    assert cast.report(message, when=time).outcomes[0].status == "applied"
    return UsageEvent.objects.get(key=key)


@pytest.fixture
def market(db):
    """Three customers at a cent per credit: Beta is locked, Cato chose the improved research."""
    prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="Sam", at=START
    )
    rate_cards.publish(
        card="gtm", version="1", items=CARD, effective_from=START, by="Sam", at=START
    )
    sold("acme"), sold("beta", rate_lock_until=JUNE)
    cato = sold("cato")
    rate_choices.choose(
        cato.holder, item="research", to="research_plus", effective_at=START, by="Carl", at=START
    )
    (
        use("acme", "research", 10),
        use("acme", "email", 4),
        use("beta", "research", 2),
        use("cato", "research", 1),
    )
    use("acme", "calls", 1_400)


def study(*scenarios, first=FIRST, last=LAST, at=LAST):
    return studies.run("gtm", scenarios, first=first, last=last, at=at)


def figures(found):
    return {
        line.customer: (line.credits, line.credits_after, line.minor, line.minor_after)
        for line in found.lines
    }


def test_each_customer_sees_credits_and_money_before_and_after(market):
    """Beta keeps its locked rates; 1,400 calls are 2 credits of 500 each, where they were 1 of 1,000."""
    [found] = study(Scenario("draft", DEARER))

    assert figures(found) == {
        "acme": (271, 422, 271, 422),
        "beta": (50, 50, 50, 50),
        "cato": (40, 40, 40, 40),
    }
    assert [line.customer for line in found.losers] == ["acme"]
    assert found.totals() == {"USD": (361, 512)}
    assert found.credits() == {"CREDIT": (361, 512)}


def test_run_out_and_renewal_follow_the_new_rates(market):
    [found] = study(Scenario("draft", DEARER))

    acme = found.lines[0]
    assert (acme.left, acme.burn, acme.burn_after) == (
        9_729,
        Fraction(271, 30),
        Fraction(2114, 150),
    )
    assert (acme.run_out_after - acme.run_out).days == 9_729 * 150 // 2114 - 9_729 * 30 // 271
    assert (acme.baseline, acme.baseline_after) == (271, 422)


def test_scenarios_of_locks_and_choices_are_studied_side_by_side(market):
    """The same usage, once read: nobody locked; everybody stays; everybody moves."""
    moved = {"research": "research_plus"}
    as_it_is, unlocked, stay, move = study(
        Scenario("today", CARD),
        Scenario("no locks", DEARER, keeps_locks=False),
        Scenario("stay", CARD, moves=Moves.STAY),
        Scenario("move", CARD, moves=Moves.MOVE, successors=moved),
    )

    assert all(line.credits == line.credits_after for line in as_it_is.lines)
    assert figures(unlocked)["beta"] == (50, 80, 50, 80)
    assert figures(stay)["cato"] == (40, 25, 40, 25)
    assert figures(move) == {
        "acme": (271, 421, 271, 421),
        "cato": (40, 40, 40, 40),
        "beta": (50, 50, 50, 50),
    }
    assert unlocked.concentration(1) == Fraction(100 * 151, 181)


def test_another_credit_price_is_for_whoever_has_no_lock(market):
    sold("dora", price_lock_until=JUNE)
    use("dora", "email", 10)

    [found] = study(Scenario("dearer credits", prices={"USD": 50}))

    assert figures(found)["acme"] == (271, 271, 271, 542)
    assert figures(found)["dora"] == (50, 50, 50, 50)


def test_a_corrected_event_counts_as_far_as_it_still_does(market):
    """Half of the emails were ours; the voided research is no usage."""
    half, void = use("acme", "email", 20, day=11), use("acme", "research", 3, day=12)
    corrections.correct(half, credits=50, by="Fiona", reason="half", at=LAST)
    corrections.void(void, by="Fiona", reason="test", at=LAST)

    [found] = study(Scenario("draft", [Item("email", 10), *DEARER[1:]]))

    assert figures(found)["acme"] == (321, 542, 321, 542)


def test_what_the_draft_ends_has_a_price_only_by_choice(market):
    """R2: nobody is priced by an action that is gone, and the study says how many events that were."""
    ended = [item for item in CARD if item.item != "research"]

    [found] = study(Scenario("draft", ended))

    assert figures(found)["acme"][1] == 21
    assert figures(found)["cato"] == (40, 40, 40, 40)
    assert found.unpriced == 1


@pytest.mark.parametrize("tokens", [Decimal(2_000), Decimal("2E+3")])
def test_prices_of_properties_and_of_two_units_are_studied(market, tokens):
    """R4, R5: what narrows a price, what a property counts, and actions beside credits."""
    meter = units.create_meter(
        code="chat", name="Chat", properties={"model": "text", "tokens": "number"}
    )
    items = [
        *CARD,
        Item("large", 3, meter="chat", match={"model": "large"}, actions=1),
        Item("small", 1, meter="chat", match={"model": "small"}, actions=1),
    ]
    rate_cards.publish(card="gtm", version="2", items=items, effective_from=NOW, by="Sam", at=NOW)
    for unit in ("CREDIT", "ACTION"):
        cast.grant(
            cast.holders.pool(cast.agreements.find("acme-1").holder, cast.unit(unit), NOW), 1_000,
            source=f"more-{unit}", when=NOW, end=cast.END,
        )  # fmt: skip
    use("acme", "chat", 10, day=13, model="large", tokens=tokens)
    use("acme", "chat", 5, day=14, model="small", tokens=500)

    by_tokens = [
        *CARD,
        Item("large", 4, meter="chat", match={"model": "large"}, actions=2),
        Item("tokens", 1, kind="pack", per=1_000, meter="chat", property="tokens"),
    ]
    [found] = study(Scenario("draft", by_tokens))

    assert meter.code == "chat"
    assert {
        line.unit: (line.credits, line.credits_after)
        for line in found.lines
        if line.customer == "acme"
    } == {"CREDIT": (271 + 35, 271 + 42), "ACTION": (15, 20)}


def test_a_study_can_not_write_and_asks_as_much_for_many_as_for_few(market):
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            study(Scenario("draft", DEARER), Scenario("no locks", DEARER, keeps_locks=False))
        assert captured[0]["sql"].startswith("SAVEPOINT")
        assert captured[1]["sql"] == "SET TRANSACTION READ ONLY"
        return len(captured)

    few = asked()
    for number in range(3):
        sold(f"more{number}")
        use(f"more{number}", "email", 1)

    assert asked() == few


def test_the_database_refuses_what_a_reading_transaction_writes(db):
    with pytest.raises(InternalError, match="read-only transaction"), sql.read_only():
        cast.customer("nobody")
    assert cast.customer("nobody").pk
