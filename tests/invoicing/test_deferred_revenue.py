"""Whatever is bought and used, deferred revenue is the value of what is left (Z2, invariants 1 to 4)."""

from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ledger import holders, statements
from tests import cast

# (credits, price in minor units, bonus credits) of each purchase; credits of each use.
orders = some.lists(
    some.tuples(some.integers(1, 900), some.integers(0, 10_000), some.integers(0, 90)),
    min_size=1,
    max_size=4,
)
uses = some.lists(some.integers(1, 700), max_size=6)


class Block:
    """A block as a book-keeper keeps it by hand."""

    def __init__(self, credits: int, cost: int):
        self.credits, self.cost, self.used = credits, cost, 0

    def take(self, wanted: int) -> int:
        """Use up to `wanted` credits; returns how many it had."""
        taken = min(wanted, self.credits - self.used)
        self.used += taken
        return taken

    @property
    def left(self) -> int:
        return self.credits - self.used

    @property
    def value(self) -> int:
        """M4: what it cost less what was released, rounded half up."""
        return self.cost - int(Fraction(self.cost * self.used, self.credits) + Fraction(1, 2))


def bought(credits: int, price: int, bonus: int) -> list[Block]:
    """V5, M5: the price per credit; what is left of it goes to the larger remainder, then the first."""
    if not bonus:
        return [Block(credits, price)]
    (paid, rest), (free, rest_of_bonus) = (
        divmod(price * part, credits + bonus) for part in (credits, bonus)
    )
    missing = price - paid - free
    to_first = missing if rest >= rest_of_bonus else 0
    return [Block(credits, paid + to_first), Block(bonus, free + missing - to_first)]


def drawn(blocks: list[Block], wanted: int) -> bool:
    """L4, L5: oldest first, whole or not at all."""
    if wanted > sum(block.left for block in blocks):
        return False
    for block in blocks:
        wanted -= block.take(wanted)
    return True


@pytest.mark.django_db
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(orders, uses)
def test_what_is_deferred_is_what_a_book_keeper_works_out_by_hand(ordered, used):
    with transaction.atomic():
        holder, by_hand = holders.pay_as_you_go(cast.customer(), cast.START), []
        for number, (credits, price, bonus) in enumerate(ordered):
            cast.buy(
                holder, credits=credits, price_minor=price, bonus_credits=bonus,
                source=f"order {number}", expires_at=cast.END, when=cast.START,
            )  # fmt: skip
            by_hand += bought(credits, price, bonus)
        for number, credits in enumerate(used):
            told = cast.send(f"use {number}", credits, when=cast.at("2026-02-01"))
            assert (told.status == "applied") is drawn(by_hand, credits)

        assert cast.breaches(cast.END) == []
        rows = statements.lines()
        assert -statements.balance(rows, ["2100"]) == sum(block.value for block in by_hand)
        assert statements.balance(rows, ["1000"]) == sum(block.cost for block in by_hand)
        assert statements.revenue(rows).usage == sum(b.cost - b.value for b in by_hand)
        assert cast.left_of(holder, cast.at("2026-03-01")) == sum(block.left for block in by_hand)
        transaction.set_rollback(True)
