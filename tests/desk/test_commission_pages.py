"""Commission on the desk: a rep's own statement, everybody's for those who pay, plans, payouts, disputes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils.html import strip_tags

from accounts.roles import Role
from contracts import commission_plans, commission_statements
from contracts.commission_figures import Share
from contracts.models import (
    CommissionDispute,
    CommissionPayout,
    CommissionPlanVersion,
    CommissionStatement,
)
from creditops.desk import addresses
from creditops.lib.models import Approval
from tests import staff
from tests.cast import START
from tests.desk import acts

SAM, OTHER = "sales-rep@vendor.example", "other@vendor.example"
PLAN = {
    "rate_pct": "10", "upfront_pct": "70", "years": "twelve_months", "cost": "EXPENSE",
}  # fmt: skip


@pytest.fixture
def sold(book):
    """A second contract of Acme, for 100.00, by Sam: 7.00 are paid at close."""
    plan = commission_plans.publish(
        "plan", commission_plans.Wanted(Decimal(10), Decimal(70)), by="Sally", at=START
    )
    return staff.sign(
        book.acme, "C-2", commission_plan=plan, commission_split=[Share(SAM, Decimal(100))]
    )


def statement(client, rep=SAM):
    return client.get(addresses.of("commission", f"2026/{rep}"))


def test_a_rep_is_led_to_the_own_statement_and_sees_nobody_elses(sold, sam):
    led = sam.get(addresses.of("commissions"), follow=True)

    assert led.status_code == 200
    assert [strip_tags(row[0]) for row in led.context["contracts"].rows] == ["C-2"]
    assert statement(sam, OTHER).status_code == 404
    assert sam.get(addresses.of("commission_csv", f"2026/{OTHER}")).status_code == 404
    assert sam.get(addresses.of("dispute-commission", f"2026/{OTHER}")).status_code == 404


def test_finance_sees_all_reps_and_the_csv_of_each(sold, fiona):
    page = fiona.get(addresses.of("commissions") + "?year=2026")
    csv = fiona.get(addresses.of("commission_csv", f"2026/{SAM}")).content.decode()

    assert [row[1:6] for row in page.context["reps"].rows] == [
        ("USD", "$0.00", "$7.00", "$0.00", "$3.00")
    ]
    assert "C-2,Acme,1," in csv
    assert "2026-01-01,C-2,1,close,7.00,0.00,7.00,USD" in csv


def test_a_plan_is_made_and_a_new_version_published(db):
    sally = staff.as_(staff.person(Role.SALES_MANAGER))
    acts.do(sally, "new-commission-plan", code="standard", name="Standard", **PLAN)
    wrong = acts.do(sally, "commission-plan", "standard", **PLAN | {"upfront_pct": "90"})
    acts.do(
        sally, "commission-plan", "standard",
        **PLAN | {"upfront_pct": "90", "override_reason": "board"},
    )  # fmt: skip

    assert "is outside of 50 to 80 %" in acts.errors(wrong)[0]
    versions = CommissionPlanVersion.objects.order_by("version")
    assert [(v.version, v.upfront_pct) for v in versions] == [(1, 70), (2, 90)]


def test_a_contract_is_given_to_another_rep_with_the_effect_in_figures(sold):
    sally = staff.as_(staff.person(Role.SALES_MANAGER))
    typed = {"shares": f"{OTHER} = 100", "from_day": "2026-01-01", "reason": "wrong rep"}

    page = acts.rehearse(sally, "reassign-contract", "C-2", **typed)
    acts.do(sally, "reassign-contract", "C-2", **typed)

    assert f"{OTHER}, earned in year 1" in acts.changes(page)
    assert commission_plans.owners_at(sold, staff.NOW) == [Share(OTHER, Decimal(100))]


def test_the_contracts_page_says_whose_the_commission_is_and_who_may_change_it(sold, sam):
    sally = staff.as_(staff.person(Role.SALES_MANAGER))

    of_sam, of_sally = (who.get(addresses.of("contract", "C-2")) for who in (sam, sally))
    other = sam.get(addresses.of("contract", "C-1"))

    assert of_sam.context["facts"][-2:] == [
        ("Commission goes to", SAM),
        ("Commission plan", "plan, version 1: 10 %, 70 % of it at close"),
    ]
    assert other.context["facts"][-1] == ("Commission", "none agreed")
    assert "Give it to other reps" not in [act["title"] for act in of_sam.context["doable"]]
    assert of_sally.context["doable"][-1]["path"] == addresses.of("reassign-contract", "C-2")


def test_a_contract_without_commission_agrees_on_a_plan_by_the_desk(sold, sam):
    sally = staff.as_(staff.person(Role.SALES_MANAGER))
    begun = sally.get(addresses.of("agree-commission", "C-1")).context["form"].initial
    typed = {"plan": "plan", "shares": f"{SAM} = 60\n{OTHER} = 40"}

    page = acts.rehearse(sally, "agree-commission", "C-1", **typed)
    acts.do(sally, "agree-commission", "C-1", **typed)

    assert begun["shares"].endswith(" = 100")
    assert acts.changes(page)["Commission plan"] == (
        "–",
        "plan, version 1: 10 %, 70 % of it at close",
    )
    facts = sam.get(addresses.of("contract", "C-1")).context["facts"]
    assert ("Commission goes to", f"{SAM}: 60 %, {OTHER}: 40 %") in facts
    # The running term was closed without a plan: it pays nothing.
    assert [
        line.contract for line in commission_statements.of_rep(SAM, 2026, at=staff.NOW).lines
    ] == ["C-2"]


def test_a_version_frozen_before_the_words_were_known_is_still_shown(sold, fiona):
    told = commission_statements.as_told(commission_statements.of_rep(SAM, 2026, at=staff.NOW))
    for part in (*told["accounts"], *told["contracts"], *told["events"]):
        for name in ("to_come", "held_back", "due", "before", "first_day", "last_day"):
            part.pop(name, None)
    old = CommissionStatement.objects.create(
        rep=SAM, year=2026, version=1, body=told, frozen_at=staff.NOW, frozen_by="Fiona"
    )

    page = fiona.get(addresses.of("frozen_statement", old.pk))

    [used, _] = page.context["accounts"]
    assert [said for _, said, _ in used["figures"]] == ["$0.00", "$7.00", "–", "–"]
    assert page.context["events"].rows[0][-3:] == ("–", "–", "$7.00")


def test_a_statement_is_frozen_paid_by_two_and_shown_as_it_was(sold, fiona):
    acts.do(fiona, "freeze-statement", f"2026/{SAM}")
    [version] = statement(fiona).context["versions"].rows
    frozen = addresses.of("frozen_statement", int(version[0].split("/")[4]))
    key = frozen.rstrip("/").rpartition("/")[2]
    acts.do(fiona, "pay-commission", key, currency="USD")
    asked = Approval.objects.get(kind="commission.payout")
    finance = staff.as_(staff.person(Role.FINANCE))

    done = acts.do(finance, "decide", asked.pk, decision="approve", reason="payroll")

    assert f"7.00 USD of commission are paid to {SAM}." in acts.said(done)[0]
    assert CommissionPayout.objects.get().cash_minor == 700
    assert "frozen" in fiona.get(frozen).context["frozen"]


def test_a_rep_objects_and_is_answered(sold, sam):
    sally = staff.as_(staff.person(Role.SALES_MANAGER))
    acts.do(sam, "dispute-commission", f"2026/{SAM}", contract="C-2", text="it was 80 %")
    raised = CommissionDispute.objects.get()

    acts.do(sally, "answer-dispute", raised.pk, decision="decline", text="the plan says 70 %")

    [row] = statement(sam).context["disputes"].rows
    assert (row[2], row[3], row[5]) == ("C-2", "it was 80 %", "the plan says 70 %")
