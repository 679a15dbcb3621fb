"""Numbers of documents: 1 to n per series and year, whatever fails and whoever races (I2)."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import transaction

from invoicing import numbering
from invoicing.models import NumberSeries
from tests.invoicing import racing

NEW_YEARS_EVE, NEW_YEAR = date(2026, 12, 31), date(2027, 1, 1)
RACERS = 6


@pytest.fixture
def without_documents(damaged_books):
    """Numbers are taken here without documents that bear them, which `verify` would name."""


@transaction.atomic
def take(series=numbering.INVOICES, wanted=NEW_YEAR) -> numbering.Number:
    return numbering.take(series, wanted)


@pytest.mark.django_db
def test_a_number_is_the_series_the_year_and_six_digits(without_documents):
    assert str(take()) == "INV-2027-000001"
    assert str(take()) == "INV-2027-000002"


@pytest.mark.django_db
def test_each_series_and_each_year_counts_for_itself(without_documents):
    """I2: credit notes have their own series."""
    taken = [
        take(), take("CN"), take(), take(wanted=NEW_YEARS_EVE), take("CN"),
    ]  # fmt: skip

    assert [str(number) for number in taken] == [
        "INV-2027-000001", "CN-2027-000001", "INV-2027-000002", "INV-2026-000001", "CN-2027-000002",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_millionth_document_of_a_year_has_a_number_too(without_documents):
    NumberSeries.objects.create(series="INV", year=2027, last=999_999, last_date=NEW_YEAR)

    assert str(take()) == "INV-2027-1000000"


@pytest.mark.django_db
def test_issue_dates_never_decrease_along_a_series(without_documents):
    """I2: a document of yesterday, issued after one of today, is dated today."""
    dates = [
        take(wanted=day).issue_date
        for day in (date(2027, 3, 2), date(2027, 3, 1), date(2027, 3, 3), date(2027, 1, 1))
    ]

    assert dates == [date(2027, 3, 2), date(2027, 3, 2), date(2027, 3, 3), date(2027, 3, 3)]


@pytest.mark.django_db
def test_a_number_taken_in_vain_is_taken_by_the_next(without_documents):
    take()
    mark = transaction.savepoint()
    take(wanted=date(2027, 5, 5))
    transaction.savepoint_rollback(mark)

    number = take()

    assert (str(number), number.issue_date) == ("INV-2027-000002", NEW_YEAR)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_number_is_taken():
    with pytest.raises(RuntimeError):
        numbering.take("INV", NEW_YEAR)

    assert not NumberSeries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_documents_issued_at_once_get_neighbouring_numbers(without_documents):
    """I2: the series' row is locked; also the very first one of a year."""
    taken = racing.at_once(RACERS, lambda _: take().sequence)

    assert sorted(taken) == [1, 2, 3, 4, 5, 6]
    assert NumberSeries.objects.get().last == 6


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_all_who_read_at_once_would_take_the_same(without_documents, monkeypatch):
    """The negative control: the race is real, and counting in one statement is what decides it."""
    take()
    together = racing.barrier(RACERS)

    def read_then_count(*_, series, year, wanted):
        row = NumberSeries.objects.get(series=series, year=year)
        together.wait()
        NumberSeries.objects.filter(pk=row.pk).update(last=row.last + 1)
        return [(row.last + 1, wanted)]

    monkeypatch.setattr(numbering, "sql", SimpleNamespace(rows=read_then_count))

    assert racing.at_once(RACERS, lambda _: take().sequence) == [2] * RACERS
