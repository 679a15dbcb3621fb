"""Usage: events corrected and made void, exceptions let in or written off."""

from __future__ import annotations

from creditops.desk import addresses, offered
from ledger import units
from ledger.messages import uid
from ledger.models import Correction, ExceptionEnd, UsageEvent, UsageException
from tests import cast
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book


def name_of(event: UsageEvent) -> str:
    """As addresses name it."""
    return uid(event.customer_id, event.id)


def lost(key: str = "lost", meter: str = "unheard", **fields) -> UsageException:
    """A message that could not be placed."""
    cast.report(cast.usage(key, 7, meter=meter, contract="C-1", **fields), when=at("2026-06-11"))
    return UsageException.objects.get(key=key)


def test_a_correction_stands_beside_the_event(book: Book, fiona):
    typed = {"credits": "120", "reason": "counted twice"}

    page = acts.rehearse(fiona, "correct-usage", name_of(book.event), **typed)
    done = acts.do(fiona, "correct-usage", name_of(book.event), **typed)

    assert acts.changes(page)["Credits of the event"] == ("300", "120")
    assert acts.changes(page)["Available in C-1"] == ("10,200", "10,380")
    made = Correction.objects.get()
    assert (made.credits, made.corrected_by, made.reason, made.recorded_at) == (
        120, "controller@vendor.example", "counted twice", NOW,
    )  # fmt: skip
    assert UsageEvent.objects.get(pk=book.event.pk).credits == 300
    assert acts.said(done) == ["Correction 1 of ev-1: 120 credits."]
    assert done.redirect_chain[-1][0] == (f"/admin/ledger/usageevent/{name_of(book.event)}/change/")


def test_a_void_event_gives_everything_back_for_good(book: Book, fiona):
    done = acts.do(fiona, "void-usage", name_of(book.event), reason="a test")

    assert Correction.objects.get().void
    assert acts.said(done) == ["ev-1 is void (correction 1)."]
    again = acts.do(
        fiona, "correct-usage", name_of(book.event), credits="5", reason="no, it was real"
    )
    assert acts.errors(again) == ["Event 'ev-1' was voided; that is final."]
    assert Correction.objects.count() == 1


def test_an_event_whose_data_lies_in_an_archive_file_is_not_offered_to_be_corrected(book: Book):
    kept, moved = book.event, UsageEvent.objects.get(pk=book.event.pk)
    moved.data_digest = b"12345678"

    assert offered._applied(kept) == name_of(kept)
    assert offered._applied(moved) is None


def test_an_event_without_credits_cannot_be_corrected(book: Book, fiona):
    cast.report(
        cast.usage("big", 10**9, contract="C-1", time=at("2026-06-12")), when=at("2026-06-12")
    )
    refused = UsageEvent.objects.get(key="big")

    page = fiona.get(addresses.of("correct-usage", name_of(refused)))

    assert page.status_code == 409
    assert "big drew nothing." in page.content.decode()


def test_an_exception_is_let_in_when_it_can_be_placed(book: Book, fiona):
    row = lost("late", meter="credits", time=at("2026-02-01"))
    assert row.code == "too_late"

    done = acts.do(fiona, "let-in-exception", row.pk, reason="the importer was down")

    assert UsageEvent.objects.get(key="late").credits == 7
    assert ExceptionEnd.objects.get().ended_by == "controller@vendor.example"
    assert acts.said(done) == ["late was let in: applied."]


def test_an_exception_that_still_cannot_be_placed_stays(book: Book, fiona):
    row = lost()

    page = acts.do(fiona, "let-in-exception", row.pk, reason="try again")

    assert acts.errors(page) == ["It still cannot be placed: unknown meter."]
    assert not ExceptionEnd.objects.exists()


def test_an_exception_is_written_off_with_a_reason(book: Book, fiona):
    row = lost()

    done = acts.do(fiona, "write-off-exception", row.pk, reason="a typing mistake")

    end = ExceptionEnd.objects.get()
    assert (end.outcome, end.reason, end.recorded_at) == ("written_off", "a typing mistake", NOW)
    assert acts.said(done) == ["lost is written off."]
    assert fiona.get(addresses.of("write-off-exception", row.pk)).status_code == 409


def test_a_conflict_is_never_let_in(book: Book, fiona):
    cast.report(cast.usage("one", 7, contract="C-1"), when=at("2026-06-12"))
    cast.report(cast.usage("one", 8, contract="C-1"), when=at("2026-06-12"))
    row = UsageException.objects.get(kind="conflict")

    page = acts.do(fiona, "let-in-exception", row.pk, reason="both, please")

    assert page.status_code == 409
    assert UsageEvent.objects.filter(key="one").count() == 1
    assert units.find(units.CREDITS).code == units.CREDITS
