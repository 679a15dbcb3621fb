"""Answers what an invoice costs, issued and rendered with its e-invoice in it, beside WeasyPrint's own time.

The limit is the time inside WeasyPrint for the same pages in the same run; all else is ours: tax, number,
journal, XML, the template, the stored bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts import customers
from accounts.models import Customer
from bench import book
from creditops.database import scratch_process
from creditops.lib import pdf
from invoicing import issuing, rendering, seller, tax_rates
from invoicing.issuing import Document, Line
from invoicing.models import InvoiceLine
from ledger import books, chart

INVOICES = 500
WARM_UP = 10
# Our own part may cost so much on top of WeasyPrint's.
RATIO_MAX = 1.3


@dataclass(frozen=True)
class Whole:
    """So many invoices in `seconds`, of which `in_weasyprint` were WeasyPrint's own."""

    invoices: int
    seconds: float
    in_weasyprint: float

    @property
    def ratio(self) -> float:
        """The whole, beside WeasyPrint's own time."""
        return self.seconds / self.in_weasyprint

    def __str__(self) -> str:
        verdict = "within" if self.ratio < RATIO_MAX else "ABOVE"
        return (
            f"Papers: {self.invoices / self.seconds:.1f} invoices/s issued and rendered; the whole is "
            f"{self.ratio:.2f} of WeasyPrint's own time ({self.in_weasyprint / self.invoices * 1e3:.0f} ms "
            f"a page), {verdict} {RATIO_MAX}"
        )


def measure(invoices: int = INVOICES) -> list[Whole]:
    """One-page invoices, one after the other."""
    return [scratch_process.run(_measure, invoices)]


def _measure(invoices: int) -> Whole:
    buyer = _book()
    for number in range(WARM_UP):
        _one(buyer, f"warm {number}", number)
    with _watched() as inside:
        begun = time.perf_counter()
        for number in range(invoices):
            _one(buyer, f"order {number}", number)
        seconds = time.perf_counter() - begun
    return Whole(invoices, seconds, sum(inside))


def _book() -> Customer:
    """A vendor and a customer in Germany: VAT, addresses, bank details, as on most invoices."""
    books.open_books(currency="EUR", time_zone="Europe/Berlin", at=book.START)
    chart.ensure()
    seller.define(
        name="Northlight", legal_name="Northlight Intelligence GmbH", country="DE",
        address="Rosenthaler Straße 40\n10178 Berlin", vat_id="DE136695976",
        registration="HRB 198765", iban="DE89 3704 0044 0532 0130 00",
        footer="Geschäftsführung: Mara Lind",
    )  # fmt: skip
    tax_rates.define(country="DE", rate_pct="19", at=book.START)
    return customers.create(
        code="acme", name="Acme", legal_name="Acme Analytics GmbH", country="DE", language="de",
        address="Hauptstraße 1\n80331 München", tax_id="DE129273398", currency="EUR",
        time_zone="Europe/Berlin", at=book.START,
    )  # fmt: skip


def _one(buyer: Customer, source: str, number: int) -> None:
    at = book.START + timedelta(minutes=number)
    lines = [
        Line(
            InvoiceLine.Kind.OVERAGE, "Mehrverbrauch von 10.000 Credits", 10_000, credits=10_000,
            unit_price="0.01", period_from=at.date(), period_to=at.date(),
        ),
        Line(InvoiceLine.Kind.OTHER, "Bevorzugte Betreuung", 2_500),
    ]  # fmt: skip
    document = Document(
        customer=buyer, lines=lines, currency="EUR", due_date=at.date() + timedelta(days=30),
        source=source, receivable_at=at, notes=["Die ältesten Credits werden zuerst verbraucht."],
    )  # fmt: skip
    rendering.pdf(issuing.issue(document, at=at), at=at)


@contextmanager
def _watched() -> Iterator[list[float]]:
    """How long each call of WeasyPrint took while the block runs."""
    inside: list[float] = []
    write = pdf._write

    def timed(*args: Any) -> Any:
        begun = time.perf_counter()
        try:
            return write(*args)
        finally:
            inside.append(time.perf_counter() - begun)

    pdf._write = timed  # type: ignore[assignment]  # a stand-in for a while
    try:
        yield inside
    finally:
        pdf._write = write
