"""On which terms credits are sold: how long they live, what rolls over, days to pay (P, T5)."""

from datetime import date

import pytest

from contracts import terms_of_sale
from creditops.lib import policies
from creditops.lib.calendar import TICK
from creditops.lib.models import PolicySetting
from creditops.lib.refusals import Refusal
from ledger import holders
from tests import cast

pytestmark = pytest.mark.django_db

BERLIN = "Europe/Berlin"


def change(scope: str, when=cast.START, **settings) -> None:
    policies.change(scope, settings, effective_at=when, recorded_at=when, by="Fiona")


def pay_as_you_go(zone="UTC"):
    return holders.pay_as_you_go(cast.customer(time_zone=zone), cast.START)


@pytest.mark.parametrize(
    ("bought", "end"),
    [
        ("2026-01-10", "2026-04-01"),
        ("2026-01-31 23:59", "2026-04-01"),
        ("2026-02-01", "2026-05-01"),
    ],
)
def test_credits_bought_in_january_live_through_march(bought, end):
    """S35, X3: three calendar months, the month of purchase being the first."""
    assert terms_of_sale.end_of_credits(pay_as_you_go(), cast.at(bought)) == cast.at(end)


@pytest.mark.parametrize(
    ("bought", "end"),
    [
        ("2026-01-31 22:30", "2026-03-31 22:00"),
        ("2026-01-31 23:30", "2026-04-30 22:00"),
    ],
)
def test_the_month_of_purchase_is_the_local_one(bought, end):
    """A36, T4: one hour apart, one month apart, in Berlin."""
    assert terms_of_sale.end_of_credits(pay_as_you_go(BERLIN), cast.at(bought)) == cast.at(end)


def test_two_calendar_months_end_before_march():
    change("books", validity={"rule": "CALENDAR_MONTH", "months": 2})

    end = terms_of_sale.end_of_credits(pay_as_you_go(), cast.at("2026-01-10"))

    assert end == cast.at("2026-03-01")


def test_an_anniversary_is_clamped_to_the_end_of_the_month():
    """T3, T5: same wall-clock time, 31 January and a month is 28 February."""
    change("books", validity={"rule": "ANNIVERSARY", "months": 1})

    end = terms_of_sale.end_of_credits(pay_as_you_go(), cast.at("2026-01-31 09:30"))

    assert end == cast.at("2026-02-28 09:30")


def test_the_nearest_scope_wins_contract_customer_books():
    contract = cast.sign(settings={"rollover": "NONE"})
    change("customer:acme", rollover="PARTIAL", invoice_terms_days=14)
    change("books", rollover="FULL", invoice_terms_days=60, reinstatement_grace_days=5)

    settings = terms_of_sale.in_force(contract.holder, cast.START)

    assert settings["rollover"] == "NONE"
    assert settings["invoice_terms_days"] == 14
    assert settings["reinstatement_grace_days"] == 5


def test_credits_without_a_contract_obey_the_customers_settings():
    """A contract that happens to be called like the customer's pool does not decide for it."""
    holder = pay_as_you_go()
    change("contract:acme", rollover="NONE")

    assert terms_of_sale.in_force(holder, cast.START)["rollover"] == "FULL"


def test_a_change_acts_from_its_instant_and_never_touches_the_past():
    """P, S79."""
    contract = cast.sign()
    change("contract:c1", when=cast.at("2026-03-01"), rollover="NONE")

    before = terms_of_sale.in_force(contract.holder, cast.at("2026-03-01") - TICK)
    after = terms_of_sale.in_force(contract.holder, cast.at("2026-03-01"))

    assert (before["rollover"], after["rollover"]) == ("FULL", "NONE")


@pytest.mark.parametrize(
    "settings",
    [
        {"validity": {"rule": "CALENDAR_MONTH", "months": 0}},
        {"validity": {"rule": "FOREVER", "months": 3}},
        {"rollover": "SOME"},
        {"rollover_pct": "101"},
        {"rollover_pct": "-1"},
        {"reinstatement_grace_days": 61},
        {"invoice_terms_days": 30.5},
    ],
)
def test_a_value_outside_its_range_is_refused_and_the_contract_not_signed(settings):
    buyer = cast.customer()

    with pytest.raises(Refusal) as refused:
        cast.sign(buyer, settings=settings)

    assert refused.value.code == "policy_invalid"
    assert not buyer.contracts.exists()
    assert not buyer.holders.exists()


def test_a_contracts_first_invoice_is_due_after_the_days_to_pay_that_it_agrees():
    """I14."""
    contract = cast.sign(settings={"invoice_terms_days": 10})

    assert contract.due_on == date(2026, 1, 11)


def test_a_signature_settles_terms_of_sale_and_nothing_else():
    contract = cast.sign(settings={"rollover": "NONE", "overage_pct": "10"})

    rows = PolicySetting.objects.filter(scope="contract:c1")
    assert {row.approved_by for row in rows} == {"the signature of c1"}
    with pytest.raises(Refusal) as refusal:
        cast.sign(contract.customer, code="c2", settings={"escheat_pct": "10"})
    assert refusal.value.code == "setting_needs_approval"
    agreed = cast.sign(
        contract.customer, code="c2", settings={"escheat_pct": "10"}, settings_agreed_by="Lex"
    )
    assert terms_of_sale.in_force(agreed.holder, cast.START)["escheat_pct"] == "10"


@pytest.mark.parametrize(
    "value", [["PAID"], ["PAID", "ROLLOVER", "BONUS", "OVERAGE", "DAILY"], "PAID", [], [1]]
)
def test_what_makes_a_baseline_always_has_its_four_kinds(value):
    with pytest.raises(Refusal) as refusal:
        change("books", baseline_kinds=value)
    assert refusal.value.code == "policy_invalid"
