"""Tables for spreadsheets: text is never a formula, whole numbers stay numbers."""

import io

import pytest
from openpyxl import load_workbook

from creditops.lib import spreadsheets
from creditops.lib.refusals import Refusal

ROWS = [("=1+1", -5), ("@cmd", 10**16), ("https://x.example", 7)]


def test_csv_keeps_numbers_and_disarms_text():
    assert spreadsheets.csv_text(("Name", "Credits"), ROWS).splitlines() == [
        "Name,Credits", "'=1+1,-5", "'@cmd,10000000000000000", "https://x.example,7",
    ]  # fmt: skip


def test_a_workbook_has_text_as_text_and_numbers_as_numbers():
    book = load_workbook(io.BytesIO(spreadsheets.xlsx([("A/B: 'x'", ("Name", "Credits"), ROWS)])))

    sheet = book["AB x"]
    assert [tuple(cell.value for cell in row) for row in sheet] == [
        ("Name", "Credits"), ("=1+1", -5), ("@cmd", "10000000000000000"), ("https://x.example", 7),
    ]  # fmt: skip
    assert sheet["A2"].data_type == "s"
    assert sheet["B2"].data_type == "n"


def test_a_formula_behind_spaces_is_disarmed_too():
    assert spreadsheets.harmless("  =cmd|' /C calc'!A0") == "'  =cmd|' /C calc'!A0"


def test_a_worksheet_has_an_end(monkeypatch):
    monkeypatch.setattr(spreadsheets, "ROWS_MAX", 3)

    with pytest.raises(Refusal) as refused:
        spreadsheets.xlsx([("T", ["n"], [[n] for n in range(3)])])

    assert refused.value.code == "table_too_long"
