"""What reps are told and paid: statements, frozen versions, payouts with two persons, disputes."""

from decimal import Decimal

import pytest

from contracts import (
    commission_disputes,
    commission_payouts,
    commission_plans,
    commission_statements,
)
from contracts.commission_figures import Share
from contracts.models import CommissionPayout
from creditops.desk import approving
from creditops.lib import approvals
from creditops.lib.refusals import Refusal
from tests import cast
from tests.cast import END, START, at

pytestmark = pytest.mark.django_db

JULY = at("2026-07-01")
HALVES = [Share("ann", Decimal(50)), Share("bob", Decimal(50))]


@pytest.fixture
def contract():
    """1,000.00 for 100,000 credits in 2026; 10 %, 70 % of it at close; Ann has it."""
    plan = commission_plans.publish(
        "plan", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sam", at=START
    )
    return cast.sign(commission_plan=plan, commission_split=[Share("ann", Decimal(100))])


def use(key, credits, when):
    cast.send(key, credits, when=when, contract="c1")


def told(rep="ann", year=2026, when=JULY):
    return commission_statements.of_rep(rep, year, at=when)


def pay(statement, when):
    asked = commission_payouts.ask(statement, "USD", by="Fiona", at=when)
    approving.approve(asked.pk, {}, by="Carla", at=when, reason="", speaks_for={"finance"})
    return CommissionPayout.objects.latest("id")


def test_in_mid_year_what_is_paid_and_not_earned_is_at_risk(contract):
    """C6: 250.00 are consumed, 25.00 earned, 45.00 of 70.00 at risk."""
    use("u1", 25_000, at("2026-03-01"))
    cast.run_due(JULY)

    [line] = told().lines
    [account] = told().accounts

    assert (line.paid_minor, line.earned_minor, line.at_risk_minor) == (7_000, 2_500, 4_500)
    assert (line.consumed_minor, line.final_minor) == (25_000, None)
    assert (account.payable_minor, account.owed_minor, account.at_risk_minor) == (7_000, 0, 4_500)
    assert [(e.on.isoformat(), e.kind, e.amount_minor) for e in told().entries] == [
        ("2026-01-01", "close", 7_000)
    ]


def test_what_is_still_to_be_earned_is_told_until_the_year_is_settled(contract):
    """Of 100.00 for all that is sold 70.00 came at close: 30.00 are held back, until 85.00 are earned."""
    unused = told(when=START).lines[0]
    use("u1", 85_000, at("2026-03-01"))
    cast.run_due(JULY)
    running = told().lines[0]
    cast.run_due(END)
    [account] = told(when=END).accounts

    assert (unused.to_come_minor, unused.held_back_minor) == (0, 3_000)
    assert (running.to_come_minor, running.held_back_minor) == (1_500, 1_500)
    assert (account.to_come_minor, account.held_back_minor) == (0, 0)


def test_a_contract_year_is_told_in_days_of_the_contracts_zone():
    """Midnight of 1 January in Berlin is 23:00 of 31 December in UTC."""
    plan = commission_plans.publish(
        "plan", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sam", at=START
    )
    cast.sign(
        when=START, time_zone="Europe/Berlin", commission_plan=plan,
        commission_split=[Share("ann", Decimal(100))],
    )  # fmt: skip

    [line] = told().lines

    assert (f"{line.first_day}", f"{line.last_day}") == ("2026-01-01", "2026-12-31")


def test_an_event_tells_what_is_due_for_the_year_and_what_came_before(contract):
    use("u1", 30_000, at("2026-03-01"))
    cast.run_due(END)

    assert [(e.due_minor, e.before_minor, e.amount_minor) for e in told(when=END).entries] == [
        (7_000, 0, 7_000),
        (3_000, 7_000, -4_000),
    ]


def test_a_term_that_began_before_a_plan_was_agreed_brings_nothing_and_the_renewal_does():
    """300.00 are used without a plan; the renewal at 300.00 grants 10 % x 70 % of it: 21.00."""
    contract = cast.sign(auto_renew=True)
    use("u1", 30_000, at("2026-03-01"))
    plan = commission_plans.publish(
        "plan", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sam", at=START
    )
    commission_plans.agree(
        contract, plan, split=[Share("ann", Decimal(100))], by="Sally", at=at("2026-06-01")
    )
    cast.run_due(END)

    [renewal] = told(year=2027, when=END).lines

    assert told(when=END).lines == []
    assert (renewal.year, renewal.paid_minor, renewal.held_back_minor) == (2, 2_100, 900)


def test_what_can_still_be_cancelled_is_told_before_its_payment_closes_it():
    plan = commission_plans.publish(
        "plan", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sam", at=START
    )
    cast.sign(
        cancellable=True, commission_plan=plan, commission_split=[Share("ann", Decimal(100))]
    )  # fmt: skip

    [line] = told().lines

    assert (line.paid_minor, line.at_risk_minor, line.held_back_minor) == (0, 0, 10_000)


def test_what_is_held_back_is_of_who_has_the_contract_at_the_end(contract):
    commission_plans.reassign(
        contract, HALVES, effective_at=JULY, by="Sally", reason="territory", at=START
    )

    held = {rep: told(rep, when=START).lines[0].held_back_minor for rep in ("ann", "bob")}

    assert held == {"ann": 1_500, "bob": 1_500}


def test_who_takes_over_earns_what_is_consumed_from_then_on(contract):
    """C7: 300.00 in Ann's time, 100.00 in Ann's and Bob's: 35.00 and 5.00, and Ann was paid 70.00."""
    use("u1", 30_000, at("2026-03-01"))
    commission_plans.reassign(
        contract, HALVES, effective_at=JULY, by="Sally", reason="territory", at=JULY
    )
    use("u2", 10_000, at("2026-08-01"))
    cast.run_due(END)

    [ann], [bob] = (told(rep, when=END).lines for rep in ("ann", "bob"))

    assert (ann.final_minor, bob.final_minor) == (3_500, 500)
    assert [e.amount_minor for e in told("ann", when=END).entries] == [7_000, -3_500]
    assert "2026-12-31 JE-28 debit 1350 35.00, credit 2300 5.00, credit 6100 30.00" in cast.journal(
        END
    )
    assert cast.breaches(END) == []


def test_a_change_of_owners_for_the_past_is_restated_at_the_months_end(contract):
    use("u1", 70_000, at("2026-03-01"))
    cast.run_due(at("2027-01-10"))
    commission_plans.reassign(
        contract, HALVES, effective_at=START, by="Sally", reason="dispute", at=at("2027-01-10")
    )
    cast.run_due(at("2027-02-01"))

    ann, bob = (told(rep, 2027, at("2027-02-01")) for rep in ("ann", "bob"))

    assert [e.amount_minor for e in ann.entries] == [-3_500]
    assert [e.amount_minor for e in bob.entries] == [3_500]
    assert cast.breaches(at("2027-02-01")) == []


def test_a_frozen_statement_stays_as_it_was_told(contract):
    first = commission_statements.freeze("ann", 2026, by="Fiona", at=JULY)
    use("u1", 50_000, at("2026-08-01"))
    second = commission_statements.freeze("ann", 2026, by="Fiona", at=at("2026-09-01"))

    assert (first.version, second.version) == (1, 2)
    earned = [s.body["contracts"][0]["earned"] for s in (first, second)]
    assert earned == ["0.00", "50.00"]


def test_commission_is_paid_by_a_frozen_statement_and_what_is_owed_is_netted(contract):
    """70.00 are paid; at the year's end 40.00 come back, and are netted with the next close's money."""
    use("u1", 30_000, at("2026-03-01"))
    first = pay(commission_statements.freeze("ann", 2026, by="Fiona", at=JULY), JULY)
    cast.run_due(END)
    again = cast.sign(
        contract.customer, code="c2", when=END, starts_on=END.date(),
        commission_plan=commission_plans.find("plan"),
        commission_split=[Share("ann", Decimal(100))],
    )  # fmt: skip
    second = pay(commission_statements.freeze("ann", 2027, by="Fiona", at=END), END)

    assert again.commissions.get().total_minor == 7_000
    assert (first.cash_minor, second.cash_minor, second.netted_minor) == (7_000, 3_000, 4_000)
    assert [line for line in cast.journal(END) if "JE-31" in line] == [
        "2026-07-01 JE-31 debit 2300 70.00, credit 1000 70.00",
        "2027-01-01 JE-31 debit 2300 70.00, credit 1000 30.00, credit 1350 40.00",
    ]
    assert cast.breaches(END) == []


def test_a_payout_needs_another_person_and_a_statement_that_knows_all(contract):
    frozen = commission_statements.freeze("ann", 2026, by="Fiona", at=JULY)
    asked = commission_payouts.ask(frozen, "USD", by="Fiona", at=JULY)
    with pytest.raises(Refusal, match="yourself"):
        approvals.approve(asked.pk, by="Fiona", at=JULY)
    cast.run_due(END)

    with pytest.raises(Refusal) as outdated:
        approving.approve(asked.pk, {}, by="Carla", at=END, reason="", speaks_for={"finance"})
    with pytest.raises(Refusal) as nothing:
        commission_payouts.ask(
            commission_statements.freeze("bob", 2026, by="Fiona", at=END), "USD", by="F", at=END
        )

    assert (outdated.value.code, nothing.value.code) == ("statement_outdated", "nothing_to_pay")
    assert not CommissionPayout.objects.exists()


def test_a_dispute_is_answered_once_by_somebody_else(contract):
    raised = commission_disputes.raise_one("ann", 2026, text="c1 is mine", by="ann", at=JULY)
    with pytest.raises(Refusal) as own:
        commission_disputes.answer(raised, accepted=True, text="yes", by="ann", at=JULY)

    commission_disputes.answer(raised, accepted=True, text="it is", by="Sally", at=JULY)

    with pytest.raises(Refusal) as twice:
        commission_disputes.answer(raised, accepted=False, text="no", by="Sam", at=JULY)
    assert (own.value.code, twice.value.code) == ("approval_own", "dispute_answered")


def test_many_contracts_are_told_in_as_many_queries_as_few(contract, django_assert_max_num_queries):
    for number in range(2, 9):
        cast.sign(
            contract.customer, code=f"c{number}", commission_plan=commission_plans.find("plan"),
            commission_split=[Share("ann", Decimal(100))],
        )  # fmt: skip

    with django_assert_max_num_queries(20):
        [ann] = commission_statements.of_year(2026, at=JULY)

    assert len(ann.lines) == 8
