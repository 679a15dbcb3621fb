"""Who may call: keys, scopes, and customers that a key is bound to."""

import pytest

from accounts import keys
from accounts.models import ApiKey
from tests.api import promises
from tests.api.conftest import NOW, Caller, caller_with, refused
from tests.cast import START, at, customer

pytestmark = pytest.mark.django_db

SAMPLES = {
    "{uid}": "1-65536",
    "{exception}": "1",
    "{customer}": "acme",
    "{card}": "standard",
    "{contract}": "c1",
    "{number}": "INV-2026-000001",
    "{period}": "2026-01",
    "{approval}": "1",
}
OPERATIONS = list(promises.operations())


def ask(caller: Caller, method: str, template: str):
    path = template.removeprefix("/api/v1/")
    for name, value in SAMPLES.items():
        path = path.replace(name, value)
    return caller.get(path) if method == "get" else caller.send(path, method=method)


def test_without_a_key_every_operation_is_closed():
    answers = [ask(Caller(None), method, path) for method, path, _ in OPERATIONS]

    assert {refused(answer) for answer in answers} == {(401, "not_authenticated")}
    assert {answer["WWW-Authenticate"] for answer in answers} == {"Bearer"}


def test_a_key_without_the_scope_is_told_which_one_it_lacks():
    everything = set(ApiKey.Scope.values) - {ApiKey.Scope.ADMIN}
    for method, path, found in OPERATIONS:
        (needed,) = found["security"][0]["key"]
        others = everything - {needed}
        answer = ask(caller_with(*others, name=f"{method} {path}"), method, path)

        assert refused(answer) == (403, "permission_denied")
        assert answer.json()["detail"] == f"This API key lacks the scope {needed}."


def test_a_key_that_is_bound_to_a_customer_has_no_part_in_what_is_the_vendors():
    bound = caller_with("admin", customer=customer())
    vendors = [
        (m, p) for m, p, found in OPERATIONS if "bound to a customer" in found["description"]
    ]

    answers = [ask(bound, method, path) for method, path in vendors]

    assert {refused(answer) for answer in answers} == {(403, "permission_denied")}
    assert [f"{method} {path.removeprefix('/api/v1/')}" for method, path in vendors] == [
        "get approvals",
        "post approvals/{approval}/approve",
        "post approvals/{approval}/reject",
        "post blocks/{block}/void",
        "get commission-plans",
        "post commission-plans",
        "get commissions",
        "post credit-notes/{note}/refund",
        "post customers",
        "get exchange-rates",
        "post exchange-rates",
        "post invoices/{number}/credit-notes",
        "post invoices/{number}/payments",
        "post invoices/{number}/void",
        "post invoices/{number}/write-off",
        "get journal",
        "post meters",
        "post packs",
        "get periods",
        "get periods/{period}/checklist",
        "post periods/{period}/close",
        "post plans",
        "post price-lists",
        "post quotes",
        "post quotes/{quote}/send",
        "get rate-cards",
        "post rate-cards",
        "get rate-cards/{card}/drafts",
        "get rate-cards/{card}/versions",
        "post rate-cards/{card}/versions",
        "post rate-cards/{card}/versions/{version}/publish",
        "post rate-cards/{card}/versions/{version}/review",
        "post units",
    ]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer wrong", "é"])
def test_what_is_no_key_opens_nothing(header):
    answer = Caller(None).client.get("/api/v1/customers", headers={"Authorization": header})

    assert answer.status_code == 401


def test_the_scheme_may_be_written_in_any_case():
    _, secret = keys.create(name="k", scopes=["admin"], by="Fiona", at=START)

    answer = Caller(None).client.get("/api/v1/units", headers={"Authorization": f"bearer {secret}"})

    assert answer.status_code == 200


def test_a_revoked_key_is_nobodys_at_once():
    caller = caller_with("usage:read", name="leaked")
    before = caller.get("units").status_code
    keys.revoke("leaked", at=NOW)

    answer = caller.get("units")

    assert (before, refused(answer)) == (200, (401, "authentication_failed"))


def test_an_expired_key_is_nobodys_from_its_end_on():
    def status(end: str) -> int:
        _, secret = keys.create(
            name=end, scopes=["usage:read"], by="Fiona", at=START, expires_at=at(end)
        )
        return Caller(secret).get("units").status_code

    assert status("2026-02-01 12:00") == 401
    assert status("2026-02-01 12:01") == 200


def test_an_address_that_is_not_there_says_where_to_look(db):
    answer = caller_with("admin").get("customer")

    assert refused(answer) == (404, "not_found")
    assert answer.json()["detail"] == (
        "There is no /api/v1/customer. GET /api/v1/schema describes every address there is."
    )


def test_a_method_that_is_not_there_says_which_are():
    answer = caller_with("admin").send("units", method="delete")

    assert refused(answer) == (405, "method_not_allowed")
    assert "POST" in answer["Allow"]


def test_the_form_of_the_answer_is_always_json(caller):
    answer = caller.client.get("/api/v1/units", headers={"Accept": "text/html"})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
