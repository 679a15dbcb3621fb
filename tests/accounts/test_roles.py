"""Roles hold exactly what accounts/roles.py says, and docs/roles.md tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from accounts import roles
from accounts.roles import ALL_VERBS, VERBS, Role
from creditops.lib import verbs
from tests import staff

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_a_role_may_do_its_verbs_and_no_other(role: Role):
    person = staff.person(role)

    assert {verb for verb in ALL_VERBS if verbs.may(person, verb)} == VERBS[role]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_a_role_holds_nothing_but_its_verbs_and_looking(role: Role):
    held = Group.objects.get(name=role.value).permissions.values_list("codename", flat=True)

    doing = {name for name in held if not name.startswith("view_")}
    assert doing == VERBS[role]
    assert ("view_apikey" in held) == ("manage_keys" in VERBS[role])


def test_rights_given_by_hand_do_not_survive_a_migration():
    auditor = Group.objects.get(name="auditor")
    auditor.permissions.add(Permission.objects.get(codename="change_person"))
    Group.objects.get(name="finance").permissions.clear()

    roles.after_migrate(apps.get_app_config("accounts"), "default")

    assert not auditor.permissions.filter(codename="change_person").exists()
    assert verbs.may(staff.person(Role.FINANCE), "record_payment")


def test_the_superuser_may_everything_and_outsiders_nothing():
    root = staff.person(None)
    ada = staff.otto(staff.cast.customer())

    assert all(verbs.may(root, verb) for verb in ALL_VERBS)
    assert not any(verbs.may(ada, verb) for verb in [*ALL_VERBS, ""])


def test_the_document_tells_who_may_what():
    text = DOCUMENT.read_text()

    for verb in ALL_VERBS:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{verb}` |"))
        cells = [cell.strip() for cell in row.split("|")[3:-1]]
        assert [role for role, cell in zip(Role, cells, strict=True) if cell == "yes"] == [
            role for role in Role if verb in VERBS[role]
        ], verb
