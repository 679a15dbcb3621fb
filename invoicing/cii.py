"""Does the writing of an e-invoice: facts by their numbers in EN 16931 become CII XML (I12, I13).

The syntax is UN/CEFACT's Cross Industry Invoice, the profile that of Factur-X at level EN 16931. Nothing
is decided here: what the facts are, and whether they suffice, `e_invoices` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.etree import ElementTree

PROFILE = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
# A credit is no unit of UN/ECE recommendation 20: it is counted, one by one.
EACH = "C62"

_SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
_DAY = "102"
# What XML may not carry at all, not even escaped.
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF])


@dataclass(frozen=True)
class Party:
    """The seller (BG-4) or the buyer (BG-7).

    Attributes:
        name: BT-27, BT-44.
        country: BT-40, BT-55, ISO 3166.
        address: up to three lines.
        vat_id, tax_number: BT-31 or BT-48, and BT-32.
        registration: BT-30 or BT-47, of the company.
        email: BT-34, BT-49.
    """

    name: str
    country: str = ""
    address: Sequence[str] = ()
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    email: str = ""


@dataclass(frozen=True)
class Line:
    """A line (BG-25). Amounts and quantities are decimal text.

    Attributes:
        name: BT-153.
        quantity: BT-129.
        price, price_of: BT-146 is the price of so many (BT-149).
        net: BT-131.
        allowance, allowance_reason: what of the document's discount falls on it (BG-27).
        category, rate: BT-151, BT-152; no rate where nothing is taxed (O).
        period: BT-134, BT-135.
    """

    name: str
    quantity: str
    price: str
    price_of: str
    net: str
    category: str
    rate: str = ""
    allowance: str = ""
    allowance_reason: str = ""
    period: tuple[date | None, date | None] = (None, None)


@dataclass(frozen=True)
class TaxGroup:
    """The tax of one category and rate (BG-23, BT-116 to BT-121)."""

    category: str
    rate: str
    net: str
    tax: str
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class Document:
    """An invoice or credit note as EN 16931 sees it; amounts are decimal text of `currency`.

    `means` is how it is paid (BT-81), `iban` and `bic` where to. `corrects` are number and date of the
    invoice that a credit note corrects (BG-3).
    """

    number: str
    type_code: str
    issued_on: date
    currency: str
    seller: Party
    buyer: Party
    lines: Sequence[Line]
    taxes: Sequence[TaxGroup]
    net: str
    tax: str
    total: str
    due: str
    prepaid: str = ""
    due_on: date | None = None
    terms: str = ""
    means: str = ""
    iban: str = ""
    bic: str = ""
    notes: Sequence[str] = field(default_factory=tuple)
    corrects: tuple[str, date] | None = None

    @property
    def period(self) -> tuple[date | None, date | None]:
        """What all lines span (BG-14)."""
        starts = [line.period[0] for line in self.lines if line.period[0]]
        ends = [line.period[1] for line in self.lines if line.period[1]]
        return min(starts, default=None), max(ends, default=None)

    @property
    def supplied_on(self) -> date:
        """BT-72: the end of what was used, else the issue: credits are supplied when they are sold."""
        return min(self.issued_on, self.period[1] or self.issued_on)


def write(document: Document) -> bytes:
    """The XML of a document, UTF-8; the same facts give the same bytes."""
    root = ElementTree.Element(
        "rsm:CrossIndustryInvoice", {f"xmlns:{short}": long for short, long in _SPACES.items()}
    )
    context = _add(root, "rsm:ExchangedDocumentContext")
    _text(_add(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)
    _head(_add(root, "rsm:ExchangedDocument"), document)
    deal = _add(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(document.lines, start=1):
        _line(_add(deal, "ram:IncludedSupplyChainTradeLineItem"), number, line)
    agreement = _add(deal, "ram:ApplicableHeaderTradeAgreement")
    _party(_add(agreement, "ram:SellerTradeParty"), document.seller)
    _party(_add(agreement, "ram:BuyerTradeParty"), document.buyer)
    delivery = _add(deal, "ram:ApplicableHeaderTradeDelivery")
    event = _add(delivery, "ram:ActualDeliverySupplyChainEvent")
    _day(_add(event, "ram:OccurrenceDateTime"), document.supplied_on)
    _settlement(_add(deal, "ram:ApplicableHeaderTradeSettlement"), document)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _head(head: ElementTree.Element, document: Document) -> None:
    _text(head, "ram:ID", document.number)
    _text(head, "ram:TypeCode", document.type_code)
    _day(_add(head, "ram:IssueDateTime"), document.issued_on)
    for note in document.notes:
        _text(_add(head, "ram:IncludedNote"), "ram:Content", note)


def _line(item: ElementTree.Element, number: int, line: Line) -> None:
    _text(_add(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))
    _text(_add(item, "ram:SpecifiedTradeProduct"), "ram:Name", line.name)
    price = _add(_add(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _text(price, "ram:ChargeAmount", line.price)
    _text(price, "ram:BasisQuantity", line.price_of, unitCode=EACH)
    delivery = _add(item, "ram:SpecifiedLineTradeDelivery")
    _text(delivery, "ram:BilledQuantity", line.quantity, unitCode=EACH)
    settled = _add(item, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settled, "ram:ApplicableTradeTax")
    _text(tax, "ram:TypeCode", "VAT")
    _text(tax, "ram:CategoryCode", line.category)
    _text(tax, "ram:RateApplicablePercent", line.rate)
    _period(settled, line.period)
    if line.allowance:
        allowance = _add(settled, "ram:SpecifiedTradeAllowanceCharge")
        _text(_add(allowance, "ram:ChargeIndicator"), "udt:Indicator", "false")
        _text(allowance, "ram:ActualAmount", line.allowance)
        _text(allowance, "ram:Reason", line.allowance_reason)
    summed = _add(settled, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _text(summed, "ram:LineTotalAmount", line.net)


def _party(node: ElementTree.Element, party: Party) -> None:
    _text(node, "ram:Name", party.name)
    if party.registration:
        _text(_add(node, "ram:SpecifiedLegalOrganization"), "ram:ID", party.registration)
    address = _add(node, "ram:PostalTradeAddress")
    places = ("ram:LineOne", "ram:LineTwo", "ram:LineThree")
    for place, line in zip(places, party.address, strict=False):
        _text(address, place, line)
    _text(address, "ram:CountryID", party.country)
    if party.email:
        _text(_add(node, "ram:URIUniversalCommunication"), "ram:URIID", party.email, schemeID="EM")
    for scheme, identity in (("VA", party.vat_id), ("FC", party.tax_number)):
        if identity:
            registered = _add(node, "ram:SpecifiedTaxRegistration")
            _text(registered, "ram:ID", identity, schemeID=scheme)


def _settlement(node: ElementTree.Element, document: Document) -> None:
    _text(node, "ram:PaymentReference", document.number)
    _text(node, "ram:InvoiceCurrencyCode", document.currency)
    if document.means:
        means = _add(node, "ram:SpecifiedTradeSettlementPaymentMeans")
        _text(means, "ram:TypeCode", document.means)
        if document.iban:
            account = _add(means, "ram:PayeePartyCreditorFinancialAccount")
            _text(account, "ram:IBANID", document.iban)
        if document.bic:
            bank = _add(means, "ram:PayeeSpecifiedCreditorFinancialInstitution")
            _text(bank, "ram:BICID", document.bic)
    for group in document.taxes:
        _tax(_add(node, "ram:ApplicableTradeTax"), group)
    _period(node, document.period)
    if document.terms or document.due_on:
        terms = _add(node, "ram:SpecifiedTradePaymentTerms")
        _text(terms, "ram:Description", document.terms)
        if document.due_on:
            _day(_add(terms, "ram:DueDateDateTime"), document.due_on)
    _sums(_add(node, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), document)
    if document.corrects is not None:
        number, day = document.corrects
        referenced = _add(node, "ram:InvoiceReferencedDocument")
        _text(referenced, "ram:IssuerAssignedID", number)
        _day(_add(referenced, "ram:FormattedIssueDateTime"), day, "qdt")


def _tax(node: ElementTree.Element, group: TaxGroup) -> None:
    _text(node, "ram:CalculatedAmount", group.tax)
    _text(node, "ram:TypeCode", "VAT")
    _text(node, "ram:ExemptionReason", group.reason)
    _text(node, "ram:BasisAmount", group.net)
    _text(node, "ram:CategoryCode", group.category)
    _text(node, "ram:ExemptionReasonCode", group.reason_code)
    _text(node, "ram:RateApplicablePercent", group.rate)


def _sums(node: ElementTree.Element, document: Document) -> None:
    _text(node, "ram:LineTotalAmount", document.net)
    _text(node, "ram:TaxBasisTotalAmount", document.net)
    _text(node, "ram:TaxTotalAmount", document.tax, currencyID=document.currency)
    _text(node, "ram:GrandTotalAmount", document.total)
    _text(node, "ram:TotalPrepaidAmount", document.prepaid)
    _text(node, "ram:DuePayableAmount", document.due)


def _period(node: ElementTree.Element, period: tuple[date | None, date | None]) -> None:
    starts, ends = period
    if starts is None and ends is None:
        return
    billed = _add(node, "ram:BillingSpecifiedPeriod")
    if starts is not None:
        _day(_add(billed, "ram:StartDateTime"), starts)
    if ends is not None:
        _day(_add(billed, "ram:EndDateTime"), ends)


def _day(node: ElementTree.Element, day: date, space: str = "udt") -> None:
    _text(node, f"{space}:DateTimeString", f"{day:%Y%m%d}", format=_DAY)


def _text(node: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    """An element with a text; an empty text is left out, as the standard wants it."""
    said = text.translate(_CONTROLS).strip()
    if said:
        _add(node, name, **attributes).text = said


def _add(node: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(node, name, attributes)
