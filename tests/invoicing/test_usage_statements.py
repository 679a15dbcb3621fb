"""Statements of use: credits and the customer's own units, and every event in files no formula runs in."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from contracts import rate_cards
from creditops.lib.refusals import Refusal
from invoicing import seller, usage_statements
from ledger import corrections, metering
from ledger.messages import Message
from ledger.models import UsageEvent
from tests import cast, papers

pytestmark = pytest.mark.django_db

START, NOW = cast.START, cast.at("2026-03-15")
MARCH = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}


@pytest.fixture
def acme():
    """Translations at 3 credits per 1,000 words, images at 12, both used in March, once in February."""
    seller.define(name="Lumen", country="US")
    rate_cards.publish(
        card="standard", version="1", effective_from=START, by="Sam", at=START,
        items=[
            rate_cards.Item("translation", 3, kind="pack", per=1_000, customer_unit="words translated"),
            rate_cards.Item("image", 12, customer_unit="images"),
        ],
    )  # fmt: skip
    buyer = cast.customer(language="de", legal_name="Acme <b>AG</b>")
    cast.sign(buyer, rate_card=rate_cards.find("standard"))
    for key, meter, quantity, user, when in (
        ("feb", "translation", 1_000, "lena", "2026-02-28 23:59"),
        ("w1", "translation", 100_000, "lena", "2026-03-01"),
        ("w2", "translation", 50_000, "=SUM(A1)", "2026-03-10"),
        ("i1", "image", 5, "", "2026-03-11"),
        ("i2", "image", 7, "tom", "2026-03-12"),
    ):
        send(key, meter, quantity, user, cast.at(when))
    corrections.void(UsageEvent.objects.get(key="i2"), by="Fiona", reason="failed", at=NOW)
    return buyer


def send(key, meter, quantity, user, when):
    message = Message(
        source="test", key=key, customer="acme", contract="c1", meter=meter, time=when,
        quantity=quantity, user=user or None,
    )  # fmt: skip
    metering.accept([message], at=when, origin="test")


def stated(buyer):
    return usage_statements.of(buyer, cast.unit(), **MARCH, at=NOW)


def test_actions_stand_in_credits_and_in_what_the_customer_counts(acme):
    """S11: 450 credits are 150,000 words; a void event is none."""
    found = stated(acme)

    assert [(u.action, u.credits, u.events, u.counted) for u in found.actions] == [
        ("Translation", 450, 2, [(150_000, "words translated")]),
        ("Image", 60, 1, [(5, "images")]),
    ]
    assert (found.credits, found.opening, found.closing) == (510, 99_997, 99_487)
    assert found.months == [(date(2026, 3, 1), 510)]
    assert dict(found.users) == {"lena": 300, "=SUM(A1)": 150, "Übrige": 60}


def test_it_is_printed_in_the_customers_language(acme):
    text = papers.text(usage_statements.paper(stated(acme), at=NOW))

    for part in (
        "Nutzungsnachweis",
        "Zeitraum 01.03.2026 – 31.03.2026",
        "Acme <b>AG</b>",
        "Verbrauchte Credits 510 Credits",
        "Translation 150.000 words translated 2 450",
        "Image 5 images 1 60",
    ):
        assert part in text


def test_nothing_used_is_said(acme):
    empty = usage_statements.of(
        acme, cast.unit(), first=date(2026, 1, 1), last=date(2026, 1, 31), at=NOW
    )

    assert "Es wurde nichts verbraucht." in papers.text(usage_statements.paper(empty, at=NOW))


def test_every_event_stands_in_the_csv_as_corrected_and_no_cell_is_a_formula(acme):
    content = usage_statements.events_csv(acme, **MARCH)

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    told = [(r["Id"], r["User"], r["Quantity"], r["Credits"], r["Corrected"]) for r in rows]
    assert told == [
        ("w1", "lena", "100000", "300", ""),
        ("w2", "'=SUM(A1)", "50000", "150", ""),
        ("i1", "", "5", "60", ""),
        ("i2", "tom", "7", "0", "yes"),
    ]


def test_the_workbook_says_the_same_with_texts_as_texts(acme):
    content = usage_statements.events_xlsx(acme, **MARCH)

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet.max_row == 5
    row = {head.value: cell for head, cell in zip(sheet[1], sheet[3], strict=True)}
    assert (row["User"].value, row["User"].data_type) == ("=SUM(A1)", "s")
    assert (row["Credits"].value, row["Credits"].data_type) == (150, "n")


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 3, 2), date(2026, 3, 1)), (date(2025, 1, 1), date(2026, 1, 2))],
)
def test_a_time_that_cannot_be_meant_is_refused(acme, first, last):
    with pytest.raises(Refusal) as refused:
        usage_statements.of(acme, cast.unit(), first=first, last=last, at=NOW)

    assert refused.value.code == "statement_time_unfit"
