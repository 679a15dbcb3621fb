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

    assert maturity.of_all(MAY_3, at=LATER) == Maturity(current=0, non_current=100_000)


def test_without_rollover_they_are_current_within_twelve_months():
    cast.sign(settings={"rollover": "NONE"})

    assert maturity.of_all(MAY_3, at=LATER) == Maturity(current=100_000, non_current=0)


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

    told = statements.roll_forward(date(2026, 2, 1), date(2026, 2, 28))

    assert vars(told) == {
        "opening": 1_000,
        "billed": 0,
        "usage": -300,
        "breakage": -700,
        "credit_notes": 0,
        "closing": 0,
    }
