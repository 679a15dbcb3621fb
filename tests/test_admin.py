"""The admin as a whole: every table is there, on our own bases, for staff only, and nobody edits it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import roles
from accounts.models import ApiKey, Customer, Person
from accounts.roles import Role
from creditops.lib import admin_columns, clock, verbs
from creditops.lib.admin import HouseAdmin, HouseholdAdmin, ReadOnlyAdmin, RecordAdmin
from creditops.lib.tables import Book
from invoicing.models import SellerProfile
from tests import cast, staff
from tests.staff import NOW

OURS = ("lib", "accounts", "ledger", "contracts", "invoicing")
# What somebody earns is seen by those who pay or plan it; reps have their statement.
PAY = {
    "contracts.CommissionDispute", "contracts.CommissionEvent", "contracts.CommissionPart",
    "contracts.CommissionPayout", "contracts.CommissionStatement", "contracts.ContractCost",
    "contracts.ContractCostStep",
}  # fmt: skip
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _doors(monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def root():
    return staff.as_(staff.person(None))


def named(model):
    return model._meta.label


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def relations_of(model) -> set[str]:
    return {field.name for field in model._meta.fields if field.is_relation}


def page_of(row) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[admin_columns.key(row)])


def test_every_table_of_ours_has_its_page():
    missing = [
        named(model)
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if model not in admin.site._registry
    ]

    assert missing == []


def test_every_page_stands_on_our_own_base():
    foreign = [
        named(m) for m, page in admin.site._registry.items() if not isinstance(page, HouseAdmin)
    ]

    assert foreign == []


def test_what_the_name_of_a_row_reads_is_a_foreign_key_of_it():
    unknown = {
        named(model): sorted(set(page.named_by) - relations_of(model))
        for model, page in admin.site._registry.items()
    }

    assert {model: names for model, names in unknown.items() if names} == {}


def test_the_books_are_read_only_for_ever():
    open_books = [
        named(model)
        for model in REGISTERED
        if issubclass(model, Book) and not isinstance(admin.site._registry[model], ReadOnlyAdmin)
    ]

    assert open_books == []


def test_no_list_edits_and_no_list_acts(rf):
    request = rf.get("/")
    request.user = staff.person(None)

    for model in REGISTERED:
        page = admin.site._registry[model]
        assert page.list_editable == (), named(model)
        assert page.get_actions(request) == {}, named(model)
        assert not page.save_as, named(model)


def test_what_may_be_changed_is_a_short_list():
    may_be_changed = {
        named(model)
        for model in REGISTERED
        if not isinstance(admin.site._registry[model], ReadOnlyAdmin)
    }

    assert may_be_changed == {
        "accounts.Customer",
        "accounts.Person",
        "invoicing.SellerProfile",
        "django_celery_beat.ClockedSchedule",
        "django_celery_beat.CrontabSchedule",
        "django_celery_beat.IntervalSchedule",
        "django_celery_beat.PeriodicTask",
        "django_celery_beat.SolarSchedule",
    }
    assert isinstance(admin.site._registry[Customer], RecordAdmin)
    assert isinstance(admin.site._registry[SellerProfile], RecordAdmin)


@pytest.mark.parametrize("model", REGISTERED, ids=named)
def test_not_even_a_superuser_adds_changes_or_deletes_what_is_only_read(model, root):
    if not isinstance(admin.site._registry[model], ReadOnlyAdmin):
        pytest.skip("may be changed, as the list above says")

    assert root.get(f"{list_of(model)}add/").status_code == 403
    assert root.post(f"{list_of(model)}add/", {}).status_code == 403
    for action in ("delete", "change", "history"):
        assert root.post(f"{list_of(model)}1/{action}/", {"post": "yes"}).status_code in (403, 404)


@pytest.mark.slow
def test_every_list_and_every_page_answers(root):
    staff.crowd(2)
    answers = {}

    for model in REGISTERED:
        answers[named(model)] = [root.get(list_of(model)).status_code]
        row = model._default_manager.first()
        if row is not None:
            answers[named(model)].append(root.get(page_of(row)).status_code)

    assert {name: codes for name, codes in answers.items() if set(codes) != {200}} == {}
    assert sum(len(codes) == 2 for codes in answers.values()) > 40


@pytest.mark.slow
def test_a_list_of_thirty_asks_as_much_as_a_list_of_three(root, monkeypatch):
    staff.crowd(31)
    root.get(list_of(Customer))
    more = {}
    compared = 0

    for model in REGISTERED:
        page = admin.site._registry[model]
        asked = []
        for rows in (3, 30):
            monkeypatch.setattr(page, "list_per_page", rows)
            with CaptureQueriesContext(connection) as queries:
                root.get(list_of(model))
            asked.append(len(queries))
        if asked[0] != asked[1]:
            more[named(model)] = asked
        compared += model._default_manager.count() > 30

    assert more == {}
    assert compared > 20


def test_nobody_is_shown_the_way_in():
    client = staff.as_(None)

    for address in ("/admin/", list_of(Customer), "/admin/desk/new-customer/", "/admin/nothing/"):
        first = client.get(address)
        assert first.status_code == 302
        assert first["Location"].startswith("/admin/login/?next=/admin/")
    assert client.get("/admin/login/?next=/admin/desk/policies/")["Location"] == (
        "/login/?next=%2Fadmin%2Fdesk%2Fpolicies%2F"
    )


def test_the_way_in_leads_nowhere_else():
    answer = staff.as_(None).get("/admin/login/?next=//evil.example/")

    assert answer["Location"] == "/login/?next=%2Fadmin%2F"


def test_a_customers_person_finds_nothing_here():
    otto = staff.as_(staff.otto(cast.customer("other")))

    for address in ("/admin/", "/admin/login/", list_of(Customer), "/admin/desk/policies/"):
        assert otto.get(address).status_code == 404
    assert otto.post("/admin/desk/new-customer/", {"step": "do"}).status_code == 404
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_everybody_on_the_staff_may_look_at_everything_but_keys_and_pay(role, rf):
    request = rf.get("/")
    request.user = staff.person(role)
    client = staff.as_(request.user)

    hidden = {
        named(model)
        for model in REGISTERED
        if not admin.site._registry[model].has_view_permission(request)
    }

    keys = set() if role is Role.INTEGRATOR else {"accounts.ApiKey"}
    assert hidden == keys | (set() if "see_commissions" in roles.VERBS[role] else PAY)
    assert client.get(list_of(ApiKey)).status_code == (200 if role is Role.INTEGRATOR else 403)
    assert client.get(list_of(Customer)).status_code == 200


def test_somebody_locked_out_is_nobody():
    sam = staff.person(Role.SALES_REP)
    client = staff.as_(sam)
    Person.objects.filter(pk=sam.pk).update(is_active=False)

    assert client.get("/admin/").status_code == 302
    assert not verbs.may(Person.objects.get(pk=sam.pk), "")


def test_a_list_cannot_be_asked_about_secrets(root):
    staff.crowd(1)

    for lookup in ("digest__startswith=a", "password__startswith=p", "token=works"):
        for model in ("accounts/apikey", "accounts/person", "invoicing/savedcard"):
            assert root.get(f"/admin/{model}/?{lookup}").status_code in (302, 400)


def test_secrets_stand_on_no_page(root):
    staff.crowd(1)
    key = ApiKey.objects.get()
    person = Person.objects.exclude(is_staff=True).get()

    pages = [root.get(page_of(row)).content.decode() for row in (key, person)]

    assert key.digest not in pages[0]
    assert key.prefix in pages[0]
    assert person.password not in pages[1]


def test_an_address_that_is_nonsense_is_not_found(root):
    for address in (
        "accounts/customer/?customer=%00",
        "ledger/usageevent/?q=%00",
        "desk/bill/%00/",
    ):
        assert root.get(f"/admin/{address}").status_code == 404


def test_names_are_never_markup(root):
    hostile = "<script>alert(1)</script>"
    customer = cast.customer("evil", name=hostile, legal_name=hostile, address=hostile)

    for address in (list_of(Customer), page_of(customer), "/admin/desk/customer/evil/"):
        page = root.get(address).content.decode()
        assert hostile not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    found = root.get("/admin/search/?extended=1&s=evil").content.decode()
    assert hostile not in found


def test_only_superusers_change_the_schedule_of_the_beat(root):
    fiona = staff.as_(staff.person(Role.CONTROLLER))
    address = reverse("admin:django_celery_beat_intervalschedule_add")

    assert fiona.post(address, {"every": 5, "period": "days"}).status_code == 403
    assert root.post(address, {"every": 5, "period": "days"}).status_code == 302
    assert isinstance(
        admin.site._registry[apps.get_model("django_celery_beat.PeriodicTask")], HouseholdAdmin
    )


def test_the_clock_of_these_tests_stands_still():
    assert clock.now() - NOW == timedelta(0)
