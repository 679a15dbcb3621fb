"""Documents as e-invoices of EN 16931: valid by schema and schematron, or refused."""

from datetime import date

import pytest

from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import ad_hoc, credit_notes, e_invoices, exemptions, issuing, seller, tax_rates
from invoicing.ad_hoc import Item
from invoicing.issuing import Document, Line
from invoicing.models import CreditNote, Invoice, InvoiceLine, TaxRate
from ledger import corrections
from ledger.models import UsageEvent
from tests import cast
from tests.e_invoices import faults, texts

pytestmark = pytest.mark.django_db

START, JUNE = cast.START, cast.at("2026-06-01")


@pytest.fixture(autouse=True)
def vendor():
    seller.define(
        name="Northlight",
        legal_name="Northlight Intelligence GmbH",
        address="Rosenthaler Straße 40\n10178 Berlin",
        country="DE",
        vat_id="DE136695976",
        registration="HRB 198765",
        email="billing@northlight.example",
        iban="DE89 3704 0044 0532 0130 00",
        bic="COBADEFFXXX",
    )
    tax_rates.define(country="DE", rate_pct="19", at=START)


def invoiced(*items, discount=0, currency="EUR", **customer):
    """An invoice of June to a customer in Germany, unless said otherwise."""
    seller_country = {"country": "DE", "currency": currency, "legal_name": "Acme & Söhne <AG>"}
    made = ad_hoc.issue(
        cast.customer(**seller_country | customer),
        items or [Item(10_000, credits=1_000)],
        currency=currency,
        source="a",
        by="Fiona",
        at=JUNE,
        discount_minor=discount,
    )
    return made.invoice


def functional(currency):
    """Books kept in another currency."""
    from ledger import books

    books.open_books(currency=currency, time_zone="UTC", at=START)


@pytest.fixture(autouse=True)
def euro_books(request, vendor):
    functional(getattr(request, "param", "EUR"))


def categories(xml: bytes) -> list[str]:
    return sorted(set(texts(xml, "CategoryCode")))


def test_a_domestic_invoice_is_valid_and_says_what_the_document_says():
    exported = e_invoices.export(invoiced(Item(3_333), Item(3_333), Item(3_334, credits=3_334)))

    assert exported.gaps == []
    assert faults(exported.xml) == []
    assert texts(exported.xml, "GrandTotalAmount") == ["119.00"]
    assert texts(exported.xml, "TaxTotalAmount") == ["19.00"]
    assert texts(exported.xml, "CalculatedAmount") == ["19.00"]
    assert texts(exported.xml, "LineTotalAmount") == ["33.33", "33.33", "33.34", "100.00"]
    assert texts(exported.xml, "IBANID") == ["DE89370400440532013000"]
    assert texts(exported.xml, "Name")[-1] == "Acme & Söhne <AG>"


@pytest.mark.parametrize(
    ("customer", "category"),
    [
        ({"country": "FR", "tax_id": "FR40303265045"}, "AE"),
        ({"country": "US"}, "G"),
        ({"country": "DE", "code": "b"}, "S"),
    ],
)
def test_each_place_has_its_category(customer, category):
    exported = e_invoices.export(invoiced(**customer))

    assert exported.gaps == []
    assert faults(exported.xml) == []
    assert categories(exported.xml) == [category]


def test_outside_the_scope_no_vat_id_is_told():
    policies.change("books", {"tax_outside_eu": "O"}, effective_at=START, recorded_at=START, by="F")

    exported = e_invoices.export(invoiced(country="US", tax_id="US-1"))

    assert faults(exported.xml) == []
    assert categories(exported.xml) == ["O"]
    assert b"DE136695976" not in exported.xml


def test_exempt_and_zero_rated_products_stand_beside_taxed_ones():
    tax_rates.define(
        country="DE", rate_pct="0", product="education", category=TaxRate.Category.EXEMPT,
        note="§ 4 Nr. 21 UStG", at=START,
    )  # fmt: skip
    tax_rates.define(
        country="DE", rate_pct="0", product="solar", category=TaxRate.Category.ZERO, at=START
    )
    buyer = cast.customer(country="DE", currency="EUR")
    lines = [
        Line(InvoiceLine.Kind.OTHER, "Course", 10_000, product="education"),
        Line(InvoiceLine.Kind.OTHER, "Panel", 5_000, product="solar"),
        Line(InvoiceLine.Kind.OTHER, "Setup", 1_000),
        Line(InvoiceLine.Kind.OTHER, "Book", 1_000, tax_rate="7"),
    ]
    invoice = issuing.issue(
        Document(buyer, lines, "EUR", date(2026, 7, 1), "mixed", receivable_at=JUNE), at=JUNE
    )

    exported = e_invoices.export(invoice)

    assert faults(exported.xml) == []
    assert categories(exported.xml) == ["E", "S", "Z"]
    assert texts(exported.xml, "ExemptionReason") == ["§ 4 Nr. 21 UStG"]
    assert invoice.tax_minor == 190 + 70


def test_a_certificate_exempts_the_whole_document():
    buyer = cast.customer("school", country="DE", currency="EUR")
    exemptions.record(
        buyer, country="DE", certificate="C-7", reason="§ 4 Nr. 21 UStG",
        valid_from=date(2026, 1, 1), valid_until=date(2026, 6, 1), by="Fiona", at=START,
    )  # fmt: skip
    made = ad_hoc.issue(
        buyer, [Item(10_000, tax_rate="19")], currency="EUR", source="s", by="Fiona", at=JUNE
    ).invoice

    exported = e_invoices.export(made)

    assert (made.tax_category, made.tax_minor) == ("E", 0)
    assert made.tax_note == "Exempt: § 4 Nr. 21 UStG, certificate C-7"
    assert faults(exported.xml) == []


def test_a_discount_stands_on_its_lines_and_several_rates_stay_apart():
    """A46a: 3.00 off 10.00 at 21 % and 20.00 at 6 %."""
    exported = e_invoices.export(
        invoiced(
            Item(1_000, credits=1_000, tax_rate="21"),
            Item(2_000, credits=2_000, tax_rate="6"),
            discount=300,
        )
    )

    assert faults(exported.xml) == []
    assert texts(exported.xml, "ActualAmount") == ["1.00", "2.00"]
    assert texts(exported.xml, "CalculatedAmount") == ["1.89", "1.08"]
    assert texts(exported.xml, "DuePayableAmount") == ["29.97"]


def test_a_price_that_does_not_come_out_even_is_that_of_all_credits():
    exported = e_invoices.export(invoiced(Item(1_000, credits=3_000)))

    assert faults(exported.xml) == []
    assert texts(exported.xml, "ChargeAmount") == ["10.00"]
    assert texts(exported.xml, "BasisQuantity") == ["3000"]


def test_an_invoice_of_nothing_is_valid():
    exported = e_invoices.export(invoiced(Item(0, credits=5)))

    assert faults(exported.xml) == []
    assert texts(exported.xml, "DuePayableAmount") == ["0.00"]


def test_a_price_that_is_taxable_in_part_has_the_rate_of_that_part():
    """A39: 80 % of the price at 8.25 %."""
    seller.define(country="US", tax_number="12-3456789")
    tax_rates.define(country="US", region="TX", rate_pct="8.25", taxable_share_pct="80", at=START)

    exported = e_invoices.export(invoiced(Item(100_000), country="US", region="TX"))

    assert faults(exported.xml) == []
    assert texts(exported.xml, "RateApplicablePercent") == ["6.6", "6.6"]
    assert texts(exported.xml, "CalculatedAmount") == ["66.00"]


def test_a_credit_note_names_its_invoice_and_takes_the_rest_of_the_tax():
    """I8: 19 % of 0.03 thrice is 0.01 each, of 0.09 it is 0.02: the last note credits nothing more."""
    invoice = invoiced(Item(9, credits=3))
    notes = [
        credit_notes.credit(invoice, credits=1, by="Fiona", reason="less", at=JUNE)
        for _ in range(3)
    ]

    exported = [e_invoices.export(note) for note in notes]

    assert [note.tax_minor for note in notes] == [1, 1, 0]
    assert [faults(each.xml) for each in exported] == [[], [], []]
    assert texts(exported[0].xml, "TypeCode")[0] == "381"
    assert texts(exported[0].xml, "IssuerAssignedID") == [invoice.number]


def test_what_was_paid_by_card_is_prepaid(monkeypatch):
    from invoicing import cards, purchases
    from ledger import holders

    buyer = cast.customer(country="DE", currency="EUR")
    cards.save(buyer, works=True, at=START)
    bought = purchases.buy(
        purchases.Order(
            holder=holders.pay_as_you_go(buyer, JUNE), credits=100, price_minor=1_000,
            currency="EUR", pay="card", source="c", bonus_credits=10,
        ),
        by="Ada", at=JUNE,
    )  # fmt: skip

    exported = e_invoices.export(bought.invoice)

    assert faults(exported.xml) == []
    assert texts(exported.xml, "TotalPrepaidAmount") == ["11.90"]
    assert texts(exported.xml, "DuePayableAmount") == ["0.00"]


@pytest.mark.parametrize("euro_books", ["KWD"], indirect=True)
def test_three_decimals_have_no_place_in_the_standard():
    """A46b."""
    with pytest.raises(Refusal) as refused:
        e_invoices.export(invoiced(Item(1_250, credits=10), currency="KWD"))

    assert refused.value.code == "en16931_decimals"


@pytest.mark.parametrize("euro_books", ["JPY"], indirect=True)
def test_a_currency_without_decimals_is_exported():
    exported = e_invoices.export(invoiced(Item(3_333, credits=10), currency="JPY"))

    assert faults(exported.xml) == []
    assert texts(exported.xml, "GrandTotalAmount") == ["3966"]


def test_what_the_standard_asks_for_and_is_not_there_is_named():
    seller.define(vat_id="", registration="", tax_number="")
    exported = e_invoices.export(invoiced())

    with pytest.raises(Refusal) as refused:
        exported.whole()

    assert refused.value.code == "e_invoice_incomplete"
    assert "The seller has no VAT id and no tax number (BR-S-02)." in refused.value.detail
    assert [fault for fault in faults(exported.xml) if "BR-S-02" in fault]


def test_the_same_document_is_the_same_for_ever():
    invoice = invoiced()
    first = e_invoices.export(invoice).xml

    seller.define(legal_name="Southlight", vat_id="DE1")
    invoice.customer.legal_name = "Renamed"
    invoice.customer.save()

    assert e_invoices.export(invoice).xml == first


@pytest.fixture
def taxed_at_use():
    """Credits are taxed as they are used: 1,000 for 100.00, of which 300 in June."""
    policies.change(
        "books", {"tax_point": "TAX_AT_REDEMPTION"}, effective_at=START, recorded_at=START, by="F"
    )
    invoice = invoiced()
    cast.send("u1", 300, when=JUNE, time=JUNE)
    return invoice


def test_the_sale_of_credits_that_are_taxed_as_used_is_outside_the_scope_and_says_why(taxed_at_use):
    """Not subject to VAT yet (Art. 30b): category O, which may name no VAT id (BR-O-02)."""
    exported = e_invoices.export(taxed_at_use)

    assert exported.gaps == []
    assert faults(exported.xml) == []
    assert categories(exported.xml) == ["O"]
    assert "VAT invoice" in texts(exported.xml, "ExemptionReason")[0]


def test_beside_taxed_lines_such_credits_are_no_e_invoice():
    """BR-O-11: nothing stands beside what is outside the scope; the PDF goes out alone."""
    policies.change(
        "books", {"tax_point": "TAX_AT_REDEMPTION"}, effective_at=START, recorded_at=START, by="F"
    )
    invoice = invoiced(Item(10_000, credits=1_000), Item(5_000))

    assert e_invoices.attachable(invoice) is None


def test_the_tax_on_used_credits_is_a_whole_invoice_of_which_the_net_is_paid(taxed_at_use):
    cast.run_due(cast.at("2026-07-01"))
    exported = e_invoices.export(Invoice.objects.get(taxed_month__isnull=False))

    assert exported.gaps == []
    assert faults(exported.xml) == []
    said = [
        texts(exported.xml, name)
        for name in ("GrandTotalAmount", "TotalPrepaidAmount", "DuePayableAmount")
    ]
    assert said == [["35.70"], ["30.00"], ["5.70"]]


def test_tax_that_goes_back_since_less_was_used_is_valid_too(taxed_at_use):
    cast.run_due(cast.at("2026-07-01"))
    event = UsageEvent.objects.get()
    corrections.correct(event, credits=100, by="Fiona", reason="twice", at=cast.at("2026-07-02"))
    cast.run_due(cast.at("2026-08-01"))

    exported = e_invoices.export(CreditNote.objects.get())

    assert faults(exported.xml) == []
    assert texts(exported.xml, "DuePayableAmount") == ["3.80"]


def test_a_correction_stands_as_a_quantity_below_zero(taxed_at_use):
    cast.run_due(cast.at("2026-07-01"))
    event = UsageEvent.objects.get()
    july = cast.at("2026-07-02")
    corrections.correct(event, credits=100, by="Fiona", reason="twice", at=july)
    cast.send("u2", 300, when=july, time=july)
    cast.run_due(cast.at("2026-08-01"))

    exported = e_invoices.export(Invoice.objects.get(taxed_month__month="2026-07-01"))

    assert faults(exported.xml) == []
    assert texts(exported.xml, "BilledQuantity") == ["-1", "1"]
    assert texts(exported.xml, "DuePayableAmount") == ["1.90"]
