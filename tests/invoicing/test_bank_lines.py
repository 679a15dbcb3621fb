"""Lines of bank statements: once, placed where they say clearly what they are for, else they wait."""

from datetime import date

import pytest

from creditops.lib.refusals import Refusal
from invoicing import bank_lines, bank_statements, documents
from invoicing.models import BankLine, Receipt
from ledger import holders
from tests import cast

pytestmark = pytest.mark.django_db

START, AT = cast.START, cast.at("2026-02-01")


@pytest.fixture
def holder():
    return holders.pay_as_you_go(cast.customer(), START)


@pytest.fixture
def invoice(holder):
    """INV-2026-000001 of 10.00."""
    return cast.buy(holder, pay="invoice", when=START).invoice


def take(text: str | bytes):
    content = text if isinstance(text, bytes) else text.encode()
    return bank_lines.take(content, currency="USD", by="Fiona", at=AT)


HEAD = "id,date,amount,currency,name,reference\n"


def test_a_line_that_names_an_invoice_is_placed_by_itself(invoice):
    done = take(HEAD + "b1,2026-01-30,10.00,USD,Acme,Payment INV-2026-000001 thank you\n")

    assert (done.new, done.placed, done.waiting) == (1, 1, 0)
    assert documents.open_minor(invoice) == 0
    assert BankLine.objects.get().receipt == Receipt.objects.get()


def test_a_part_is_placed_too_and_the_number_may_be_typed_loosely(invoice):
    take(HEAD + "b1,2026-01-30,4.00,USD,Acme,inv 2026 1\n")

    assert documents.open_minor(invoice) == 600


def test_the_same_file_again_changes_nothing(invoice):
    text = HEAD + "b1,2026-01-30,4.00,USD,Acme,INV-2026-000001\n"
    take(text)

    again = take(text)

    assert (again.new, again.known) == (0, 1)
    assert documents.open_minor(invoice) == 600


def test_lines_without_an_id_are_known_by_what_they_say(invoice):
    text = "date,amount,name\n2026-01-30,4.00,Acme\n2026-01-30,4.00,Acme\n"

    first, second = take(text), take(text)

    assert (first.new, second.new, second.known) == (2, 0, 2)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("b1,2026-01-30,10.00,USD,Acme,thanks", "It names no invoice."),
        (
            "b1,2026-01-30,10.01,USD,Acme,INV-2026-000001",
            "More arrived than is open of what it names.",
        ),
        ("b1,2026-01-30,10.00,EUR,Acme,INV-2026-000001", "It is in EUR, what it names is not."),
    ],
)
def test_what_is_not_clear_waits_with_the_reason(invoice, line, why):
    done = take(HEAD + line + "\n")

    assert (done.placed, done.waiting) == (0, 1)
    assert BankLine.objects.get().why == why
    assert documents.open_minor(invoice) == 1_000


def test_somebody_places_what_waits_and_only_once(invoice):
    take(HEAD + "b1,2026-01-30,12.00,USD,Acme,thanks\n")
    line = bank_lines.waiting()[0]

    placed = bank_lines.place(line, invoice.customer, by="Fiona", at=AT)

    assert (documents.open_minor(invoice), placed.on_account_minor) == (0, 200)
    with pytest.raises(Refusal) as refused:
        bank_lines.place(line, invoice.customer, by="Fiona", at=AT)
    assert refused.value.code == "line_placed"


def test_what_is_no_customer_s_payment_is_set_aside(invoice):
    take(HEAD + "b1,2026-01-30,12.00,USD,Tax office,refund\n")

    bank_lines.set_aside(bank_lines.waiting()[0], reason="tax refund", at=AT)

    assert list(bank_lines.waiting()) == []


def read(text: str | bytes, currency="EUR"):
    content = text if isinstance(text, bytes) else text.encode()
    return bank_statements.read(content, currency=currency)


def test_german_banks_are_read_and_money_that_went_out_is_left_alone():
    text = (
        "Buchungstag;Betrag;Währung;Verwendungszweck;IBAN\n"
        "30.01.2026;1.234,50;EUR;Rechnung INV-2026-000001;DE1\n"
        "30.01.2026;-5,00;EUR;Gebühr;DE1\n"
    )

    (came,) = read(text.encode("cp1252"))

    assert (came.booked_on, came.amount_minor, came.account) == (date(2026, 1, 30), 123_450, "DE1")


CAMT = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE02</IBAN></Id></Acct>
<Ntry><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-01-30</Dt></BookgDt>
<AcctSvcrRef>X1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Acme</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>INV-2026-000001</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><Dt>2026-01-30</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_camt_is_read():
    (came,) = read(CAMT)

    assert (came.account, came.line, came.amount_minor, came.currency, came.payer, came.said) == (
        "DE02", "X1", 1_000, "EUR", "Acme", "INV-2026-000001",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "date,amount\nyesterday,1.00\n",
        "date,amount\n2026-02-30,1.00\n",
        "date,amount\n2026-01-30,1.001\n",
        "date,amount\n2026-01-30,ten\n",
        "<Document",
        '<!DOCTYPE x [<!ENTITY a "b">]><Document/>',
    ],
)
def test_a_file_that_can_not_be_read_is_refused_whole(text):
    with pytest.raises(Refusal) as refused:
        take(text)

    assert refused.value.code == "statement_unreadable"
    assert not BankLine.objects.exists()
