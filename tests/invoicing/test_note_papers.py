"""Credit notes on paper: they name their invoice, and never change."""

import pytest

from creditops.lib import outbox
from creditops.lib.models import StoredFile
from invoicing import ad_hoc, credit_notes, note_papers, overage_notes, payments, seller, tax_rates
from invoicing.ad_hoc import Item
from ledger import corrections
from ledger.models import UsageEvent
from tests import cast, papers

pytestmark = pytest.mark.django_db

START, JUNE = cast.START, cast.at("2026-06-01")


@pytest.fixture
def note():
    """Of $30.00 and tax at two rates, $20.00 were paid; 2,500 of 3,000 credits go back."""
    seller.define(name="Lumen", legal_name="Lumen AI, Inc.", country="US", vat_id="US-1")
    tax_rates.define(country="US", rate_pct="21", at=START)
    buyer = cast.customer(country="US", legal_name="Acme <b>& Sons</b>")
    issued = ad_hoc.issue(
        buyer,
        [Item(1_000, credits=1_000), Item(2_000, credits=2_000, tax_rate="6")],
        currency="USD", source="a", by="Fiona", at=START, expires_at=cast.END,
    )  # fmt: skip
    payments.record(
        issued.invoice, amount_minor=2_000, currency="USD", method="transfer", reference="wire",
        by="Fiona", at=START,
    )  # fmt: skip
    return credit_notes.credit(
        issued.invoice, credits=2_500, by="Fiona", reason="{{7*7}} <i>smaller team</i>", at=JUNE
    )


def printed(note) -> str:
    return " ".join(" ".join(papers.pages(bytes(note_papers.pdf(note, at=JUNE).content))).split())


def test_it_prints_what_it_takes_back_of_which_invoice_and_why(note):
    page = printed(note)

    for said in (
        "Credit note", "CN-2026-000001", "1 Jun 2026", "INV-2026-000001", "1 Jan 2026",
        "Acme <b>& Sons</b>", "1,000 credits, line 1 of the invoice", "10.00",
        "1,500 credits, line 2 of the invoice", "15.00", "VAT 21 % on 10.00", "2.10",
        "VAT 6 % on 15.00", "0.90", "28.00", "{{7*7}} <i>smaller team</i>",
        "USD 13.30 less is owed for it.", "USD 14.70 go back the way they were paid.",
        "The credits above were taken back unused.",
    ):  # fmt: skip
        assert said in page, said


def test_it_is_rendered_from_the_outbox_once(note):
    outbox.relay(JUNE)
    first = StoredFile.objects.get(name="credit_notes/CN-2026-000001.pdf")
    seller.define(name="Another")

    assert bytes(note_papers.pdf(note, at=cast.at("2026-07-01")).content) == bytes(first.content)


def test_corrected_overage_is_not_called_unused():
    contract = cast.sign(credits=700, price_minor=5_000)
    cast.run_due(START)
    for key, credits in (("u1", 700), ("u2", 40)):
        cast.send(key, credits, when=JUNE, contract="c1")
    cast.run_due(cast.END)
    event = UsageEvent.objects.get(key="u2")
    corrections.correct(event, credits=0, by="Fiona", reason="twice", at=cast.END)
    term = contract.holder.terms.get(customer_id=contract.customer_id, number=1)
    [note] = overage_notes.credit(contract, term, at=cast.END)

    page = printed(note)

    assert "40 credits of overage, by corrected use" in page
    assert "unused" not in page
