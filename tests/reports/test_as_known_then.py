"""A report of a month, as known at its close, says ever after what it said then."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import chain

import pytest

from contracts import agreements, commission_plans, termination
from contracts.commission_figures import Share
from contracts.commission_plans import Wanted
from creditops.close import month_end
from creditops.reports import catalogue, owing
from creditops.reports.frame import Asked, Report
from invoicing import credit_notes, voids
from invoicing.models import Invoice
from ledger import holders
from tests import cast
from tests.cast import START, at

pytestmark = pytest.mark.django_db

FEB, CLOSED = date(2026, 2, 28), at("2026-03-05")
ASKED = Asked(FEB.replace(day=1), FEB, CLOSED, remembered=True)
AFTER = at("2027-03-01")


def every_report() -> dict[str, list[object]]:
    """Name -> the rows of its tables, of February as known when it was closed."""
    return {
        f"{kind.name} {by}": [table.rows for table in kind.make(asked).tables]
        for kind in chain.from_iterable(catalogue.SECTIONS.values())
        for by in kind.groups or [""]
        for asked in [Asked(ASKED.first, FEB, CLOSED, by, remembered=True)]
    }


def committed(last: date, known_at=AFTER) -> list[object]:
    """Contracted, invoiced, collected, of the first contract."""
    made: Report = owing.commitments(Asked(last.replace(day=1), last, known_at))
    return list(made.tables[0].rows[0][2:5])


def test_whatever_comes_later_no_report_of_a_closed_month_changes(db: None):
    cast.sign_books()
    acme, quill = cast.customer(), cast.customer("quill")
    plan = commission_plans.publish(
        "plan", Wanted(Decimal(10), Decimal(70), cost="CONSUMPTION"), by="Sally", at=START
    )
    renewed = cast.sign(acme, auto_renew=True, settings={"rollover": "NONE"}, commission_plan=plan)
    short = cast.sign(quill, code="short", installments=12, commission_plan=plan)
    tried = cast.customer("tried")
    holders.pay_as_you_go(tried, START)
    cast.run_due(START)
    gift = {"source": "gift", "kind": "promo", "when": at("2026-02-01"), "end": at("2027-02-01")}
    cast.grant(cast.open_pool(tried), 100, **gift)
    cast.send("u1", 40_000, when=at("2026-02-10"), contract="c1")
    cast.run_due(CLOSED)
    month_end.close(FEB.replace(day=1), by="Fiona", at=CLOSED)
    said = every_report()

    late = cast.usage("u2", 40, customer="tried", time=at("2026-02-27"))
    cast.report(late, when=at("2026-03-10"))
    cast.send("u3", 5_000, when=at("2026-04-01"), contract="c1")
    credit_notes.credit(
        Invoice.objects.get(contract=renewed), credits=100, by="Fiona", reason="test",
        at=at("2026-05-01"),
    )  # fmt: skip
    cast.run_due(at("2026-08-01"))
    commission_plans.reassign(
        renewed, [Share("bob", Decimal(100))], effective_at=START, by="Sally", reason="territory",
        at=at("2026-08-01"),
    )  # fmt: skip
    termination.terminate(
        short, end=at("2026-09-01"), by="Sam", reason="moved", at=at("2026-08-01")
    )
    cast.run_due(at("2027-01-02"))
    agreements.cancel(renewed, by="Sam", at=at("2027-01-03"))
    cast.journal(AFTER)

    now = every_report()
    assert {name: (said[name], now[name]) for name in said if said[name] != now[name]} == {}


def test_a_renewal_is_no_commitment_of_the_year_before(db: None):
    cast.sign(auto_renew=True)
    cast.run_due(START)
    cast.send("u1", 40_000, when=at("2026-02-10"), contract="c1")
    cast.run_due(at("2027-01-02"))

    assert committed(date(2026, 12, 31)) == [100_000, 100_000, 0]
    assert committed(date(2027, 1, 31)) == [140_000, 140_000, 0]


def test_what_was_taken_back_is_contracted_no_more(db: None):
    cast.sign(bonus_credits=25_000)
    cast.run_due(START)
    invoice = Invoice.objects.get()
    credit_notes.credit(invoice, credits=50_000, by="Fiona", reason="test", at=at("2026-03-10"))
    half = committed(date(2026, 3, 31))
    credit_notes.credit(invoice, credits=75_000, by="Fiona", reason="test", at=at("2026-04-10"))

    # 125,000 credits share the price: 50,000 of them are worth $400.00.
    assert committed(FEB) == [100_000, 100_000, 0]
    assert half == [60_000, 60_000, 0]
    assert committed(date(2026, 4, 30)) == [0, 0, 0]


def test_a_void_invoice_commits_nobody(db: None):
    cast.sign()
    cast.run_due(START)
    voids.void(Invoice.objects.get(), by="Fiona", reason="twice", at=at("2026-03-10"))

    assert committed(FEB) == [100_000, 100_000, 0]
    assert owing.commitments(Asked(date(2026, 3, 1), date(2026, 3, 31), AFTER)).tables[0].rows == []
