"""What keeps the house: approvals decided, months closed, keys made."""

from __future__ import annotations

from accounts import keys
from accounts.models import ApiKey, Customer, Membership, Person
from accounts.roles import Role
from contracts import amendment_requests, commission_payouts, quotes
from creditops.desk import addresses, approving
from creditops.lib import approvals, setting_requests
from creditops.lib.models import Approval
from invoicing import money_on_account, refunds, write_offs
from ledger import caps, closing, cohorts, recognition
from ledger.models import CapLift, JournalEntry
from tests import cast, staff
from tests.desk import acts
from tests.staff import NOW, Book


def asked(kind: str = caps.LIFT, by: str = "usage", **content) -> Approval:
    """An open request, by default for more overage of C-1."""
    return approvals.request(
        kind=kind, subject="C-1/1", summary="Usage of C-1 was refused.",
        content=content or {"contract": "C-1", "term": 1}, by=by, at=NOW,
    )  # fmt: skip


def test_every_kind_of_request_that_is_asked_can_be_carried_out():
    kinds = {
        caps.LIFT, recognition.ESTIMATE, cohorts.ESTIMATE, closing.REOPEN, setting_requests.KIND,
        refunds.KIND, write_offs.KIND, quotes.KIND, commission_payouts.KIND, money_on_account.KIND,
        amendment_requests.KIND,
    }  # fmt: skip

    assert set(approving.CARRIED_OUT) == kinds


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


def test_usage_that_waits_is_posted(book: Book, fiona):
    cast.sign_books()
    staff.use(book.acme, "C-1", "ev-2", 200_000, staff.at("2026-06-14"))
    before = JournalEntry.objects.count()

    done = acts.do(fiona, "post-usage", reason="for the report")

    assert JournalEntry.objects.count() == before + 1
    assert acts.said(done) == ["1 entries of usage are posted. Written: 1 journal entry."]


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
        "language": "de",
    }  # fmt: skip

    done = acts.do(sam, "new-customer", **typed)

    made = Customer.objects.get(code="nordwind")
    assert (made.time_zone, made.parent, made.created_at) == ("Europe/Berlin", book.acme, NOW)
    assert made.language == "de"
    assert done.redirect_chain == [("/admin/desk/customer/nordwind/", 302)]
    assert acts.said(done) == ["Nordwind is a customer, known as nordwind."]


def test_a_zone_that_is_none_makes_no_customer(book: Book, sam):
    page = acts.do(
        sam, "new-customer", code="x", name="X", kind="business", segment="enterprise",
        currency="USD", time_zone="Mars/North", language="en",
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
