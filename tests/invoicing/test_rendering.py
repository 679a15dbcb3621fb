"""Invoices on paper: what they print, once and for all."""

import csv
import io
import sys
from datetime import date
from typing import Any

import pytest

from creditops.lib import outbox, pdf
from creditops.lib.models import OutboxMessage, StoredFile
from creditops.lib.refusals import Refusal
from invoicing import issuing, rendering, seller
from invoicing.issuing import Document, Line
from invoicing.models import InvoiceLine
from tests import cast, papers

pytestmark = pytest.mark.django_db

NOW = cast.at("2026-11-01")
LATER = cast.at("2026-11-02")


@pytest.fixture(autouse=True)
def vendor():
    return seller.define(
        name="Northlight",
        legal_name="Northlight Intelligence GmbH",
        address="Rosenthaler Straße 40\n10178 Berlin",
        country="DE",
        vat_id="DE312345678",
        bank_details="IBAN DE89 3704 0044 0532 0130 00",
        footer="HRB 198765",
    )


def overage(**fields: Any) -> Line:
    usual: dict[str, Any] = {
        "kind": InvoiceLine.Kind.OVERAGE,
        "text": "Overage",
        "amount_minor": 2_288,
        "credits": 2_288,
        "unit_price": "0.01",
        "period_from": date(2025, 11, 1),
        "period_to": date(2026, 10, 31),
    }
    return Line(**usual | fields)


def issued(*lines, currency="USD", notes=(), **customer):
    buyer = cast.customer(**{"country": "US", "currency": currency} | customer)
    return issuing.issue(
        Document(
            customer=buyer,
            lines=lines or [overage()],
            currency=currency,
            due_date=date(2026, 12, 1),
            source="test",
            notes=notes,
        ),
        at=NOW,
    )


def printed(invoice) -> str:
    return papers.text(rendering.pdf(invoice, at=NOW).content)


def test_the_document_prints_the_stored_figures():
    invoice = issued(
        overage(),
        overage(
            kind=InvoiceLine.Kind.COMMITMENT,
            text="Commitment",
            amount_minor=128_016,
            credits=18_288,
            unit_price="0.07",
        ),
        notes=["Unused credits roll over once.", "1 credit per 1,000 tokens."],
        address="548 Market Street\nSan Francisco",
        legal_name="Acme Analytics Inc.",
    )

    text = printed(invoice)

    for part in (
        "Northlight Intelligence GmbH Rosenthaler Straße 40 10178 Berlin Germany",
        "Invoice INV-2026-000001",
        "Acme Analytics Inc. 548 Market Street San Francisco United States",
        "Issue date 1 Nov 2026 Due date 1 Dec 2026 Customer number acme",
        "Amount due by 1 Dec 2026 USD 1,303.04",
        "1 Overage 1 Nov 2025 – 31 Oct 2026 2,288 0.01 22.88",
        "2 Commitment 1 Nov 2025 – 31 Oct 2026 18,288 0.07 1,280.16",
        "Net total 1,303.04 VAT 0 % 0.00 Supply outside the European Union Total, USD 1,303.04",
        "IBAN DE89 3704 0044 0532 0130 00 Reference: INV-2026-000001",
        "Unused credits roll over once. 1 credit per 1,000 tokens.",
        "VAT ID DE312345678",
        "Page 1 of 1",
    ):
        assert part in text


def test_reverse_charge_is_printed_with_both_vat_ids():
    text = printed(issued(country="IE", tax_id="IE6388047V"))

    assert "Reverse charge" in text
    assert "VAT ID IE6388047V" in text
    assert "VAT ID DE312345678" in text


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "2,288"), ("KWD", "2.288"), ("EUR", "22.88")]
)
def test_amounts_have_the_decimals_of_their_currency(currency, amount):
    assert f"Total, {currency} {amount} How to pay" in printed(issued(currency=currency))


def test_an_invoice_of_nothing_asks_for_nothing():
    text = printed(issued(overage(amount_minor=0)))

    assert "Nothing to pay USD 0.00" in text
    assert "How to pay" not in text
    assert "Due date" not in text


def test_columns_that_no_line_fills_are_left_out():
    text = printed(issued(overage(credits=None, unit_price="")))

    assert "# Description Net, USD 1 Overage" in text


def test_only_our_own_fonts_are_embedded():
    stored = rendering.pdf(issued(), at=NOW)

    assert papers.fonts(stored.content) == {"Inter", "Inter-Semi-Bold"}


def test_a_document_is_rendered_once_whatever_changes_afterwards():
    invoice = issued()
    first = rendering.pdf(invoice, at=NOW)

    seller.define(name="Southlight", legal_name="Southlight Ltd", address="London")
    invoice.customer.name = "Renamed"
    invoice.customer.save()
    rendering.render_due("again", {"number": invoice.number}, LATER)
    second = rendering.pdf(invoice, at=LATER)

    assert StoredFile.objects.get() == first == second
    assert (second.sha256, second.recorded_at) == (first.sha256, NOW)


def test_what_it_prints_was_frozen_at_the_issue_not_at_the_rendering():
    invoice = issued()
    seller.define(name="Southlight", legal_name="Southlight Ltd")

    assert "Southlight" not in printed(invoice)


def test_the_outbox_renders_what_was_issued(monkeypatch):
    monkeypatch.setitem(outbox._handlers, issuing.RENDER, rendering.render_due)
    invoice = issued()

    assert outbox.relay(NOW) == (1, 0)

    stored = StoredFile.objects.get(name=f"invoices/{invoice.number}.pdf")
    assert stored.content_type == "application/pdf"
    assert bytes(stored.content).startswith(b"%PDF-1.7")


def test_without_pango_the_document_waits_in_the_outbox(monkeypatch):
    monkeypatch.setitem(outbox._handlers, issuing.RENDER, rendering.render_due)
    invoice = issued()

    with monkeypatch.context() as without:
        without.setitem(sys.modules, "weasyprint", None)
        assert outbox.relay(NOW) == (0, 1)
        with pytest.raises(Refusal) as refused:
            rendering.pdf(invoice, at=NOW)

    assert refused.value.code == "pdf_unavailable"
    assert "apt-get install -y libpango" in OutboxMessage.objects.get().error
    assert StoredFile.objects.count() == 0
    assert outbox.relay(LATER) == (1, 0)


@pytest.mark.parametrize("payload", [*papers.HOSTILE_HTML, *papers.HOSTILE_TEMPLATES])
def test_what_people_typed_is_printed_as_they_typed_it(payload, monkeypatch, tmp_path):
    file = tmp_path / "canary.txt"
    file.write_text(papers.CANARY)
    payload = payload.replace("{file}", str(file))
    seller.define(footer=payload, bank_details=payload)

    with papers.recorded_requests(monkeypatch) as asked:
        content = rendering.pdf(
            issued(overage(text=payload), name=payload, address=payload, notes=[payload]), at=NOW
        ).content

    assert set(asked) == {"asset:Inter-Regular.ttf", "asset:Inter-SemiBold.ttf"}
    assert papers.attachments(content) == ["factur-x.xml"]
    assert papers.CANARY not in papers.text(content)
    typed = "".join(papers.text(content).split())
    assert typed.count("".join(payload.split())) == 6


def test_long_names_and_other_scripts_leave_the_figures_alone():
    text = printed(
        issued(
            overage(text="Donaudampfschifffahrt" * 14),
            name="X" * 200,
            address="شارع الملك فهد 12\nתל אביב\n株式会社テスト\n" + "line\n" * 5_000,
        )
    )

    assert "Total, USD 22.88" in text
    assert "2,288 0.01 22.88" in text
    assert "Page 2 of 2" in text


def test_two_hundred_lines_are_printed_one_by_one():
    text = printed(issued(*(overage(text=f"Project {number}") for number in range(1, 201))))

    assert "200 Project 200" in text
    assert "Total, USD 4,576.00" in text
    assert text.count("# Description Credits Price per credit Net, USD") > 5
    assert "Invoice INV-2026-000001 of 1 Nov 2026 · Northlight Intelligence GmbH" in text


def test_more_lines_are_added_up_by_kind_and_stand_in_a_csv(monkeypatch):
    monkeypatch.setattr(pdf, "LINES_MAX", 3)
    bonus = Line(kind=InvoiceLine.Kind.BONUS, text="=1+1", amount_minor=0, credits=5)
    invoice = issued(overage(), overage(unit_price="0.02", amount_minor=4_576), bonus, overage())

    text = printed(invoice)

    assert "1 Overage (3) 1 Nov 2025 – 31 Oct 2026 6,864 91.52" in text
    assert "2 Bonus credits (1) 5 0.00" in text
    assert "The 4 lines of this invoice are added up by kind." in text
    assert "INV-2026-000001-lines.csv" in text
    stored = StoredFile.objects.get(name="invoices/INV-2026-000001-lines.csv")
    rows = list(csv.reader(io.StringIO(bytes(stored.content).decode())))
    assert rows[1:] == [
        [
            "INV-2026-000001", "1", "OVERAGE", "Overage", "2025-11-01", "2026-10-31",
            "2288", "0.01", "22.88", "USD",
        ],
        [
            "INV-2026-000001", "2", "OVERAGE", "Overage", "2025-11-01", "2026-10-31",
            "2288", "0.02", "45.76", "USD",
        ],
        ["INV-2026-000001", "3", "BONUS", "'=1+1", "", "", "5", "", "0.00", "USD"],
        [
            "INV-2026-000001", "4", "OVERAGE", "Overage", "2025-11-01", "2026-10-31",
            "2288", "0.01", "22.88", "USD",
        ],
    ]  # fmt: skip


@pytest.mark.parametrize("count", [9, 11, 13])
def test_the_total_never_stands_on_a_page_without_a_line(count):
    invoice = issued(*(overage(text=f"Project {number}") for number in range(1, count + 1)))

    pages = papers.pages(rendering.pdf(invoice, at=NOW).content)

    [last] = [page for page in pages if "Total, USD" in page]
    assert f"Project {count}" in last
