"""Top-ups: more credits in a running contract, co-terminous, at the ratio it may have locked (L14, R7)."""

from datetime import date

import pytest

from contracts import prices
from creditops.lib.refusals import Refusal
from invoicing.models import Invoice
from ledger import balances
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END


def publish(ratio: int, when=START) -> None:
    prices.publish(
        currency="USD", credits_per_currency_unit=ratio, effective_from=when, by="Fiona", at=when
    )


def test_a_top_up_joins_the_running_term_and_ends_with_it():
    """L14: own block, own cost; its document names the contract."""
    contract = cast.sign()
    cast.run_due(START)

    bought = cast.buy(contract.holder, pay="invoice", when=cast.at("2026-11-30"))

    assert bought.invoice.contract == contract
    assert bought.invoice.lines.get().kind == "TOP_UP"
    [change] = bought.blocks[0].changes.filter(customer=contract.customer)
    assert change.expires_at == END
    assert bought.blocks[0].term_id == contract.holder.terms.get(customer=contract.customer).id


def test_a_price_lock_is_a_right_to_the_old_ratio_until_its_end_exclusive():
    """R7."""
    publish(120)
    lock = cast.at("2026-09-01")
    contract = cast.sign(price_lock_until=lock)
    publish(100, cast.at("2026-06-01"))

    locked = cast.buy(contract.holder, credits=None, when=lock - cast.SECOND).blocks[0]
    free = cast.buy(contract.holder, credits=None, source="o2", when=lock).blocks[0]

    assert (locked.granted, free.granted) == (1_200, 1_000)


def test_a_lock_agreed_before_there_was_a_ratio_locks_nothing():
    contract = cast.sign(price_lock_until=END)
    publish(100, cast.at("2026-06-01"))

    bought = cast.buy(contract.holder, credits=None, when=cast.at("2026-06-01"))

    assert bought.blocks[0].granted == 1_000


@pytest.mark.parametrize("when", ["2026-05-31", "2027-06-01"], ids=["before", "after"])
def test_there_is_no_top_up_outside_a_term(when):
    contract = cast.sign(starts_on=date(2026, 6, 1))

    with pytest.raises(Refusal) as refused:
        cast.buy(contract.holder, when=cast.at(when))

    assert refused.value.code == "no_running_term"
    assert not Invoice.objects.exists()
    assert balances.pools_of(contract.holder) == []
