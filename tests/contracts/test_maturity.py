"""How long deferred credits may last, and how they moved over a month (V21, Z2, Z3)."""

from datetime import date

import pytest

from contracts import maturity
from contracts.maturity import Maturity
from ledger import holders, posting, statements
from tests import cast

pytestmark = pytest.mark.django_db

MAY_3 = date(2026, 5, 3)
LATER = cast.at("2026-05-04")


def test_credits_that_may_roll_over_once_more_are_not_current():
    cast.sign()
    cast.run_due(LATER)

    assert maturity.of_all(MAY_3, at=LATER) == Maturity(current=0, non_current=100_000)


def test_without_rollover_they_are_current_within_twelve_months():
    cast.sign(settings={"rollover": "NONE"})
    cast.run_due(LATER)

    assert maturity.of_all(MAY_3, at=LATER) == Maturity(current=100_000, non_current=0)


def test_on_the_last_day_of_a_term_what_ends_with_it_is_gone_and_the_next_term_not_there():
    """T7: what expires at midnight is of the day before; the renewal is of the day after."""
    cast.sign(auto_renew=True, settings={"rollover": "PARTIAL", "rollover_pct": "50"})
    cast.run_due(cast.START)
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract="c1")
    cast.run_due(cast.at("2027-02-01"))
    posting.run(cast.at("2027-02-01"))

    assert maturity.of_all(date(2026, 12, 31), at=cast.at("2027-02-01")) == Maturity(20_000, 0)
    assert maturity.of_all(date(2027, 1, 1), at=cast.at("2027-02-01")) == Maturity(20_000, 60_000)


def test_what_is_owed_before_its_term_lasts_as_long_as_the_credits_to_come():
    """V3: due in March, usable from June."""
    cast.sign(starts_on=date(2026, 6, 1), due_on=date(2026, 3, 1), settings={"rollover": "NONE"})
    cast.run_due(LATER)

    assert maturity.of_all(MAY_3, at=LATER) == Maturity(current=0, non_current=100_000)
    assert maturity.of_all(date(2026, 2, 28), at=LATER) == Maturity()


def test_credits_without_a_contract_go_by_their_last_day():
    holder = holders.pay_as_you_go(cast.customer(), cast.START)
    cast.buy(holder, when=cast.START, expires_at=cast.at("2027-05-04"))
    cast.buy(holder, when=cast.START, expires_at=cast.at("2027-05-05"), source="order 2")

    assert maturity.of_all(MAY_3, at=LATER) == Maturity(current=1_000, non_current=1_000)


def test_a_roll_forward_leads_from_opening_to_closing():
    holder = holders.pay_as_you_go(cast.customer(), cast.START)
    cast.buy(holder, when=cast.START, expires_at=cast.at("2026-02-20"))
    cast.send("u1", 300, when=cast.at("2026-02-10"))
    cast.run_due(cast.at("2026-03-01"))
    posting.run(cast.at("2026-03-01"))

    told = statements.roll_forward(
        date(2026, 2, 1), date(2026, 2, 28), known_at=cast.at("2026-03-01")
    )

    assert vars(told) == {
        "opening": 1_000,
        "billed": 0,
        "usage": -300,
        "breakage": -700,
        "credit_notes": 0,
        "other": 0,
    }
