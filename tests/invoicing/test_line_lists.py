"""Long invoices: added up by kind on paper, each line in a CSV that no spreadsheet runs (W-04)."""

import csv
import io
from datetime import date

import pytest

from creditops.lib.models import StoredFile
from invoicing import line_lists
from invoicing.models import Invoice, InvoiceLine

INVOICE = Invoice(number="INV-2026-000007", currency="KWD")


def line(position=1, **fields) -> InvoiceLine:
    usual = {"kind": "OVERAGE", "text": "Project", "amount_minor": 1_500, "unit_price": "0.015"}
    return InvoiceLine(position=position, **usual | fields)


def test_lines_are_summed_by_kind_in_the_order_of_their_first():
    lines = [
        line(1, credits=100, period_from=date(2026, 2, 1), period_to=date(2026, 2, 28)),
        line(2, kind="BONUS", credits=7, amount_minor=0, unit_price=""),
        line(3, credits=50, period_from=date(2026, 1, 1), period_to=date(2026, 1, 31)),
    ]

    overage, bonus = line_lists.by_kind(lines)

    assert (overage.position, overage.text) == (1, "Overage (2)")
    assert (overage.credits, overage.amount_minor, overage.unit_price) == (150, 3_000, "0.015")
    assert (overage.period_from, overage.period_to) == (date(2026, 1, 1), date(2026, 2, 28))
    assert (bonus.position, bonus.text, bonus.credits) == (2, "Bonus credits (1)", 7)
    assert bonus.pk is None


def test_a_unit_price_stays_only_where_all_lines_agree_on_it():
    [summed] = line_lists.by_kind([line(1), line(2, unit_price="0.016")])

    assert summed.unit_price == ""


def test_lines_without_credits_have_no_sum_of_credits():
    [summed] = line_lists.by_kind([line(1), line(2)])

    assert (summed.credits, summed.period_from, summed.period_to) == (None, None, None)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Project", "Project"),
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("1=1", "1=1"),
    ],
)
@pytest.mark.django_db
def test_what_a_spreadsheet_takes_for_a_formula_is_written_as_a_text(typed, written):
    stored = line_lists.keep(INVOICE, [line(text=typed)], at="2026-01-01T00:00Z")

    [_, row] = csv.reader(io.StringIO(bytes(stored.content).decode(), newline=""))
    assert row[3] == written
    assert row[8:] == ["1.500", "KWD"]


@pytest.mark.django_db
def test_a_list_is_stored_once():
    first = line_lists.keep(INVOICE, [line()], at="2026-01-01T00:00Z")
    second = line_lists.keep(INVOICE, [line(), line(2)], at="2026-01-02T00:00Z")

    assert StoredFile.objects.get() == first == second
    assert first.name == line_lists.name(INVOICE) == "invoices/INV-2026-000007-lines.csv"
