"""A month's journal as other programs read it: balanced, split, harmless, the same bytes again."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from creditops.lib.refusals import Refusal
from invoicing import export_accounts, export_forms, journal_exports
from invoicing.models import JournalExport
from ledger import holders
from tests import cast

pytestmark = pytest.mark.django_db

START = cast.START
JANUARY, AT = date(2026, 1, 1), cast.at("2026-02-01")


@pytest.fixture
def book():
    """A bundle bought by a customer whose name is a formula, and some of it used."""
    buyer = cast.customer(name='=HYPERLINK("x")')
    holder = holders.pay_as_you_go(buyer, START)
    cast.buy(holder, when=START, expires_at=cast.END)
    cast.send("u1", 10, when=cast.at("2026-01-05"))


def make(program: str):
    return journal_exports.make(JANUARY, program, by="Fiona", at=AT)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_generic_file_has_a_row_per_side(book):
    made = make("csv")

    rows = table(made.files[0].content)
    assert [(r["date"], r["account"], r["debit"], r["credit"]) for r in rows] == [
        ("2026-01-01", "1100", "10.00", ""),
        ("2026-01-01", "2100", "", "10.00"),
        ("2026-01-01", "1000", "10.00", ""),
        ("2026-01-01", "1100", "", "10.00"),
        ("2026-01-05", "2100", "0.10", ""),
        ("2026-01-05", "4000", "", "0.10"),
    ]
    assert (made.entries, made.debit_minor) == (3, 2_010)


@pytest.mark.parametrize("program", sorted(journal_exports.FORMS))
def test_the_same_journal_gives_the_same_bytes_and_is_remembered_once(book, program):
    first, second = make(program), make(program)

    assert [f.content for f in first.files] == [f.content for f in second.files]
    assert (first.same, second.same) == (False, True)
    assert JournalExport.objects.get().sha256 == first.sha256


def test_more_postings_are_another_export_that_says_so(book):
    first = make("csv")
    cast.send("u2", 10, when=cast.at("2026-01-06"))

    second = make("csv")

    assert (second.same, second.before.sha256) == (False, first.sha256)


@pytest.mark.parametrize("program", ["csv", "quickbooks", "xero", "netsuite"])
def test_no_cell_is_a_formula(book, program):
    rows = table(make(program).files[0].content)

    texts = [cell for row in rows for name, cell in row.items() if "Amount" not in name]
    assert [text for text in texts if text.startswith(("=", "+", "-", "@"))] == []
    assert any("'=HYPERLINK" in text for text in texts)


@pytest.mark.parametrize(
    ("program", "number", "debit", "credit"),
    [
        ("quickbooks", "Journal No", "Debits", "Credits"),
        ("netsuite", "External ID", "Debit", "Credit"),
    ],
)
def test_each_entry_balances_in_its_file(book, program, number, debit, credit):
    sums: dict[str, Decimal] = {}
    for row in table(make(program).files[0].content):
        moved = Decimal(row[debit] or 0) - Decimal(row[credit] or 0)
        sums[row[number]] = sums.get(row[number], Decimal(0)) + moved

    assert len(sums) == 3
    assert set(sums.values()) == {Decimal(0)}


def test_files_are_split_by_what_the_program_takes_and_no_entry_is_torn(book, monkeypatch):
    small = export_forms.Form("xero", 4, export_forms._xero)
    monkeypatch.setitem(journal_exports.FORMS, "xero", small)

    made = make("xero")

    assert [(f.name, f.lines) for f in made.files] == [
        ("journal-2026-01-xero-1-of-2.csv", 4),
        ("journal-2026-01-xero-2-of-2.csv", 2),
    ]
    amounts = [[Decimal(row["*Amount"]) for row in table(f.content)] for f in made.files]
    assert [sum(part) for part in amounts] == [0, 0]


def test_an_entry_that_no_file_takes_is_refused(book, monkeypatch):
    monkeypatch.setitem(
        journal_exports.FORMS, "xero", export_forms.Form("xero", 1, export_forms._xero)
    )

    with pytest.raises(Refusal) as refused:
        make("xero")

    assert refused.value.code == "export_entry_too_long"


def test_datev_reads_pairs_of_account_and_contra_account(book):
    lines = make("datev").files[0].content.decode("cp1252").split("\r\n")

    head = lines[0].split(";")
    assert head[:5] == ['"EXTF"', "700", "21", '"Buchungsstapel"', "13"]
    assert head[10:16] == ["1001", "1", "20260101", "4", "20260101", "20260131"]
    assert [line.split(";")[:8] for line in lines[2:-1]] == [
        ["10,00", '"S"', '"USD"', "", "", '""', "1100", "2100"],
        ["10,00", '"S"', '"USD"', "", "", '""', "1000", "1100"],
        ["0,10", '"S"', '"USD"', "", "", '""', "2100", "4000"],
    ]


def test_accounts_are_called_as_somebody_said(book):
    export_accounts.name("datev", "1100", "1400", at=AT)

    assert ";1400;2100;" in make("datev").files[0].content.decode("cp1252")
    with pytest.raises(Refusal) as refused:
        export_accounts.name("datev", "1100", "Forderungen", at=AT)
    assert refused.value.code == "export_name_unfit"


def test_an_open_month_is_said_to_be_provisional(book):
    assert make("csv").provisional
