"""On every day, also one long past, the ledger is what its rows say."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from contracts import commission_plans
from contracts.commission_plans import Wanted
from contracts.models import Contract
from creditops.close import month_end, reconciliations
from invoicing import deferral, payments, voids
from invoicing.models import Invoice
from ledger import exchange, posting
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
LATER = at("2026-04-05")


def differences(last: date, when: datetime = LATER) -> dict[str, int]:
    posting.run(when)
    found = reconciliations.of(last.replace(day=1), last, known_at=when)
    return {each.code: each.difference for each in found if each.difference}


def euros(code: str, **terms) -> Contract:
    """A contract of 100,000 credits for EUR 1,000.00."""
    contract = cast.sign(
        cast.customer(f"{code}-buyer", currency="EUR"), code=code, currency="EUR", **terms
    )
    cast.run_due(START)
    return contract


@pytest.fixture
def rate() -> None:
    exchange.publish(
        from_currency="EUR",
        to_currency="USD",
        rate="1.1",
        effective_from=START,
        by="Fiona",
        at=START,
    )


def test_a_month_in_which_something_was_sold_in_another_currency_closes(rate: None):
    cast.sign_books()
    euros("euro")
    cast.send("u1", 10_000, when=at("2026-01-10"), customer="euro-buyer", contract="euro")
    cast.run_due(at("2026-02-01"))

    month_end.close(date(2026, 1, 1), by="Fiona", at=at("2026-02-02"))

    # EUR 1,000.00 at 1.1, of which a tenth is used.
    [deferred] = [
        each
        for each in reconciliations.of(JAN.replace(day=1), JAN, known_at=at("2026-02-02"))
        if each.code == "deferred"
    ]
    assert (deferred.ledger, deferred.rows) == (99_000, 99_000)


def test_a_void_invoice_in_another_currency_leaves_nothing_between_ledger_and_blocks(rate: None):
    euros("euro")
    cast.run_due(at("2026-02-10"))
    voids.void(Invoice.objects.get(), by="Fiona", reason="twice", at=at("2026-02-10"))

    assert (
        deferral.apart_minor(JAN, known_at=LATER) == deferral.apart_minor(MAR, known_at=LATER) == {}
    )
    assert deferral.ahead_minor() == {}
    assert differences(JAN) == differences(MAR) == {}


def test_what_is_billed_for_a_term_to_come_stands_apart_until_it_begins(rate: None):
    contract = euros("euro", starts_on=date(2026, 3, 10), due_on=date(2026, 2, 10))
    cast.run_due(LATER)

    assert deferral.apart_minor(JAN, known_at=LATER) == {}
    assert deferral.apart_minor(FEB, known_at=LATER) == {contract.customer_id: 110_000}
    assert deferral.apart_minor(MAR, known_at=LATER) == {}
    assert [differences(day) for day in (JAN, FEB, MAR)] == [{}, {}, {}]


def test_a_term_that_was_paid_after_its_begin_has_no_credits_before(db: None):
    cast.sign(cancellable=True)
    cast.run_due(START)
    payments.record(
        Invoice.objects.get(), amount_minor=100_000, currency="USD", method="transfer",
        reference="wire 1", by="Fiona", at=at("2026-03-05"),
    )  # fmt: skip

    assert [deferral.apart_minor(day, known_at=LATER) for day in (JAN, FEB, MAR)] == [{}, {}, {}]
    assert [differences(day) for day in (JAN, FEB, MAR)] == [{}, {}, {}]


def test_what_reps_have_coming_and_owe_back_and_what_is_capitalised_is_what_their_events_say(
    db: None,
):
    """70.00 at close, an asset of 35 months; 600.00 of 1,000.00 are used, so 10.00 come back."""
    plan = commission_plans.publish(
        "plan",
        Wanted(Decimal(10), Decimal(70), cost="STRAIGHT_LINE", months=35),
        by="Sally",
        at=START,
    )
    cast.sign(commission_plan=plan)
    cast.send("u1", 60_000, when=at("2026-02-10"), contract="c1")
    cast.run_due(at("2027-01-05"))

    def said(last: date) -> list[tuple[int, int]]:
        found = {
            each.code: (each.ledger, each.rows)
            for each in reconciliations.of(last.replace(day=1), last, known_at=at("2027-01-05"))
        }
        return [found[code] for code in ("commissions", "clawback", "contract_costs")]

    assert said(FEB) == [(7_000, 7_000), (0, 0), (6_600, 6_600)]
    assert said(date(2026, 12, 31)) == [(7_000, 7_000), (1_000, 1_000), (3_943, 3_943)]


def test_however_many_contracts_are_in_another_currency_what_is_apart_costs_the_same(
    rate: None, django_assert_num_queries
):
    for number in range(3):
        euros(f"euro{number}", starts_on=date(2026, 3, 10), due_on=date(2026, 2, 10))
    cast.run_due(at("2026-02-15"))

    with django_assert_num_queries(3):
        apart = deferral.apart_minor(FEB, known_at=at("2026-03-01"))

    assert sorted(apart.values()) == [110_000, 110_000, 110_000]
