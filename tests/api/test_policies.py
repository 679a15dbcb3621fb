"""Settings by API: asked for, made at once where that may be, agreed to by people only."""

from __future__ import annotations

import pytest

from accounts.roles import APPROVERS
from creditops.desk import approving
from creditops.lib import policies
from creditops.lib.models import Approval, PolicySetting
from tests.api.conftest import NOW, caller_with, sign
from tests.cast import send


def change(caller, scope: str, settings: dict, **more):
    return caller.send("policies", {"scope": scope, "settings": settings, **more}, method="put")


def shown(caller, name: str, scope: str = "books") -> dict:
    found = caller.get("policies", scope=scope).json()["settings"]
    return next(setting for setting in found if setting["name"] == name)


def test_a_change_waits_for_people_and_says_for_whom(caller):

    answer = change(caller, "books", {"rollover": "NONE", "overage_pct": "25"})

    assert answer.status_code == 202
    body = answer.json()
    assert (body["settings"], [(r["setting"], r["approver"]) for r in body["approvals"]]) == (
        [], [("rollover", "sales"), ("rollover", "finance"), ("overage_pct", "sales")],
    )  # fmt: skip
    assert shown(caller, "rollover")["value"] == "FULL"
    assert not PolicySetting.objects.exists()


def test_no_key_agrees_to_a_setting(caller):
    change(caller, "books", {"overage_pct": "25"})
    key = Approval.objects.get().pk

    approved = caller.send(f"approvals/{key}/approve", {"reason": "yes"})
    rejected = caller.send(f"approvals/{key}/reject", {"reason": "no"})

    for answer in (approved, rejected):
        assert (answer.status_code, answer.json()["code"]) == (409, "approval_not_yours")
    assert Approval.objects.get().state == "open"


def test_who_agreed_elsewhere_changes_what_one_may_change_alone(caller):

    alone = change(caller, "books", {"invoice_terms_days": 14}, approved_by="Mara")
    unsaid = change(caller, "books", {"late_event_window_days": 14})
    both = change(caller, "books", {"overage_pct": "25"}, approved_by="Mara")

    assert (alone.status_code, unsaid.status_code, both.status_code) == (200, 202, 202)
    assert alone.json()["settings"][0]["approved_by"] == "Mara"
    asked = Approval.objects.get(content__setting="overage_pct")
    approving.approve(asked.pk, {}, by="Otto", at=NOW, reason="", speaks_for={"sales"})
    assert shown(caller, "overage_pct")["set"]["approved_by"] == "Otto, Mara"


def test_the_same_request_again_asks_once(caller):
    body = {"scope": "books", "settings": {"overage_pct": "25"}}

    first = caller.send("policies", body, method="put", **{"Idempotency-Key": "k1"})
    again = caller.send("policies", body, method="put", **{"Idempotency-Key": "k1"})
    another = change(caller, "books", {"overage_pct": "25"})

    assert (first.status_code, again.status_code) == (202, 202)
    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert (another.status_code, another.json()["code"]) == (409, "setting_waits")


def test_a_customers_own_key_changes_its_alerts_and_nothing_else(caller, acme):
    sign(acme.customer)
    own = caller_with("admin", name="acme", customer=acme.customer)

    alerts = change(own, "contract:c1", {"alerts": [75]})
    refused = change(own, "customer:acme", {"overage_pct": "100"})
    books = change(own, "books", {"alerts": [75]})

    assert (alerts.status_code, alerts.json()["settings"][0]["value"]) == (200, [75])
    assert (refused.status_code, refused.json()["code"]) == (409, "setting_not_yours")
    assert books.status_code == 404
    assert PolicySetting.objects.count() == 1


def test_what_comes_is_shown_beside_what_is_in_force(caller):
    change(
        caller, "books", {"invoice_terms_days": 14}, approved_by="Mara",
        effective_at="2026-03-01T00:00:00Z",
    )  # fmt: skip

    found = shown(caller, "invoice_terms_days")

    assert (found["value"], found["set"], found["alone"]) == (30, None, True)
    assert [(c["value"], c["effective_at"]) for c in found["coming"]] == [
        (14, "2026-03-01T00:00:00Z")
    ]


@pytest.mark.parametrize(
    ("wanted", "more", "status", "code"),
    [
        (
            {"overage_pct": "25"},
            {"effective_at": "2026-01-01T00:00:00Z"},
            409,
            "policy_in_the_past",
        ),
        ({"tax_point": "TAX_AT_LEISURE"}, {}, 422, "policy_invalid"),
        ({"overage_pct": "125"}, {}, 422, "policy_invalid"),
        ({"no_such": 1}, {}, 422, "policy_invalid"),
    ],
)
def test_what_cannot_be_meant_is_refused(caller, wanted, more, status, code):
    answer = change(caller, "books", wanted, **more)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Approval.objects.exists()


def test_journal_lines_are_drafts_until_the_books_are_signed(caller, signed):
    send("u1", 10, when=NOW, contract="c1")

    def status() -> set[str]:
        return {line["status"] for line in caller.get("journal").json()["results"]}

    before = status()
    closed = caller.send("periods/2026-01/close", {})
    signature = {"names": ["Mara", "Otto"], "date": "2026-01-01", "document": "Policy 1"}
    change(caller, "books", {"go_live_signed": signature})
    for asked in Approval.objects.order_by("id"):
        approver = {asked.content["approver"]}
        approving.approve(asked.pk, {}, by=f"{approver}", at=NOW, reason="", speaks_for=approver)

    assert (before, status()) == ({"draft"}, {"posted"})
    assert (closed.status_code, closed.json()["code"]) == (409, "books_not_signed")
    assert caller.send("periods/2026-01/close", {}).status_code == 200


def test_every_approver_is_told_as_the_roles_know_it(caller):
    found = caller.get("policies").json()["settings"]

    assert {who for s in found for who in s["approver"].split(" and ")} <= set(APPROVERS)
    assert {s["name"] for s in found} == {policy.name for policy in policies.known()}
