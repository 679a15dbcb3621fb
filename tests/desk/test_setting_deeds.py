"""Changes of settings in the desk: who asks, who agrees, whom it touches, from when, never the past."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import Membership
from accounts.roles import APPROVERS, Role
from creditops.desk import addresses, setting_values
from creditops.lib import policies
from creditops.lib.models import Approval, PolicySetting
from tests import cast, staff
from tests.desk import acts
from tests.staff import NOW, Book


def of(role: Role) -> Client:
    """The browser of somebody in this role."""
    return staff.as_(staff.person(role))


def another_of(role: Role) -> Client:
    """The browser of a second person in this role."""
    name = f"second-{role.value.replace(' ', '-')}"
    return staff.as_(
        people.add_staff(email=f"{name}@vendor.example", name=name, role=role, at=cast.START)
    )


def in_force(name: str, *scopes: str, when=NOW):
    return policies.in_force(scopes, when)[name]


def touched(response) -> dict[str, list[tuple[str, ...]]]:
    """The listings of a confirmation: title -> rows."""
    return {listing.title: list(listing.rows) for listing in response.context["effect"].touched}


def test_every_approver_of_a_setting_is_a_role():
    wanted = {who for p in policies.known() for who in (*p.approvers("books"), *p.approvers("x"))}

    assert wanted <= set(APPROVERS)


def test_a_change_waits_for_the_approver_that_the_setting_names(book: Book, sam):
    typed = {"value": "25", "agreed_by": "their CFO", "reason": "as agreed"}

    page = acts.rehearse(sam, "change-setting", "contract:C-1/overage_pct", **typed)
    done = acts.do(sam, "change-setting", "contract:C-1/overage_pct", **typed)

    assert acts.changes(page)["In force now"] == ("20 %", "25 %")
    assert acts.said(done) == [
        "Asked for: Overage allowed: 25 %, for contract C-1. It acts once it is agreed to by sales."
    ]
    assert in_force("overage_pct", "contract:C-1") == "20"
    asked = Approval.objects.get()
    decided = acts.do(
        of(Role.SALES_MANAGER), "agree", asked.pk, decision="approve", reason="fine with us"
    )
    assert acts.said(decided) == ["Agreed. Overage allowed: 25 %, for contract C-1, from now on."]
    row = PolicySetting.objects.get()
    assert (row.scope, row.value, row.set_by, row.approved_by, row.effective_at) == (
        "contract:C-1", "25", "sales-rep@vendor.example",
        "sales-manager@vendor.example, their CFO", NOW,
    )  # fmt: skip


def test_nobody_agrees_to_their_own_change(book: Book):
    mara = of(Role.SALES_MANAGER)
    acts.do(mara, "change-setting", "books/overage_pct", value="25", reason="more")

    page = acts.do(mara, "agree", Approval.objects.get().pk, decision="approve", reason="yes")

    assert acts.errors(page) == ["You asked for this yourself. Another person has to decide."]
    assert in_force("overage_pct") == "20"


@pytest.mark.parametrize("role", [Role.FINANCE, Role.CONTROLLER, Role.AUDITOR, Role.INTEGRATOR])
def test_nobody_agrees_for_another_role(book: Book, sam, role: Role):
    acts.do(sam, "change-setting", "books/overage_pct", value="25", reason="more")

    page = of(role).get(addresses.of("agree", Approval.objects.get().pk))

    assert page.status_code == 409
    assert "This is for sales to decide" in page.content.decode()


def test_two_approvers_are_two_persons_and_the_last_one_makes_the_change(book: Book, sam):
    acts.do(sam, "change-setting", "books/rollover", value="NONE", reason="monthly plans")
    sales, finance = Approval.objects.order_by("id")

    first = acts.do(of(Role.FINANCE), "agree", finance.pk, decision="approve", reason="yes")
    still = in_force("rollover")
    second = acts.do(of(Role.SALES_MANAGER), "agree", sales.pk, decision="approve", reason="yes")

    assert acts.said(first) == ["Agreed. It still has to be agreed by: sales."]
    assert still == "FULL"
    assert acts.said(second) == ["Agreed. Rollover: nothing, for the books, from now on."]
    row = PolicySetting.objects.get()
    assert (row.value, row.approved_by) == (
        "NONE", "sales-manager@vendor.example, finance@vendor.example",
    )  # fmt: skip


def test_a_superuser_is_one_person_not_two(book: Book, sam, root):
    acts.do(sam, "change-setting", "books/rollover", value="NONE", reason="monthly plans")
    sales, finance = Approval.objects.order_by("id")
    acts.do(root, "agree", finance.pk, decision="approve", reason="yes")

    page = acts.do(root, "agree", sales.pk, decision="approve", reason="yes")

    assert acts.errors(page) == [
        "You agreed to this change already. It takes another person to agree as sales."
    ]
    assert in_force("rollover") == "FULL"


def test_what_one_approver_declines_the_other_need_not_decide(book: Book, sam):
    acts.do(sam, "change-setting", "books/rollover", value="NONE", reason="monthly plans")
    _, finance = Approval.objects.order_by("id")

    acts.do(of(Role.FINANCE), "agree", finance.pk, decision="reject", reason="not now")

    assert set(Approval.objects.values_list("state", "reason")) == {("rejected", "not now")}
    assert not PolicySetting.objects.exists()


def test_a_change_that_waits_is_decided_before_the_next(book: Book, sam, fiona):
    acts.do(sam, "change-setting", "books/overage_pct", value="25", reason="more")

    page = acts.do(fiona, "change-setting", "books/overage_pct", value="10", reason="less")
    other = acts.do(fiona, "change-setting", "customer:acme/overage_pct", value="10", reason="x")

    assert acts.errors(page) == [
        "A change of overage_pct waits already, asked for by sales-rep@vendor.example: it has to be "
        "decided before the next."
    ]
    assert acts.said(other)
    assert Approval.objects.count() == 2


def test_what_its_approver_may_change_alone_is_changed_at_once(book: Book, fiona, sam):
    done = acts.do(fiona, "change-setting", "books/invoice_terms_days", value="14", reason="terms")
    acts.do(sam, "change-setting", "books/late_event_window_days", value="14", reason="late")

    assert acts.said(done) == ["Payment terms: 14 days, for the books."]
    assert in_force("invoice_terms_days") == 14
    assert in_force("late_event_window_days") == 30
    assert [asked.content["setting"] for asked in Approval.objects.all()] == [
        "late_event_window_days"
    ]


def test_a_change_for_later_leaves_today_as_it_is_and_stands_as_coming(book: Book, fiona):
    typed = {"value": "[60, 90]", "effective_at": "2026-07-01T00:00", "reason": "as agreed"}

    page = acts.rehearse(fiona, "change-setting", "books/alerts", **typed)
    acts.do(fiona, "change-setting", "books/alerts", **typed)
    row = rows(fiona)["alerts"]

    assert acts.changes(page) == {
        "In force now": ("at 50, 80 and 95 %", "at 50, 80 and 95 %"),
        "In force at 2026-07-01 00:00 UTC": ("at 50, 80 and 95 %", "at 60 and 90 %"),
    }
    assert (row.words, [coming.words for coming in row.coming]) == (
        "at 50, 80 and 95 %", ["at 60 and 90 %"],
    )  # fmt: skip


def test_a_change_that_comes_is_withdrawn_by_a_new_version(book: Book, fiona):
    typed = {"value": "10", "effective_at": "2026-07-01T00:00", "reason": "as agreed"}
    acts.do(fiona, "change-setting", "books/invoice_terms_days", **typed)
    (coming,) = rows(fiona)["invoice_terms_days"].coming

    form = fiona.get(coming.address).context["form"]
    acts.do(
        fiona, "change-setting", "books/invoice_terms_days@1",
        **{name: form.initial[name] for name in ("value", "effective_at", "reason")},
    )  # fmt: skip

    assert form.initial["reason"] == "withdraws the change to 10 days"
    assert in_force("invoice_terms_days", when=staff.at("2026-07-01")) == 30
    assert [(v.row.version, v.words) for v in rows(fiona)["invoice_terms_days"].history] == [
        (2, "30 days"), (1, "10 days"),
    ]  # fmt: skip
    assert fiona.get(addresses.of("change-setting", "books/alerts@7")).status_code == 404


def test_a_change_never_touches_the_past(book: Book, fiona):
    page = acts.do(
        fiona, "change-setting", "books/invoice_terms_days", value="10",
        effective_at="2026-06-01T00:00", reason="backdate",
    )  # fmt: skip

    assert acts.errors(page) == [
        "A setting can't act from 2026-06-01 00:00: that is past. Choose now or later."
    ]
    assert not PolicySetting.objects.exists()


def test_a_request_whose_instant_has_passed_can_only_be_rejected(
    book: Book, sam, monkeypatch: pytest.MonkeyPatch
):
    typed = {"value": "25", "effective_at": "2026-07-01T00:00", "reason": "from July on"}
    acts.do(sam, "change-setting", "books/overage_pct", **typed)
    monkeypatch.setattr("creditops.lib.clock.now", lambda: staff.at("2026-07-02"))
    mara, key = of(Role.SALES_MANAGER), Approval.objects.get().pk

    page = acts.do(mara, "agree", key, decision="approve", reason="yes")
    acts.do(mara, "agree", key, decision="reject", reason="too late")

    assert acts.errors(page) == [
        "A setting can't act from 2026-07-01 00:00: that is past. Choose now or later."
    ]
    assert Approval.objects.get().state == "rejected"
    assert not PolicySetting.objects.exists()


def test_the_confirmation_says_whom_a_change_touches(book: Book, sam):
    staff.sign(book.acme, "C-2", when=NOW, settings={"late_admission": "OVERAGE"})
    bolt = cast.customer("bolt", name="Bolt")
    staff.sign(bolt, "B-1", when=NOW)
    policies.change(
        "customer:bolt", {"late_admission": "OVERAGE"}, effective_at=NOW, recorded_at=NOW, by="Sam"
    )
    words = ("becomes overage", "becomes an exception")

    def asked(scope: str) -> dict[str, list[tuple[str, ...]]]:
        typed = {"value": "REFUSE_HARD", "reason": "stricter"}
        return touched(acts.rehearse(sam, "change-setting", f"{scope}/late_admission", **typed))

    assert asked("books") == {
        "1 contract touched; 2 keep their own values": [("C-1, Acme", *words)],
        "1 customer touched, for credits without a contract; 1 keeps its own value": [
            ("Acme", *words)
        ],
    }
    assert asked("customer:acme") == {
        "1 contract touched; 1 keeps its own value": [("C-1, Acme", *words)],
        "1 customer touched, for credits without a contract": [("Acme", *words)],
    }
    assert asked("contract:C-2") == {"1 contract touched": [("C-2, Acme", *words)]}


def test_settings_of_contracts_touch_no_credits_without_one(book: Book, sam):
    of_terms = acts.rehearse(sam, "change-setting", "books/overage_pct", value="25", reason="x")
    of_others = acts.rehearse(
        sam, "change-setting", "books/validity", rule="ANNIVERSARY", months="12", reason="x"
    )

    assert list(touched(of_terms)) == ["1 contract touched"]
    assert list(touched(of_others)) == ["1 customer touched, for credits without a contract"]


def test_whoever_agrees_sees_whom_it_touches_too(book: Book, sam):
    acts.do(sam, "change-setting", "books/overage_pct", value="25", reason="more")
    key = Approval.objects.get().pk

    page = acts.rehearse(of(Role.SALES_MANAGER), "agree", key, decision="approve", reason="yes")

    assert acts.changes(page) == {"In force now": ("20 %", "25 %")}
    assert touched(page) == {"1 contract touched": [("C-1, Acme", "20 %", "25 %")]}


def test_whom_it_touches_is_found_by_the_same_number_of_questions(db, sam):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            acts.rehearse(sam, "change-setting", "books/overage_pct", value="25", reason="x")
        return len(found)

    staff.crowd(2)
    few = asked()
    for n in range(10):
        staff.sign(cast.customer(f"more-{n}"), f"M-{n}", when=NOW)

    assert asked() == few


def test_alerts_of_a_customer_are_its_administrators_to_decide(book: Book, sam):
    nobody = sam.get("/admin/desk/change-setting/customer:acme/alerts/")
    ada = people.add_member(
        email="ada@acme.example", name="Ada", customer=book.acme, role=Membership.Role.ADMIN,
        at=cast.START,
    )  # fmt: skip
    people.add_member(
        email="vic@acme.example", name="Vic", customer=book.acme, role=Membership.Role.VIEWER,
        at=cast.START,
    )  # fmt: skip

    typed = {"value": "[70]", "reason": "she called"}
    by_vic = acts.do(
        sam, "change-setting", "contract:C-1/alerts", **typed, agreed_by="vic@acme.example"
    )
    done = acts.do(sam, "change-setting", "contract:C-1/alerts", **typed, agreed_by=ada.email)

    assert nobody.status_code == 409
    assert "there is none. Let one in first." in nobody.content.decode()
    assert "agreed_by" in by_vic.context["form"].errors
    assert acts.said(done) == ["Alerts: at 70 %, for contract C-1."]
    row = PolicySetting.objects.get()
    assert (row.set_by, row.approved_by) == ("sales-rep@vendor.example", "ada@acme.example")


def test_the_books_are_signed_in_parts_by_controller_and_auditor(db, fiona, auditor):
    typed = {
        "names": "Fiona Ledger, Augusta Reed", "signed_on": "2026-06-01",
        "document": "Policy 1", "reason": "go live",
    }  # fmt: skip
    before = fiona.get("/admin/").content.decode()

    acts.do(of(Role.FINANCE), "change-setting", "books/go_live_signed", **typed)
    controller, audit = Approval.objects.order_by("id")
    acts.do(fiona, "agree", controller.pk, decision="approve", reason="yes")
    acts.do(auditor, "agree", audit.pk, decision="approve", reason="yes")

    assert "These books are not signed yet" in before
    assert "These books are not signed yet" not in fiona.get("/admin/").content.decode()
    assert rows(fiona)["go_live_signed"].words == (
        "Fiona Ledger and Augusta Reed on 2026-06-01: Policy 1"
    )


def test_pages_of_the_journal_say_that_books_are_not_signed(book: Book, auditor):
    pages = ["journalentry", "journalline", "account", "accountingperiod"]

    def warned() -> list[bool]:
        return [
            "every entry is a draft"
            in auditor.get(f"/admin/ledger/{page}/", follow=True).content.decode()
            for page in pages
        ]

    before = warned()
    cast.sign_books()

    assert before == [True] * 4
    assert warned() == [False] * 4


def test_life_of_credits_is_typed_in_parts(book: Book, sam):
    acts.do(
        sam, "change-setting", "books/validity", rule="ANNIVERSARY", months="12", reason="longer"
    )

    assert Approval.objects.get().content["value"] == {"rule": "ANNIVERSARY", "months": 12}


def test_shares_of_states_are_typed_in_a_line(book: Book, sam):
    typed = "US/CA 100; US/New York 50"
    acts.do(sam, "change-setting", "books/escheat_pct", value=typed, reason="counsel's letter")

    asked = Approval.objects.get()
    assert asked.content["value"] == {"US/CA": "100", "US/New York": "50"}
    assert "US/CA 100 %, US/New York 50 %; elsewhere 0 %" in asked.summary


@pytest.fixture
def nothing_obeys_it(monkeypatch):
    """A setting whose other values wait for something that is still to come."""
    known = policies.find("tax_point")
    assert known is not None
    waits = replace(known, waits_for="nobody has built it")
    monkeypatch.setitem(policies._policies, "tax_point", waits)


def test_what_nothing_obeys_yet_is_refused(book: Book, fiona, nothing_obeys_it):
    page = acts.do(
        fiona, "change-setting", "books/tax_point", value="TAX_AT_REDEMPTION", reason="nicer"
    )

    assert acts.errors(page) == ["tax_point can only be TAX_AT_SALE yet: nobody has built it."]
    assert not PolicySetting.objects.exists()
    told = fiona.get("/admin/desk/policies/").content.decode()
    assert "Only the default can be set yet: nobody has built it." in told


def test_when_tax_on_credits_is_due_is_agreed_by_whoever_answers_for_tax(book: Book, fiona):
    acts.do(
        fiona, "change-setting", "books/tax_point", value="TAX_AT_REDEMPTION", reason="vouchers"
    )

    asked = Approval.objects.get()
    assert asked.content["value"] == "TAX_AT_REDEMPTION"
    assert not PolicySetting.objects.exists()


def test_a_setting_of_the_whole_books_is_no_customers(book: Book, fiona):
    page = acts.do(
        fiona, "change-setting", "customer:acme/retirement_notice_days", value="5", reason="x"
    )

    assert acts.errors(page) == [
        "retirement_notice_days is one for the whole books. It can't be set for customer:acme."
    ]


def test_a_wrong_value_is_refused_with_what_to_write(book: Book, fiona):
    page = acts.do(fiona, "change-setting", "books/alerts", value="[]", reason="why not")

    assert acts.errors(page) == ["alerts: write a list of percentages, like [50, 80, 95]."]
    assert not PolicySetting.objects.exists()


def test_a_setting_with_few_values_is_chosen_by_its_words(book: Book, fiona):
    page = fiona.get("/admin/desk/change-setting/books/rollover/")

    assert page.context["form"].fields["value"].choices == [
        ("FULL", "all of it"), ("PARTIAL", "a share"), ("NONE", "nothing"),
    ]  # fmt: skip


@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_the_form_of_every_setting_begins_with_what_is_in_force(db, root, policy):
    form = root.get(f"/admin/desk/change-setting/books/{policy.name}/").context["form"]

    if policy.default is not False:  # nobody has signed yet
        assert policy.read(setting_values.read(policy, form.initial)) == policy.default
    assert set(form.fields) >= {"effective_at", "agreed_by", "reason"}


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
    assert setting_values.from_text(typed) == meant


@pytest.mark.parametrize("key", ["nobody/alerts", "books/nothing", "customer:x/alerts", "books"])
def test_a_setting_that_is_none_is_not_found(book: Book, fiona, key: str):
    assert fiona.get(addresses.of("change-setting", key)).status_code == 404


def rows(client: Client, scope: str = "books"):
    """The rows of the settings page by name of the setting."""
    page = client.get(f"/admin/desk/policies/?scope={scope}")
    return {row.policy.name: row for group in page.context["groups"] for row in group.rows}
