"""Free credits: promotional, bonus, compensation blocks, given once (V8, L2, L4)."""

import pytest

from contracts import free_credits
from creditops.lib.refusals import Refusal
from ledger import balances, holders
from ledger.models import Block, JournalEntry
from tests import cast

pytestmark = pytest.mark.django_db

START, END, MAY = cast.START, cast.END, cast.at("2026-05-01")


def give(holder, kind="promo", **fields) -> Block:
    usual = {"credits": 500, "source": "gift 1", "by": "Sam", "reason": "welcome", "at": START}
    return free_credits.give(holder, kind=kind, **usual | fields)


def ends(block: Block):
    return block.changes.get(customer_id=block.customer_id, no=1).expires_at


@pytest.mark.parametrize(("kind", "priority"), [("promo", 20), ("compensation", 20), ("bonus", 50)])
def test_free_credits_cost_nothing_and_end_with_the_term(kind, priority):
    """JE-08: no entry. L4: promotional and compensation credits burn before all that was paid."""
    block = give(cast.sign().holder, kind)

    assert (block.kind, block.granted, block.priority) == (kind, 500, priority)
    assert block.layers.get(customer_id=block.customer_id).layer.cost_minor == 0
    assert ends(block) == END
    assert not JournalEntry.objects.exists()


def test_without_a_contract_they_live_as_long_as_bought_ones():
    """S35, T5: through the third calendar month."""
    holder = holders.pay_as_you_go(cast.customer(), START)

    assert ends(give(holder, at=cast.at("2026-01-10"))) == cast.at("2026-04-01")


def test_an_end_that_is_given_stands():
    assert ends(give(cast.sign().holder, expires_at=MAY)) == MAY


def test_only_promotional_credits_carry_an_accounting_policy():
    """V8: one policy per campaign, fixed at creation."""
    holder = cast.sign().holder

    assert give(holder, "promo").promo_policy == "ZERO_COST"
    assert give(holder, "bonus", source="gift 2").promo_policy == ""


def test_they_may_be_of_another_unit_than_the_commitment():
    """S13: each unit has a pool of its own."""
    contract = cast.sign()
    give(contract.holder, unit="DATA")

    assert cast.left(contract, START) == 100_500
    units = contract.holder.pools.filter(customer_id=contract.customer_id)
    assert set(units.values_list("unit__code", flat=True)) == {"CREDIT", "DATA"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "paid"}, "kind_not_free"),
        ({"kind": "migration"}, "kind_not_free"),
        ({"kind": "daily"}, "kind_not_free"),
        ({"kind": "nothing"}, "kind_not_free"),
        ({"promo_policy": "FREE"}, "promo_policy_unknown"),
        ({"credits": 0}, "grant_not_positive"),
        ({"credits": -1}, "grant_not_positive"),
        ({"credits": 2**53}, "grant_too_large"),
        ({"expires_at": START}, "grant_ends_before_it_begins"),
        ({"source": "known"}, "already_granted"),
    ],
)
def test_what_cannot_be_given_is_refused_and_nothing_is_granted(fields, code):
    contract = cast.sign()
    give(contract.holder, source="known")

    with pytest.raises(Refusal) as refused:
        give(contract.holder, **fields)

    assert refused.value.code == code
    assert Block.objects.count() == 2
    assert cast.left(contract, START) == 100_500


def test_free_credits_are_made_void_as_far_as_they_are_left():
    pool = cast.open_pool(cast.customer())
    block = cast.grant(pool, 100, source="gift", kind="promo")
    cast.send("u1", 30, when=cast.at("2026-02-01"))

    back = free_credits.take_back(block, by="Fiona", reason="wrong customer", at=MAY)

    assert back.credits == 70
    [found] = balances.of_pool(pool, as_of=MAY, known_at=MAY).blocks
    assert (found.used, found.voided, found.left, found.state) == (30, 70, 0, "voided")
    with pytest.raises(Refusal) as refused:
        free_credits.take_back(block, by="Fiona", reason="again", at=MAY)
    assert refused.value.code == "nothing_to_take_back"


def test_credits_that_were_paid_for_go_back_by_a_credit_note():
    cast.sign()
    cast.run_due(START)
    block = Block.objects.get()

    with pytest.raises(Refusal) as refused:
        free_credits.take_back(block, credits=1, by="Fiona", reason="mistake", at=MAY)

    assert refused.value.code == "credits_were_paid"
