"""Lists and pages of rows whose money is in the books' currency, which they don't name."""

from __future__ import annotations

from datetime import date

import pytest

from creditops.lib import clock
from invoicing.models import JournalExport, LossEstimate
from tests import cast, staff

pytestmark = pytest.mark.django_db
NOW = cast.at("2026-02-01")


@pytest.fixture
def root(monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.SECURE_SSL_REDIRECT = False
    cast.sign_books()
    return staff.as_(staff.person(None))


def test_an_expected_loss_is_shown_in_money(root):
    made = LossEstimate.objects.create(
        month=date(2026, 1, 1), expected_minor=123_456, before_minor=-50, content={}, made_at=NOW,
        made_by="Fiona",
    )  # fmt: skip

    pages = [root.get(f"/admin/invoicing/lossestimate/{end}") for end in ("", f"{made.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert all("$1,234.56" in page.content.decode() for page in pages)


def test_an_export_is_shown_in_money(root):
    made = JournalExport.objects.create(
        period=date(2026, 1, 1), program="datev", files=[], sha256="0" * 64, entries=3,
        debit_minor=123_456, made_at=NOW, made_by="Fiona",
    )  # fmt: skip

    pages = [root.get(f"/admin/invoicing/journalexport/{e}") for e in ("", f"{made.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert all("$1,234.56" in page.content.decode() for page in pages)
