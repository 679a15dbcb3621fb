"""A contract ends before its term does: what is left expires there, overage is billed (V17, L11)."""

import pytest

from contracts import agreements, term_ends, termination
from contracts.models import ScheduledCharge
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from ledger import balances
from tests import cast
from tests.cast import END, START, at

pytestmark = pytest.mark.django_db

JUNE, JULY = at("2026-06-15"), at("2026-07-01")


def end_early(contract, end=JULY, when=JUNE):
    return termination.terminate(contract, end=end, by="Sam", reason="closed down", at=when)


def term(contract):
    return contract.holder.terms.get(customer_id=contract.customer_id, number=1)


def test_unused_credits_expire_at_the_new_end_and_the_contract_has_ended():
    """A45: the term has 181 days; 1,000 of 10,000 credits are breakage of 30 June."""
    contract = cast.sign(credits=10_000, price_minor=10_000)
    cast.send("u1", 9_000, when=at("2026-04-01"), contract="c1")
    end_early(contract)
    assert cast.left(contract, at("2026-06-30 23:59:59")) == 1_000

    cast.run_due(JULY)

    assert (term(contract).ends_at, cast.left(contract, JULY)) == (JULY, 0)
    assert agreements.find("c1").status == "ended"
    assert "2026-06-30 JE-12 debit 2100 10.00, credit 4010 10.00" in cast.journal(JULY)
    assert cast.breaches(JULY) == []


def test_it_is_not_renewed_whatever_was_agreed():
    contract = cast.sign(auto_renew=True)
    term_ends.sign_renewal(contract, by="Sam", at=at("2026-05-01"))
    cast.send("u1", 9_000, when=at("2026-04-01"), contract="c1")
    end_early(contract)
    cast.run_due(END)

    assert contract.holder.terms.filter(customer_id=contract.customer_id).count() == 1


def test_no_grace_freezes_what_was_given_up():
    """L13 is for a renewal that comes late; nobody can renew this."""
    policies.change(
        "books", {"reinstatement_grace_days": 30}, effective_at=START, recorded_at=START, by="F"
    )
    contract = cast.sign()
    end_early(contract)
    cast.run_due(at("2026-07-02"))

    [pool] = balances.pools_of(contract.holder)
    found = balances.of_pool(pool, as_of=at("2026-07-02"), known_at=at("2026-07-02"))
    assert (found.expired, term_ends.reinstatable_until(contract, at("2026-07-02"))) == (
        100_000,
        None,
    )


def test_overage_is_charged_at_the_early_end():
    contract = cast.sign(credits=1_000, price_minor=1_000)
    cast.send("u1", 1_100, when=at("2026-04-01"), contract="c1")
    end_early(contract)
    cast.run_due(JULY)

    charge = ScheduledCharge.objects.get(contract=contract, kind=ScheduledCharge.Kind.OVERAGE)
    assert (charge.credits, charge.issue_at) == (100, JULY)


def test_use_from_before_the_end_that_comes_late_is_still_paid():
    """L9."""
    contract = cast.sign(credits=1_000, price_minor=1_000)
    end_early(contract)
    cast.run_due(JULY)
    late = at("2026-07-03")
    cast.send("u1", 400, when=late, time=at("2026-06-20"), contract="c1")

    [pool] = balances.pools_of(contract.holder)
    found = balances.of_pool(pool, as_of=late, known_at=late)
    assert (found.used, found.expired) == (400, 600)
    assert cast.breaches(late) == []


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (at("2026-06-14"), "termination_in_the_past"),
        (END, "termination_outside_term"),
        (at("2027-06-01"), "termination_outside_term"),
    ],
)
def test_an_end_that_can_not_be_is_refused_and_nothing_changes(end, code):
    contract = cast.sign()

    with pytest.raises(Refusal) as refused:
        end_early(contract, end=end)

    assert refused.value.code == code
    assert term(contract).ends_at == END
    assert cast.left(contract, JUNE) == 100_000


def test_a_contract_that_has_ended_can_not_be_ended():
    contract = cast.sign()
    cast.run_due(END)

    with pytest.raises(Refusal) as refused:
        end_early(contract, end=at("2027-02-01"), when=at("2027-01-02"))
    assert refused.value.code == "term_ended"
