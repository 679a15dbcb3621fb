"""Backfills on the desk: closed and reversed by finance, in place where they are small."""

from __future__ import annotations

import pytest

from creditops.desk.deeds import bulk
from creditops.lib.models import DueRow
from ledger import backfills, columns, totals
from ledger.models import Backfill, Correction, ImportRun, Pool, UsageEvent
from tests import cast
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def spring(book: Book) -> Backfill:
    """Two old events that wait."""
    made = backfills.open_for("spring", by="Ines", at=NOW)
    old = [cast.usage(f"old-{n}", 50, contract="C-1", time=at("2026-03-01")) for n in (1, 2)]
    backfills.stage(made, columns.of(old))
    return made


def used() -> int:
    return totals.of_pool(Pool.objects.get(holder__code="C-1"), NOW).used


def test_a_small_one_is_taken_in_as_its_confirmation_said(spring, fiona):
    before = used()

    page = acts.rehearse(fiona, "close-backfill", "spring", reason="the meter was down")
    assert acts.changes(page)["State"] == ("open", "closed")
    assert acts.changes(page)["Rows that wait unseen"] == ("2", "0")
    assert acts.changes(page)["Credits that it draws"] == ("0", "100")
    assert not UsageEvent.objects.filter(key="old-1").exists()
    done = acts.do(fiona, "close-backfill", "spring", reason="the meter was down")

    spring.refresh_from_db()
    assert (spring.state, spring.closed_by) == ("closed", "controller@vendor.example")
    assert acts.said(done)[0].startswith("spring is closed.")
    assert used() == before + 100


def test_it_is_reversed_as_a_whole(spring, fiona):
    before = used()
    acts.do(fiona, "close-backfill", "spring", reason="the meter was down")

    page = acts.rehearse(fiona, "reverse-backfill", "spring", reason="wrong file")
    assert acts.changes(page)["Void events"] == ("0", "2")
    done = acts.do(fiona, "reverse-backfill", "spring", reason="wrong file")

    assert acts.said(done)[0].startswith("spring is reversed.")
    assert used() == before
    assert {c.reason for c in Correction.objects.all()} == {"backfill spring: wrong file"}


def test_a_large_one_is_left_to_due_work(spring, fiona, monkeypatch):
    monkeypatch.setattr(bulk, "TAKEN_IN_PLACE", 1)

    page = fiona.get("/admin/desk/close-backfill/spring/")
    assert page.context["notes"] == (
        "2 rows are taken in piece by piece by the runs of due work; its page shows how far they are.",
    )
    done = acts.do(fiona, "close-backfill", "spring", reason="the meter was down")

    assert acts.said(done)[0].startswith("spring is closing.")
    assert DueRow.objects.filter(kind=backfills.WORK, done_at__isnull=True).count() == 1
    assert not UsageEvent.objects.filter(key="old-1").exists()


def test_what_is_closed_is_not_closed_again(spring, fiona):
    acts.do(fiona, "close-backfill", "spring", reason="first")

    again = acts.do(fiona, "close-backfill", "spring", reason="second")

    assert acts.errors(again) == ["Backfill spring is closed, not open. Take another name."]


def test_its_page_tells_how_it_stands_and_offers_what_may_be_done(spring, fiona, sam):
    address = f"/admin/ledger/backfill/{spring.pk}/change/"

    assert b"Close a backfill" in fiona.get(address).content
    assert b"waits unseen" in fiona.get(address).content
    assert b"Close a backfill" not in sam.get(address).content
    acts.do(fiona, "reverse-backfill", "spring", reason="never mind")
    assert b"Reverse a backfill" not in fiona.get(address).content
    assert b"spring" in fiona.get("/admin/ledger/backfill/").content
    assert fiona.get("/admin/ledger/importrun/").status_code == 200


def test_the_page_of_an_import_tells_what_became_of_its_rows_and_nothing_that_did_not(fiona):
    run = ImportRun.objects.create(
        digest="d", name="usage.csv", started_at=NOW, changed_at=NOW, rows_read=12,
        statuses={"held": 0, "duplicate": 2, "applied": 10, "staged": 0},
    )  # fmt: skip
    page = fiona.get(f"/admin/ledger/importrun/{run.pk}/change/").content.decode()

    assert "10 applied, 2 duplicate" in page
    assert "0 held" not in page
