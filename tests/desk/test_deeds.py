"""All acts of the desk: who may, what a rehearsal leaves behind, what a page does with a Refusal."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.template.response import SimpleTemplateResponse

from accounts.roles import VERBS, Role
from contracts.models import Contract
from creditops.desk import addresses
from creditops.desk.catalogue import DEEDS
from creditops.lib.models import Approval, AuditEntry
from invoicing.models import CreditNote
from tests import offers, staff
from tests.desk import acts, subjects
from tests.desk.subjects import commission
from tests.staff import NOW, Book

paper = offers.paper
pytestmark = pytest.mark.usefixtures("paper")


def test_every_act_has_a_verb_that_a_role_has():
    given = frozenset().union(*VERBS.values())

    assert {deed.verb for deed in DEEDS} <= given
    assert given - {deed.verb for deed in DEEDS} == {"read_revenue", "see_commissions"}  # pages


def test_an_act_is_open_to_the_roles_that_have_its_verb(book: Book, monkeypatch):
    keys = subjects.of(book)
    opened: dict[Role | None, set[str]] = {None: opened_by(None, keys)}
    # What a page says was asked of the superuser's; of the roles it counts who is let in.
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(admin.site, "each_context", lambda request: {})

    opened |= {role: opened_by(role, keys) for role in Role}

    wrong = {role: sorted(acts ^ open_to(role)) for role, acts in opened.items()}
    assert {role: names for role, names in wrong.items() if names} == {}


def opened_by(role: Role | None, keys: subjects.Keys) -> set[str]:
    """The acts whose page somebody in this role is shown; of statements it is asked for the own one."""
    person = staff.person(role)
    client = staff.as_(person)
    keys = keys | {"dispute-commission": commission.statement(person.email)}
    paths = {deed.name: addresses.of(deed.name, keys.get(deed.name)) for deed in DEEDS}
    return {name for name, path in paths.items() if client.get(path).status_code == 200}


def open_to(role: Role | None) -> set[str]:
    """The acts that a role may do."""
    everything = {deed.name for deed in DEEDS}
    may = everything if role is None else {d.name for d in DEEDS if d.verb in VERBS[role]}
    # Of those who agree to settings only who is the approver of this one: finance.
    return may - (set() if role in (None, Role.FINANCE, Role.CONTROLLER) else {"agree"})


def test_a_role_without_the_verb_is_refused_and_nothing_changes(book: Book, auditor):
    keys = subjects.of(book)
    support = staff.as_(staff.person(Role.SUPPORT))
    before, wrong = rows(), {}

    for deed in DEEDS:
        nobody = support if deed.name == "agree" else auditor  # an auditor agrees to some settings
        answer = nobody.post(
            addresses.of(deed.name, keys.get(deed.name)), {"step": "do", "reason": "I want to"}
        )
        told = "Your role does not include this." in answer.content.decode()
        found = (answer.status_code, told, changed(before, rows()))
        if found != (403, True, {}):
            wrong[deed.name] = found

    assert wrong == {}


def test_what_is_not_there_is_not_found(root):
    keyed = [deed.name for deed in DEEDS if deed.keyed]

    answers = {name: root.get(addresses.of(name, "nobody/nothing")).status_code for name in keyed}

    assert {name: status for name, status in answers.items() if status != 404} == {}


def test_a_rehearsal_leaves_nothing_behind(book: Book, root):
    before = rows()

    answer = acts.rehearse(
        root, "record-payment", book.invoice.number,
        amount="40", method="transfer", reference="wire-1",
    )  # fmt: skip

    assert (
        answer.context["effect"].sentence == f"Payment wire-1 of $40.00 for {book.invoice.number}."
    )
    assert rows() == before


def test_going_back_keeps_what_was_typed(book: Book, root):
    typed = {"amount": "12.34", "method": "transfer", "reference": "wire-1", "step": "back"}

    page = root.post(addresses.of("record-payment", book.invoice.number), typed)

    assert page.context["form"]["amount"].value() == "12.34"
    assert b'value="wire-1"' in page.content


def test_a_refusal_is_shown_and_what_was_typed_stays(book: Book, root):
    typed = {"credits": "20,000", "reason": "too many"}

    page = acts.do(root, "credit-note", book.invoice.number, **typed)

    assert acts.errors(page) == [
        f"Only 9,700 credits of {book.invoice.number} are left unused; 20,000 can't be credited. "
        "What was used is corrected by its events."
    ]
    assert b'value="20,000"' in page.content
    assert not CreditNote.objects.exists()


def test_an_act_is_audited_as_its_persons(book: Book, sam):
    Contract.objects.update(auto_renew=True)

    acts.do(sam, "cancel-contract", "C-1", reason="they leave")

    entry = AuditEntry.objects.filter(table_name="contracts_contract").first()
    assert (entry.actor, entry.at, entry.reason) == (
        "sales-rep@vendor.example", NOW, "they leave",
    )  # fmt: skip


def test_pages_with_secrets_and_figures_are_not_kept_by_browsers(book: Book, root):
    page = root.get(addresses.of("make-key"))

    assert "no-store" in page["Cache-Control"]


def rows() -> dict[str, int]:
    """How many rows each table of ours has, and how many requests were decided."""
    apart = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables())
    with connection.cursor() as cursor:
        cursor.execute(apart)
        found = dict(cursor.fetchall())
    return found | {"decided": Approval.objects.exclude(state=Approval.State.OPEN).count()}


def tables() -> list[str]:
    """The tables of our models."""
    ours = ("lib", "accounts", "ledger", "contracts", "invoicing")
    models = (model for app in ours for model in apps.get_app_config(app).get_models())
    return sorted(model._meta.db_table for model in models if model._meta.managed)


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many rows more there are, by their kind."""
    return {kind: number - before[kind] for kind, number in after.items() if number != before[kind]}
