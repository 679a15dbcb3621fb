"""By which rates and at which price a contract is served, in words (R1, R7)."""

import pytest

from contracts import lock_words, prices, rate_cards
from contracts.rate_cards import Item
from tests import cast

pytestmark = pytest.mark.django_db

START, MARCH, JUNE = (cast.at(f"2026-0{month}-01") for month in (1, 3, 6))


def publish(version: str, when) -> None:
    rate_cards.publish(
        card="gtm",
        version=version,
        items=[Item("email", 1)],
        effective_from=when,
        by="Ines",
        at=START,
    )
    prices.publish(
        currency="USD", credits_per_currency_unit=100 + 10 * int(version), effective_from=when,
        by="Sam", at=START,
    )  # fmt: skip


def test_what_is_locked_says_until_when_and_what_is_not_says_so():
    publish("1", START)
    buyer, card = cast.customer(), rate_cards.find("gtm")
    locked = cast.sign(
        buyer, code="c1", rate_card=card, rate_lock_until=JUNE, price_lock_until=JUNE
    )
    free = cast.sign(buyer, code="c2", rate_card=card)
    publish("2", MARCH)

    assert lock_words.rates(locked, MARCH) == (
        "Locked: version 1 of gtm until 31 May 2026, whatever is published meanwhile. After that, the "
        "version that is in force."
    )
    assert lock_words.rates(locked, JUNE) == "Not locked: gtm as it is in force, version 2."
    assert lock_words.rates(free, START) == (
        "Not locked: gtm as it is in force, version 1; version 2 from 1 Mar 2026 on."
    )
    assert lock_words.top_ups(locked, MARCH) == (
        "Locked: $1 buys 110 credits until 31 May 2026, whatever is published meanwhile."
    )
    assert lock_words.top_ups(free, MARCH) == "Not locked: $1 buys 120 credits, the price in force."


def test_usage_that_comes_rated_has_no_card():
    assert lock_words.rates(cast.sign(), START) == (
        "Use is reported in credits already: no rate card prices it."
    )
    assert lock_words.top_ups(cast.sign(cast.customer("beta"), code="c9"), START) == (
        "No price in USD is published."
    )
