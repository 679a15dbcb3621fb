"""People: who may change what about whom. Nobody makes themselves more than they are."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache

from accounts.models import Membership, Person
from accounts.roles import Role
from creditops.lib import clock
from tests import cast, staff
from tests.staff import NOW

pytestmark = pytest.mark.django_db
EVERYTHING = {
    "email": "me@evil.example", "name": "Renamed", "is_active": "on", "is_staff": "on",
    "is_superuser": "on", "password": "x", "password1": "a-long-pass-word", "joined_at": "2020-01-01",
    "password2": "a-long-pass-word", "user_permissions": "1", "_save": "Save",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _doors(monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def ada():
    return staff.people.add_member(
        email="ada@acme.example", name="Ada", customer=cast.customer(), at=NOW,
        role=Membership.Role.ADMIN, password="adas-own-password",
    )  # fmt: skip


def address(person: Person, page: str = "change") -> str:
    return f"/admin/accounts/person/{person.pk}/{page}/"


def facts(person: Person) -> tuple[object, ...]:
    found = Person.objects.get(pk=person.pk)
    groups = sorted(found.groups.values_list("name", flat=True))
    return (
        found.email, found.name, found.password, found.is_active, found.is_staff,
        found.is_superuser, groups, found.user_permissions.count(),
    )  # fmt: skip


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_nobody_makes_themselves_a_superuser(role: Role):
    me = staff.person(role)
    before = facts(me)
    posted = {**EVERYTHING, "groups": list(Group.objects.values_list("pk", flat=True))}

    for page in ("change", "password"):
        assert staff.as_(me).post(address(me, page), posted).status_code == 403

    assert facts(me) == before


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_nobody_touches_the_superuser(role: Role):
    root, me = staff.person(None), staff.person(role)
    before = facts(root)

    for page in ("change", "password", "delete"):
        assert staff.as_(me).post(address(root, page), EVERYTHING).status_code == 403
    assert staff.as_(me).get(address(root, "password")).status_code == 403

    assert facts(root) == before


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_nobody_makes_a_login_of_the_staff(role: Role):
    answer = staff.as_(staff.person(role)).post("/admin/accounts/person/add/", EVERYTHING)

    assert answer.status_code == 403
    assert Person.objects.count() == 1


def test_whoever_manages_customers_renames_their_people_and_nothing_else(ada):
    sue = staff.as_(staff.person(Role.SUPPORT))
    posted = {**EVERYTHING, "groups": list(Group.objects.values_list("pk", flat=True))}

    answer = sue.post(address(ada), posted)

    assert answer.status_code == 302
    before: tuple[object, ...] = (
        "ada@acme.example",
        "Renamed",
        ada.password,
        True,
        False,
        False,
        [],
        0,
    )
    assert facts(ada) == before
    assert sue.post(address(ada, "password"), EVERYTHING).status_code == 403
    assert Person.objects.get(pk=ada.pk).check_password("adas-own-password")


def test_whoever_manages_customers_locks_their_people_out(ada):
    sue = staff.as_(staff.person(Role.SUPPORT))

    sue.post(address(ada), {"name": "Ada", "_save": "Save"})

    assert not Person.objects.get(pk=ada.pk).is_active


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.INTEGRATOR])
def test_others_only_look(ada, role: Role):
    client = staff.as_(staff.person(role))
    before = facts(ada)

    assert client.get(address(ada)).status_code == 200
    assert client.post(address(ada), EVERYTHING).status_code == 403
    assert facts(ada) == before


def test_the_superuser_gives_roles_and_passwords(ada):
    root = staff.as_(staff.person(None))
    finance = Group.objects.get(name="finance")

    root.post(
        address(ada),
        {"email": ada.email, "name": "Ada", "is_active": "on", "is_staff": "on",
         "groups": [finance.pk], "_save": "Save"},
    )  # fmt: skip
    root.post(
        address(ada, "password"), {"password1": "tall-green-house", "password2": "tall-green-house"}
    )

    after = Person.objects.get(pk=ada.pk)
    assert (after.is_staff, after.is_superuser, list(after.groups.all())) == (
        True,
        False,
        [finance],
    )
    assert after.check_password("tall-green-house")


def test_the_superuser_adds_a_login_with_its_instant():
    root = staff.as_(staff.person(None))

    root.post(
        "/admin/accounts/person/add/",
        {"email": "new@vendor.example", "name": "New", "is_staff": "on",
         "password1": "tall-green-house", "password2": "tall-green-house",
         "usable_password": "true", "_save": "Save"},
    )  # fmt: skip

    made = Person.objects.get(email="new@vendor.example")
    assert (made.joined_at, made.is_staff, made.is_superuser) == (NOW, True, False)
    assert made.check_password("tall-green-house")


def test_roles_are_not_edited_here():
    root = staff.as_(staff.person(None))
    auditor = Group.objects.get(name="auditor")

    answer = root.post(
        f"/admin/auth/group/{auditor.pk}/change/", {"name": "x", "permissions": ["1"]}
    )

    assert answer.status_code == 403
    assert Group.objects.get(pk=auditor.pk).name == "auditor"
