"""Facts of customers change by one work function; what is fixed stays, whatever is posted."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from accounts import customers
from accounts.models import Customer
from accounts.roles import Role
from creditops.lib import clock
from creditops.lib.models import AuditEntry
from creditops.lib.refusals import Refusal
from tests import cast, staff
from tests.staff import NOW

pytestmark = pytest.mark.django_db
FACTS = {"name": "Acme Inc", "legal_name": "Acme Incorporated", "country": "US", "region": "",
         "address": "1 Main St", "tax_id": "US-1", "language": "en",
         "_save": "Save"}  # fmt: skip


@pytest.fixture(autouse=True)
def _doors(monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


@pytest.fixture
def acme():
    return cast.customer()


def address(customer: Customer) -> str:
    return f"/admin/accounts/customer/{customer.pk}/change/"


def test_whoever_manages_customers_changes_their_facts(acme):
    sue = staff.as_(staff.person(Role.SUPPORT))

    assert sue.post(address(acme), FACTS).status_code == 302

    acme.refresh_from_db()
    assert (acme.name, acme.legal_name, acme.address, acme.tax_id) == (
        "Acme Inc", "Acme Incorporated", "1 Main St", "US-1",
    )  # fmt: skip
    entry = AuditEntry.objects.filter(table_name="accounts_customer").first()
    assert (entry.actor, entry.at) == ("support@vendor.example", NOW)
    assert entry.fields == ["address", "country", "legal_name", "name", "tax_id"]


def test_what_is_fixed_cannot_be_posted(acme):
    sue = staff.as_(staff.person(Role.SUPPORT))
    fixed = {"code": "evil", "currency": "EUR", "time_zone": "Europe/Berlin", "parent": "1",
             "created_at": "2020-01-01", "id": "99", "segment": "self_serve"}  # fmt: skip

    sue.post(address(acme), FACTS | fixed)

    after = Customer.objects.get()
    assert (after.code, after.currency, after.time_zone, after.parent, after.created_at) == (
        acme.code, "USD", "UTC", None, acme.created_at,
    )  # fmt: skip
    assert (after.pk, after.segment) == (acme.pk, "enterprise")


def test_others_cannot(acme):
    auditor = staff.as_(staff.person(Role.AUDITOR))

    assert auditor.post(address(acme), FACTS).status_code == 403
    assert Customer.objects.get().name == "Acme"


def test_a_refusal_is_shown_above_the_form_with_everything_typed(acme, monkeypatch):
    def refuse(customer, **facts):
        raise Refusal("fact_fixed", "That cannot be.")

    monkeypatch.setattr(customers, "change", refuse)
    sue = staff.as_(staff.person(Role.SUPPORT))

    page = sue.post(address(acme), FACTS)

    assert page.status_code == 200
    assert "That cannot be." in page.content.decode()
    assert 'value="Acme Incorporated"' in page.content.decode()
    assert Customer.objects.get().name == "Acme"


def test_nothing_changed_is_nothing_written(acme, monkeypatch):
    called = []
    monkeypatch.setattr(customers, "change", lambda *_, **facts: called.append(facts))
    sue = staff.as_(staff.person(Role.SUPPORT))

    sue.post(address(acme), {"name": "Acme", "_save": "Save"})

    assert called == []
