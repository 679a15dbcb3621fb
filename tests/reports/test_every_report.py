"""Every report: on a page and as a file, tied to the ledger, for finance only, signed or not."""

from __future__ import annotations

import io

import openpyxl
import pypdf
import pytest

from accounts.roles import Role
from creditops.desk import addresses
from creditops.reports import catalogue, frame
from creditops.reports.frame import Kind, Report
from tests import cast, staff
from tests.staff import Book

EVERY = [kind for kinds in catalogue.SECTIONS.values() for kind in kinds]
MONTH = {"month": "2026-06"}


def made(kind: Kind, group: str) -> Report:
    """The report of June, grouped."""
    return kind.make(frame.read(kind, MONTH | ({"by": group} if group else {})))


def test_they_tie_to_the_ledger_however_grouped(book: Book):
    reports = {(kind.name, by): made(kind, by) for kind in EVERY for by in kind.groups or [""]}

    assert {name: report.checks for name, report in reports.items() if not report.ties} == {}
    tables = [table for report in reports.values() for table in report.tables]
    assert all(len(row) == len(t.columns) for t in tables for row in [*t.rows, t.sums] if row)


def test_all_of_them_are_pages_and_files_of_three_kinds(book: Book):
    auditor = staff.as_(staff.person(Role.AUDITOR))

    told = auditor.get(addresses.of("reports"))
    for kind in EVERY:
        page = auditor.get(addresses.of("report", kind.name), MONTH)
        csv = auditor.get(addresses.of("report_file", f"{kind.name}.csv"), MONTH)
        xlsx = auditor.get(addresses.of("report_file", f"{kind.name}.xlsx"), MONTH)

        assert (page.status_code, csv.status_code, xlsx.status_code) == (200, 200, 200)
        assert csv.content.decode().splitlines()[0] == kind.title
        assert openpyxl.load_workbook(io.BytesIO(xlsx.content))["Report"]["A1"].value == kind.title
        assert addresses.of("report", kind.name) in told.content.decode()


def test_they_say_who_signed_or_that_nobody_did(book: Book):
    kind = catalogue.DEFERRED
    fiona = staff.as_(staff.person(Role.CONTROLLER))

    before = fiona.get(addresses.of("report", kind.name), MONTH).content.decode()
    cast.sign_books()
    after = fiona.get(addresses.of("report", kind.name), MONTH).content.decode()

    assert "These books are not signed" in before
    assert "signed by Fiona and Augusta on 2026-01-01: Policy 1" in after


def test_they_are_for_those_who_may_read_revenue(book: Book):
    client = staff.as_(staff.person(Role.SALES_REP))

    assert client.get(addresses.of("reports")).status_code == 403
    assert client.get(addresses.of("report", "deferred")).status_code == 403
    assert client.get(addresses.of("report_file", "deferred.csv")).status_code == 403


UNREADABLE: list[dict[str, str]] = [
    {"month": "2026-13"}, {"from": "2026-06-30", "to": "2026-06-01"}, {"by": "moon"}, {"known_at": "soon"},
    {"from": "0001-01-01", "to": "0001-02-01"}, {"as_of": "9999-12-31"}, {"known_at": "2026-06-01T00:00"},
]  # fmt: skip


def test_what_can_not_be_read_is_not_found(db: None):
    client = staff.as_(staff.person(Role.FINANCE))

    told = [
        client.get(addresses.of("report", "deferred"), asked).status_code for asked in UNREADABLE
    ]
    assert told == [404, 404, 404, 404, 404, 404, 200]
    assert client.get(addresses.of("report", "moons")).status_code == 404
    assert client.get(addresses.of("report_file", "deferred.exe")).status_code == 404


@pytest.mark.slow
def test_a_report_is_printed_with_its_checks(book: Book):
    client = staff.as_(staff.person(Role.FINANCE))
    answer = client.get(addresses.of("report_file", "deferred.pdf"), MONTH)
    text = "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages
    )

    assert "Deferred revenue" in text
    assert "ties" in text
