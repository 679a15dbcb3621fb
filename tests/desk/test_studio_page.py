"""The rate-card studio: what a draft would have made of past usage, before anybody publishes it (S17)."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from contracts import rate_cards, rate_drafts
from contracts.models import RateDraft
from contracts.rate_items import Item
from creditops.desk import addresses
from tests import staff
from tests.cast import at
from tests.desk import acts
from tests.desk.test_rate_draft_deeds import another
from tests.staff import NOW, Book

MAY = {"card": "standard", "first": "2026-05-01", "last": "2026-05-31"}


@pytest.fixture
def draft(book: Book) -> RateDraft:
    """Translations at twice the price; Acme used 300 credits of them in May."""
    staff.use(book.acme, "C-1", "may-1", 100_000, at("2026-05-10"))
    made = rate_drafts.start(rate_cards.find("standard"), version="2", by="Ines", at=NOW)
    twice = [Item("translation", 6, kind="pack", per=1_000)]
    return rate_drafts.write(made, twice, by="Ines", at=NOW)


def asked(draft: RateDraft, **more: str) -> dict[str, str]:
    return {**MAY, "draft": str(draft.pk), **more}


def test_the_studio_begins_with_the_last_whole_month(book: Book, sam):
    form = sam.get(addresses.of("studio")).context["form"]

    assert [str(form[name].value()) for name in ("first", "last")] == ["2026-05-01", "2026-05-31"]


def test_a_draft_is_studied_with_its_figures_losers_and_scenarios(draft, sam):
    page = sam.get(addresses.of("studio"), asked(draft, successors="translation = summary"))

    assert page.context["figures"] == [
        ("Revenue in USD", "+$3.00", "+100.0 %"),
        ("Credits", "+300", "300 → 600"),
        ("Worse off", "1", "of 1 customers"),
        ("Rates locked", "0", "keep theirs until then"),
    ]
    [acme] = page.context["losers"].rows
    assert acme[1:6] == ("C-1", "CREDIT", "300 → 600", "$3.00 → $6.00", "+100.0 %")
    assert page.context["concentration"] == "the 5 hit hardest bear 100 % of all increases"
    assert [row[0] for row in page.context["scenarios"].rows] == [
        "As it was", "The draft", "The draft, nobody locked", "The draft, everybody stays",
        "The draft, everybody moves",
    ]  # fmt: skip
    assert "<figure" in page.content.decode()


def test_the_study_is_taken_along_as_csv_and_as_a_workbook(draft, sam):
    text = sam.get(addresses.of("studio_csv"), asked(draft)).content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(sam.get(addresses.of("studio_xlsx"), asked(draft)).content))

    first = next(csv.DictReader(io.StringIO(text)))
    assert [first[head] for head in ("Customer", "Credits before", "Credits after", "Money after")] == [
        "acme", "300", "600", "6.00",
    ]  # fmt: skip
    assert book.sheetnames[0] == "1 The draft"
    assert [cell.value for cell in book.worksheets[0][2]][6:8] == [300, 600]


def test_what_can_not_be_studied_is_said(draft, sam):
    page = sam.get(addresses.of("studio"), asked(draft, last="2026-04-01", prices="USD = cheap"))

    assert page.context["form"].errors["prices"] == ["Write whole credits, like USD = 120."]
    assert page.context["form"].errors["__all__"] == [
        "Choose the days in order, and at most 400 of them."
    ]
    assert sam.get(addresses.of("studio_csv"), {"card": "none"}).status_code == 404


def test_the_publication_says_what_it_would_have_made_of_the_last_month(draft, fiona):
    acts.do(another(), "review-draft", draft.pk)

    sure = acts.rehearse(fiona, "publish-draft", draft.pk, effective_from="")

    assert ("Revenue in USD, May 2026", "+$3.00 (+100.0 %)") in sure.context["facts"]
