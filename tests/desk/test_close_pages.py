"""The close desk: a month from its checklist to its close by clicks, and open again by two."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.roles import Role
from creditops.desk import addresses
from creditops.lib.models import Approval
from ledger import closing
from ledger.models import Account, AccountingPeriod, CloseMark, PeriodAct
from tests import cast, staff
from tests.desk import acts
from tests.staff import NOW, Book, at

MAY = "2026-05"


@pytest.fixture
def may(book: Book) -> Book:
    """Signed books: 600 credits used in May, of which the promotion pays 500; a message nobody can place."""
    cast.sign_books()
    cast.run_due(NOW)
    staff.use(book.acme, "C-1", "ev-2", 200_000, at("2026-05-20"))
    cast.report(cast.usage("x", 5, customer="nobody", time=at("2026-05-21")), when=at("2026-05-21"))
    return book


def test_a_month_goes_from_checklist_to_close_by_clicks(may: Book, fiona):
    before = fiona.get(addresses.of("close_of", MAY))
    refused = acts.do(fiona, "close-month", MAY, reason="May is done")
    begun = acts.do(fiona, "begin-close", MAY, reason="the fifth working day")
    passed = acts.do(fiona, "let-pass", f"{MAY}/exceptions", reason="a customer that left")
    page = acts.rehearse(fiona, "close-month", MAY, reason="May is done")
    done = acts.do(fiona, "close-month", MAY, reason="May is done")
    after = fiona.get(addresses.of("close_of", MAY)).content.decode()

    # The message, and revenue that the ledger does not know yet: what was used in May waits to be posted.
    assert before.context["open"] == 2
    assert "1 message of the month or before waits for somebody" in acts.errors(refused)[0]
    assert acts.said(begun) == ["2026-05 is being closed. Written: 1 journal entry."]
    assert acts.said(passed) == ["No exceptions wait: let pass for 2026-05."]
    assert acts.changes(page)["Deferred revenue"] == ("$96.00", "$96.00")
    assert acts.said(done) == ["2026-05 is closed."]
    period = AccountingPeriod.objects.get(month=date(2026, 5, 1))
    assert (period.state, period.closed_by, period.closed_at) == (
        "closed", "controller@vendor.example", NOW,
    )  # fmt: skip
    assert "let pass by controller@vendor.example: a customer that left" in after
    assert "Ask to open it again" in after
    assert "To be closed next: " in fiona.get(addresses.of("close")).content.decode()


def test_a_closed_month_is_opened_again_when_finance_agrees(may: Book, fiona, sam):
    acts.do(fiona, "let-pass", f"{MAY}/exceptions", reason="known")
    acts.do(fiona, "close-month", MAY, reason="done")
    asked = acts.do(fiona, "reopen-month", MAY, reason="an invoice was wrong")
    request = Approval.objects.get(kind=closing.REOPEN)
    manager = staff.as_(staff.person(Role.SALES_MANAGER))
    not_theirs = acts.do(manager, "decide", request.pk, decision="approve", reason="yes")
    own = acts.do(fiona, "decide", request.pk, decision="approve", reason="yes")
    other = staff.as_(staff.person(Role.FINANCE))
    done = acts.do(other, "decide", request.pk, decision="approve", reason="I saw it")

    assert acts.said(asked)[0].startswith("Asked for: Open 2026-05 again")
    assert acts.errors(not_theirs) == [
        "A closed month is opened again by finance or the controller, in the desk."
    ]
    assert acts.errors(own) == ["You asked for this yourself. Another person has to decide."]
    assert acts.said(done)[0].startswith("Approved. 2026-05 is open again.")
    assert AccountingPeriod.objects.get(month=date(2026, 5, 1)).state == "open"
    assert [act.act for act in PeriodAct.objects.all()] == ["close", "reopen"]


def test_only_months_that_are_over_close(may: Book, fiona):
    page = acts.do(fiona, "close-month", "2026-06", reason="early")

    assert acts.errors(page) == ["2026-06 is not over yet. Close it when it is."]
    assert fiona.get(addresses.of("close-month", "2026-13")).status_code == 404
    assert fiona.get(addresses.of("close_of", "may")).status_code == 404
    assert fiona.get(addresses.of("let-pass", f"{MAY}/moon")).status_code == 404
    assert fiona.get(addresses.of("let-pass", f"{MAY}/over")).status_code == 409


def test_points_lead_to_the_reports_of_their_month(may: Book, fiona):
    page = fiona.get(addresses.of("close_of", MAY)).content.decode()

    for point, report in (
        ("Deferred revenue and the value of blocks", "deferred"),
        ("Accrued commissions and what reps were granted", "commissions"),
    ):
        assert f'<a href="{addresses.of("report", report)}?month={MAY}">{point}</a>' in page


def test_closing_stands_out_once_nothing_stops_it_and_what_no_reason_helps_against_is_said(
    may: Book, fiona
):
    def shown(month: str) -> str:
        return fiona.get(addresses.of("close_of", month)).content.decode()

    june, before = shown("2026-06"), shown(MAY)
    acts.do(fiona, "let-pass", f"{MAY}/exceptions", reason="known")
    cast.journal(NOW)
    after = shown(MAY)

    assert "no reason helps. Not met: The month is over (it ends when 2026-07-01 begins)" in june
    main = f'<a class="button main" href="{addresses.of("close-month", MAY)}">'
    assert (main in before, main in after) == (False, True)


def test_books_that_are_not_signed_say_so_on_every_page(book: Book, fiona):
    page = acts.do(fiona, "close-month", "2026-01", reason="January is done")

    assert acts.errors(page)[0].startswith("The books are not signed yet")
    told = [fiona.get(addresses.of(name)).content.decode() for name in ("signatures",)]
    assert "Nobody has signed yet: every entry is a draft." in told[0]


def test_the_page_of_signatures_names_persons_date_and_document(may: Book, auditor):
    page = auditor.get(addresses.of("signatures")).content.decode()

    assert "Fiona and Augusta" in page
    assert "Policy 1" in page
    assert "2026-01-01" in page


def test_sales_neither_sees_nor_closes_months(may: Book, sam):
    assert sam.get(addresses.of("close")).status_code == 403
    assert sam.get(addresses.of("close_of", MAY)).status_code == 403
    assert sam.get(addresses.of("signatures")).status_code == 403
    assert acts.do(sam, "close-month", MAY, reason="mine").status_code == 403
    assert not CloseMark.objects.exists()


def test_an_account_gets_another_name_and_codes_elsewhere_and_keeps_its_number(may: Book, fiona):
    done = acts.do(fiona, "change-account", "4000", name="Credits used", in_datev="8400", in_xero="200",
                   in_quickbooks="", in_netsuite="", reason="our chart")  # fmt: skip
    again = acts.do(fiona, "change-account", "4000", name="Credits used", in_datev="8401", in_xero="",
                    in_quickbooks="", in_netsuite="", reason="our chart")  # fmt: skip
    added = acts.do(
        fiona, "add-account", code="4050", name="Consulting", kind="revenue", reason="ours"
    )
    twice = acts.do(
        fiona, "add-account", code="4050", name="Consulting", kind="revenue", reason="ours"
    )

    account = Account.objects.get(code="4000")
    assert acts.said(done)[0].startswith("4000 Credits used is changed.")
    assert acts.said(again)[0].startswith("4000 Credits used is changed.")
    assert [(each.system, each.code) for each in account.mappings.all()] == [("datev", "8401")]
    assert acts.said(added)[0].startswith("4050 Consulting is added.")
    assert acts.errors(twice) == ["There is an account 4050 already."]
