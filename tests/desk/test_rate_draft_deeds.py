"""The next version of a rate card by clicks: written, reviewed by another, published."""

from __future__ import annotations

import io

from django.test import Client
from openpyxl import load_workbook

from accounts.roles import Role
from contracts import rate_drafts
from contracts.models import RateCardVersion, RateDraft
from creditops.desk import addresses
from tests import staff
from tests.desk import acts
from tests.desk.test_pricing_deeds import SUMMARY, TRANSLATION, rows
from tests.staff import NOW, Book

PROVIDERS = "item\tcredits\n" + "\n".join(f"lookup {n}\t{n}" for n in range(1, 151))


def start(client: Client) -> RateDraft:
    acts.do(client, "start-draft", "standard", version="2", note="cheaper")
    return RateDraft.objects.get()


def another() -> Client:
    return staff.as_(staff.person(Role.SALES_MANAGER))


def test_a_version_is_written_reviewed_by_another_and_published(book: Book, fiona):
    draft = start(fiona)
    typed = rows({**TRANSLATION, "position": "vertical"}, SUMMARY)

    page = acts.rehearse(fiona, "edit-draft", draft.pk, **typed)
    acts.do(fiona, "edit-draft", draft.pk, **typed)
    reviewed = acts.do(another(), "review-draft", draft.pk)
    sure = acts.rehearse(fiona, "publish-draft", draft.pk, effective_from="")
    done = acts.do(fiona, "publish-draft", draft.pk, effective_from="")

    assert page.context["effect"].touched[0].rows == [
        ("translation", "CREDIT", "3 per 1,000", "4 per 1,000", "+33.33 %"),
        ("summary", "CREDIT", "–", "2", "new"),
    ]
    assert acts.said(reviewed) == ["standard 2 is reviewed and can be published."]
    assert sure.context["effect"].touched[0].title == "Against version 1"
    assert acts.said(done) == ["Published: standard 2, 2 actions, from 2026-06-15 12:00 UTC."]
    made = RateCardVersion.objects.get(version="2")
    assert made.effective_from == NOW
    assert [(i.item, i.credits, i.per, i.match, i.position) for i in made.items.all()] == [
        ("translation", 4, 1_000, {}, "vertical"),
        ("summary", 2, 1, {"model": "large"}, ""),
    ]


def test_who_wrote_it_is_refused_and_sees_no_button(book: Book, fiona):
    draft = start(fiona)

    page = fiona.get(addresses.of("draft", draft.pk))
    refused = acts.do(fiona, "review-draft", draft.pk)
    early = acts.do(fiona, "publish-draft", draft.pk, effective_from="")

    assert b"Review it" not in page.content
    assert acts.errors(refused) == ["You wrote in this draft. Another person has to review it."]
    assert acts.errors(early) == [
        "standard 2 is a draft. Somebody who did not write it has to review it first."
    ]
    assert RateCardVersion.objects.count() == 1


def test_a_hundred_and_fifty_providers_are_one_paste_and_one_form(book: Book, fiona):
    """S3. The grid of so many rows is sent back as it was shown."""
    draft = start(fiona)

    acts.do(fiona, "import-draft", draft.pk, sheet=PROVIDERS)
    form = fiona.get(addresses.of("edit-draft", draft.pk)).context["form"]
    sent = {
        bound.html_name: "" if bound.value() in (None, False) else bound.value()
        for row in form.rows
        for bound in row
    }
    sent |= {"row-TOTAL_FORMS": str(len(form.rows.forms)), "row-INITIAL_FORMS": "0"}
    sent["row-149-credits"] = "151"
    done = acts.do(fiona, "edit-draft", draft.pk, **sent)

    assert acts.said(done) == ["Draft standard 2 has 150 actions; somebody else has to review it."]
    assert rate_drafts.items_of(RateDraft.objects.get())[149].credits == 151


def test_a_wrong_row_of_a_sheet_is_told_and_nothing_is_lost(book: Book, fiona):
    draft = start(fiona)
    sheet = "item,credits\nemail,0.5\nfax,"

    page = acts.do(fiona, "import-draft", draft.pk, sheet=sheet)

    assert page.context["form"].errors["sheet"] == [
        "row 2, credits: '0.5' is no positive whole number.",
        "row 3, credits: Say what it costs.",
    ]
    assert page.context["form"]["sheet"].value() == sheet
    assert len(RateDraft.objects.get().items) == 1


def test_a_class_is_repriced_with_its_list_before_and_after(book: Book, fiona):
    """S14."""
    draft = start(fiona)
    acts.do(fiona, "import-draft", draft.pk, sheet="item,credits,unit\nemail,1,\nphone,25,DATA\n")

    page = acts.rehearse(fiona, "reprice-draft", draft.pk, pct="-50 %", unit="DATA")
    acts.do(fiona, "reprice-draft", draft.pk, pct="-50 %", unit="DATA")

    assert page.context["effect"].touched[0].rows == [
        ("phone", "DATA", "25", "13", "-48.00 %", "rounded to whole credits")
    ]
    assert rate_drafts.items_of(RateDraft.objects.get())[1].credits == 13


def test_an_action_that_ends_is_named_before_it_is_published(book: Book, fiona):
    draft = start(fiona)
    acts.do(fiona, "edit-draft", draft.pk, **rows(SUMMARY))
    acts.do(another(), "review-draft", draft.pk)

    soon = acts.do(fiona, "publish-draft", draft.pk, effective_from="2026-06-20T00:00")
    later = acts.rehearse(fiona, "publish-draft", draft.pk, effective_from="2026-08-01T00:00")

    assert acts.errors(soon)[0].startswith("'translation' would end on 2026-06-20.")
    assert "These actions end: translation. Who uses them has to choose others." in (
        later.context["effect"].notes
    )


def test_a_draft_is_taken_along_as_a_sheet(book: Book, fiona):
    draft = start(fiona)

    csv = fiona.get(addresses.of("draft_csv", draft.pk)).content.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(fiona.get(addresses.of("draft_xlsx", draft.pk)).content))["2"]

    assert csv.splitlines()[1].startswith("translation,3,1000,translation")
    assert [cell.value for cell in sheet[2]][:3] == ["translation", 3, 1_000]


def test_a_withdrawn_draft_is_closed(book: Book, fiona):
    draft = start(fiona)

    acts.do(fiona, "withdraw-draft", draft.pk)

    assert fiona.get(addresses.of("edit-draft", draft.pk)).status_code == 409
    assert b"Withdrawn" in fiona.get(addresses.of("draft", draft.pk)).content


def test_everybody_on_the_staff_may_look_but_not_write(book: Book, fiona, sam):
    draft = start(fiona)

    assert sam.get(addresses.of("draft", draft.pk)).status_code == 200
    assert sam.get(addresses.of("edit-draft", draft.pk)).status_code == 403


def test_a_card_of_one_output_says_when_it_is_none(book: Book, fiona):
    """S22, on the confirmation of a new card."""
    page = acts.rehearse(
        fiona, "new-rate-card", code="audio", name="Audio", mode="single", version="1",
        **rows({"item": "book", "credits": "1"}, {"item": "bundle", "credits": "3"}),
    )  # fmt: skip

    assert (
        page.context["effect"].notes[0].startswith("The card says that one credit buys one output")
    )
