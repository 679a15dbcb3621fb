"""A card as a sheet: what is exported comes back, what is wrong is told by row (S3)."""

import pytest

from contracts import rate_sheets
from contracts.rate_items import Item
from creditops.lib.refusals import Refusal

CARD = [
    Item("phone", 25, meter="lookup", match={"provider": "p2"}, unit="DATA_CREDIT", actions=1,
         customer_unit="numbers found", position="vertical"),
    Item("api_calls", 1, kind="pack", per=1_000),
    Item("llm", kind="pass_through", credit_value="0.05", role="agent"),
    Item("lead", 1_000, outcome=True),
    Item("seat", 100, kind="licence", period_months=1),
]  # fmt: skip


def test_what_is_exported_is_read_back_as_it_was():
    assert rate_sheets.read(rate_sheets.as_csv(CARD)) == CARD


def test_a_card_of_a_hundred_and_fifty_providers_is_one_paste():
    """S3: tabs, as a spreadsheet puts them on the clipboard; two columns are enough."""
    lines = [f"lookup {n}\t{n}" for n in range(1, 151)]

    read = rate_sheets.read("Item\tCredits\r\n" + "\r\n".join(lines))

    assert len(read) == 150
    assert read[149] == Item("lookup 150", 150)


def test_every_wrong_cell_is_told_with_its_row():
    sheet = "item;credits;match;position\nemail;0.5;;\n;3;;\nfax;;provider;up\n"

    with pytest.raises(Refusal) as refused:
        rate_sheets.read(sheet)

    assert [(p.path, p.detail) for p in refused.value.problems] == [
        ("row 2, credits", "'0.5' is no positive whole number."),
        ("row 3, item", "Name the action."),
        ("row 4, credits", "Say what it costs."),
        ("row 4, match", "write it like model=large, region=eu, not 'provider'."),
        ("row 4, position", "write horizontal, vertical, not 'up'."),
    ]


@pytest.mark.parametrize("sheet", ["", "email,5", "item,price\nemail,5"])
def test_a_sheet_without_its_heads_says_which_there_are(sheet):
    with pytest.raises(Refusal, match="Columns are item, credits, per"):
        rate_sheets.read(sheet)


def test_an_action_named_like_a_formula_stays_text_and_comes_back():
    evil = [Item("=cmd|' /C calc'!A0", 1)]

    assert "\n'=cmd" in rate_sheets.as_csv(evil)
    assert rate_sheets.read(rate_sheets.as_csv(evil)) == evil
