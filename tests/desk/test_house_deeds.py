"""What keeps the house: approvals decided, months closed, settings changed, keys made."""

from __future__ import annotations

from datetime import date

import pytest

from accounts import keys
from accounts.models import ApiKey, Customer, Membership, Person
from accounts.roles import Role
from creditops.desk import addresses, approving
from creditops.desk.deeds.house import read
from creditops.lib import approvals
from creditops.lib.models import Approval, PolicySetting
from ledger import caps
from ledger.models import AccountingPeriod, CapLift, JournalEntry
from tests import staff
from tests.desk import acts
from tests.staff import NOW, Book


def asked(kind: str = caps.LIFT, by: str = "usage", **content) -> Approval:
    """An open request, by default for more overage of C-1."""
    return approvals.request(
        kind=kind, subject="C-1/1", summary="Usage of C-1 was refused.",
        content=content or {"contract": "C-1", "term": 1}, by=by, at=NOW,
    )  # fmt: skip


def test_every_kind_of_request_that_is_asked_can_be_carried_out():
    assert set(approving.CARRIED_OUT) == {caps.LIFT}


def test_an_approved_request_is_carried_out_at_once(book: Book, fiona):
    request = asked()

    done = acts.do(
        fiona, "decide", request.pk, decision="approve", cap="6,000", reason="their CFO agreed"
    )

    request.refresh_from_db()
    assert (request.state, request.decided_by, request.decided_at, request.reason) == (
        "approved", "controller@vendor.example", NOW, "their CFO agreed",
    )  # fmt: skip
    assert CapLift.objects.get().cap == 6_000
    assert acts.said(done) == ["Approved. The overage cap of C-1 is 6,000 credits."]


def test_what_cannot_be_carried_out_stays_open(book: Book, fiona):
    request = asked()

    page = acts.do(fiona, "decide", request.pk, decision="approve", reason="yes")

    assert acts.errors(page) == ["Type the new cap in credits, of the whole term."]
    request.refresh_from_db()
    assert (request.state, CapLift.objects.count()) == ("open", 0)


def test_a_request_of_a_term_that_is_over_can_only_be_rejected(book: Book, fiona):
    request = asked(contract="C-1", term=7)

    page = acts.do(fiona, "decide", request.pk, decision="approve", cap="1", reason="yes")
    done = acts.do(fiona, "decide", request.pk, decision="reject", reason="too late")

    assert acts.errors(page) == ["Term 7 of C-1 is over. Reject this request."]
    assert acts.said(done) == ["The request is rejected."]
    assert Approval.objects.get().state == "rejected"


def test_nobody_decides_what_they_asked_for(book: Book, fiona):
    request = asked(by="controller@vendor.example")

    for decision in ("approve", "reject"):
        page = acts.do(fiona, "decide", request.pk, decision=decision, cap="9", reason="yes")
        assert acts.errors(page) == ["You asked for this yourself. Another person has to decide."]
    request.refresh_from_db()
    assert request.state == "open"


def test_a_request_is_decided_once(book: Book, fiona):
    request = asked()
    acts.do(fiona, "decide", request.pk, decision="reject", reason="no")

    assert fiona.get(addresses.of("decide", request.pk)).status_code == 409


def test_a_request_of_an_unknown_kind_is_not_approved(book: Book, fiona):
    request = asked(kind="gift.cars")

    page = acts.do(fiona, "decide", request.pk, decision="approve", reason="yes")

    assert acts.errors(page) == ["Nobody knows how to carry out 'gift.cars'."]


def test_a_month_is_closed_with_its_usage_posted(book: Book, fiona):
    # 600 credits, of which the promotion pays 500.
    staff.use(book.acme, "C-1", "ev-2", 200_000, staff.at("2026-05-20"))

    page = acts.rehearse(fiona, "close-month", month="2026-05-01", reason="May is done")
    done = acts.do(fiona, "close-month", month="2026-05-01", reason="May is done")

    assert acts.changes(page)["Entries of the month"] == ("0", "1")
    assert acts.changes(page)["Deferred revenue"] == ("$97.00", "$96.00")
    period = AccountingPeriod.objects.get(month=date(2026, 5, 1))
    assert (period.state, period.closed_by, period.closed_at) == (
        "closed", "controller@vendor.example", NOW,
    )  # fmt: skip
    assert acts.said(done) == ["2026-05 is closed. Written: 1 journal entry."]


def test_only_months_that_are_over_are_offered(book: Book, fiona):
    staff.use(book.acme, "C-1", "ev-2", 200_000, staff.at("2026-05-20"))

    form = fiona.get(addresses.of("close-month")).context["form"]
    page = acts.do(fiona, "close-month", month="2026-06-01", reason="early")

    assert [label for _, label in form.fields["month"].choices] == ["January 2026", "May 2026"]
    assert "month" in page.context["form"].errors
    assert not AccountingPeriod.objects.filter(state="closed").exists()


def test_usage_that_waits_is_posted(book: Book, fiona):
    staff.use(book.acme, "C-1", "ev-2", 200_000, staff.at("2026-06-14"))
    before = JournalEntry.objects.count()

    done = acts.do(fiona, "post-usage", reason="for the report")

    assert JournalEntry.objects.count() == before + 1
    assert acts.said(done) == ["1 entries of usage are posted. Written: 1 journal entry."]


def test_a_setting_is_changed_by_a_new_version(book: Book, fiona):
    typed = {"value": "25", "approved_by": "Mara", "reason": "as agreed"}

    page = acts.rehearse(fiona, "change-setting", "contract:C-1/overage_pct", **typed)
    done = acts.do(fiona, "change-setting", "contract:C-1/overage_pct", **typed)

    assert acts.changes(page)["In force now"] == ("20 %", "25 %")
    row = PolicySetting.objects.get()
    assert (row.scope, row.value, row.set_by, row.approved_by, row.effective_at) == (
        "contract:C-1", "25", "controller@vendor.example", "Mara", NOW,
    )  # fmt: skip
    assert acts.said(done) == ["Overage allowed: 25 %, for contract C-1."]


def test_a_setting_for_later_leaves_today_as_it_is(book: Book, fiona):
    typed = {"value": "[60, 90]", "effective_at": "2026-07-01T00:00", "reason": "as agreed"}

    page = acts.rehearse(fiona, "change-setting", "books/alerts", **typed)

    assert acts.changes(page) == {
        "In force now": ("at 50, 80 and 95 %", "at 50, 80 and 95 %"),
        "In force at 2026-07-01 00:00 UTC": ("at 50, 80 and 95 %", "at 60 and 90 %"),
    }


def test_a_wrong_value_is_refused_with_what_to_write(book: Book, fiona):
    page = acts.do(fiona, "change-setting", "books/alerts", value="[]", reason="why not")

    assert acts.errors(page) == ["alerts: write a list of percentages, like [50, 80, 95]."]
    assert not PolicySetting.objects.exists()


def test_a_setting_with_few_values_is_chosen_by_its_words(book: Book, fiona):
    page = fiona.get("/admin/desk/change-setting/books/rollover/")

    assert page.context["form"].fields["value"].choices == [
        ("FULL", "all of it"), ("PARTIAL", "a share"), ("NONE", "nothing"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("FULL", "FULL"),
        ("20", 20),
        ("[50]", [50]),
        ("–", None),
        ('{"a": 1}', {"a": 1}),
        ("-", None),
    ],
)
def test_values_are_typed_as_people_read_them(typed, meant):
    assert read(typed) == meant


@pytest.mark.parametrize("key", ["nobody/alerts", "books/nothing", "customer:x/alerts", "books"])
def test_a_setting_that_is_none_is_not_found(book: Book, fiona, key: str):
    assert fiona.get(addresses.of("change-setting", key)).status_code == 404


def test_a_key_is_shown_once_and_stored_as_its_hash(book: Book):
    ines = staff.as_(staff.person(Role.INTEGRATOR))
    typed = {"name": "acme-1", "scopes": ["usage:write", "usage:read"], "customer": "acme"}

    rehearsal = acts.rehearse(ines, "make-key", **typed)
    page = acts.do(ines, "make-key", **typed)

    key = ApiKey.objects.get()
    secret = page.context["done"].secret
    assert keys.find(secret, NOW) == key
    assert (key.customer, key.created_by) == (book.acme, "integrator@vendor.example")
    assert page.content.decode().count(secret) == 1
    assert b"co_" not in rehearsal.content
    assert secret not in ines.get("/admin/accounts/apikey/").content.decode()


def test_a_key_for_nobody_is_refused(book: Book, root):
    page = acts.do(root, "make-key", name="k", scopes=["admin"], customer="nobody")

    assert acts.errors(page) == ["There is no customer 'nobody'."]
    assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing(book: Book, root):
    _, secret = keys.create(name="warehouse", scopes=["admin"], by="Ines", at=NOW)

    done = acts.do(root, "revoke-key", "warehouse", reason="it leaked")

    assert keys.find(secret, NOW) is None
    assert acts.said(done) == ["Key warehouse is revoked."]
    assert root.get(addresses.of("revoke-key", "warehouse")).status_code == 409


def test_a_new_customer_is_there_with_its_story(book: Book, sam):
    typed = {
        "code": "nordwind", "name": "Nordwind", "kind": "business", "segment": "enterprise",
        "currency": "USD", "time_zone": "Europe/Berlin", "country": "DE", "parent": "acme",
    }  # fmt: skip

    done = acts.do(sam, "new-customer", **typed)

    made = Customer.objects.get(code="nordwind")
    assert (made.time_zone, made.parent, made.created_at) == ("Europe/Berlin", book.acme, NOW)
    assert done.redirect_chain == [("/admin/desk/customer/nordwind/", 302)]
    assert acts.said(done) == ["Nordwind is a customer, known as nordwind."]


def test_a_zone_that_is_none_makes_no_customer(book: Book, sam):
    page = acts.do(
        sam, "new-customer", code="x", name="X", kind="business", segment="enterprise",
        currency="USD", time_zone="Mars/North",
    )  # fmt: skip

    assert acts.errors(page) == ["'Mars/North' is no IANA time zone. Write one like Europe/Berlin."]
    assert Customer.objects.count() == 1


def test_a_person_let_in_belongs_to_the_customer_and_to_nobody_else(book: Book, sam):
    typed = {"email": "ada@acme.example", "name": "Ada", "role": "admin", "notify_at_percent": "80"}

    acts.do(sam, "let-in", "acme", **typed | {"is_staff": "on", "is_superuser": "on"})

    ada = Person.objects.get(email="ada@acme.example")
    assert (ada.is_staff, ada.is_superuser, ada.has_usable_password()) == (False, False, False)
    assert Membership.objects.get(person=ada).customer == book.acme


def test_nobody_is_let_in_twice(book: Book, sam):
    typed = {"email": "ada@acme.example", "name": "Ada", "role": "admin"}
    acts.do(sam, "let-in", "acme", **typed)

    page = acts.do(sam, "let-in", "acme", **typed)

    assert acts.errors(page) == ["Somebody logs in as ada@acme.example already."]
