"""The report of breakage: each block's own, what belongs to no cohort beside it, tied to the ledger."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contracts import free_credits
from creditops.lib import policies
from creditops.reports import catalogue, frame
from creditops.reports.frame import Cell, Report
from invoicing import cards, seller
from invoicing.options import Offered
from ledger import holders
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditops.lib.clock.now", lambda: at("2027-06-15"))


def breakage(day: str) -> Report:
    """The report as of a day."""
    kind = catalogue.find("breakage")
    return kind.make(frame.read(kind, {"as_of": day}))


def rows(report: Report) -> list[list[tuple[Cell, Cell]]]:
    """Per table the first and the last cell of each row."""
    return [[(row[0], row[-1]) for row in table.rows] for table in report.tables]


def test_free_credits_that_share_in_what_was_paid_break_beside_the_cohorts(db: None):
    contract = cast.sign()  # 100,000 credits for $1,000.00 in 2026
    cast.run_due(START)
    for number, month in enumerate(("2026-02", "2026-04"), start=1):
        free_credits.give(
            contract.holder, kind="promo", credits=25_000, source=f"gift {number}", by="Fiona",
            reason="test", at=at(f"{month}-01"), promo_policy="RESPREAD",
            expires_at=at(f"{month}-20"),
        )  # fmt: skip
        cast.run_due(at(f"{month}-20"))
    one, both = breakage("2026-02-28"), breakage("2026-04-30")
    cast.run_due(at("2027-01-01"))
    ended = breakage("2027-01-31")

    # A fifth of $1,000.00 goes with the first gift, a fifth of the $800.00 that are left with the second.
    assert rows(one)[1][0] == ("Free credits that share in what was paid", 20_000)
    assert rows(both)[1][0] == ("Free credits that share in what was paid", 36_000)
    assert rows(both)[0] == [("no rate card", 0)]
    assert rows(ended)[0] == [("no rate card", 64_000)]
    assert [(check.here, check.ledger) for each in (one, both, ended) for check in each.checks] == [
        (20_000, 20_000), (36_000, 36_000), (100_000, 100_000),
    ]  # fmt: skip


def test_a_right_that_lapsed_is_breakage_beside_the_cohorts(db: None):
    seller.define(name="Lumen AI", country="US")
    policies.change(
        policies.BOOKS, {"ssp_per_credit": "0.01"}, effective_at=START, recorded_at=START,
        by="Fiona", approved_by="Augusta",
    )  # fmt: skip
    acme = cast.customer()
    cards.save(acme, works=True, at=START)
    half = Offered(
        code="half", credits=1_000, list_price_minor=1_000, discount_pct=Fraction(50),
        discount_anyone_gets_pct=Fraction(0), likelihood_pct=Fraction(100), valid_until=at("2026-03-01"),
    )  # fmt: skip
    cast.buy(holders.pay_as_you_go(acme, START), when=START, option=half)
    cast.run_due(at("2026-03-01"))
    report = breakage("2026-03-31")

    # $10.00 was paid for credits worth as much and a right worth $5.00: a third is the right's.
    assert rows(report)[1][1] == ("Rights to more credits that lapsed", 333)
    assert [(check.here, check.ledger) for check in report.checks] == [(333, 333)]
