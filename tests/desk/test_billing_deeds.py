"""Billing runs on the desk: seen, confirmed, let out; what is held stands beside it."""

from __future__ import annotations

from creditops.desk import addresses
from creditops.lib import outbox, policies
from invoicing import billing, billing_runs, seller
from invoicing.models import BillingRun, Invoice
from tests import cast, staff
from tests.desk import acts
from tests.staff import NOW, START, Book

RUN = {"until": "2026-06-15", "reason": "June"}


def waiting(*customers) -> None:
    """Contracts whose invoices wait for a run."""
    policies.change(
        policies.BOOKS, {billing.SETTING: billing.REVIEWED}, effective_at=START, recorded_at=START,
        by="Fiona",
    )  # fmt: skip
    for customer in customers:
        staff.sign(customer, f"C-{customer.code}", when=NOW)


def test_a_run_shows_its_figures_before_and_issues_them(book: Book, fiona, monkeypatch):
    monkeypatch.setattr(outbox, "_handlers", {billing_runs.BILL: billing_runs.bill_due})
    waiting(cast.customer("beta", name="Beta <b>Labs</b>", country="GB"))

    page = acts.rehearse(fiona, "run-billing", **RUN)
    before = Invoice.objects.count()
    done = acts.do(fiona, "run-billing", **RUN)
    outbox.relay(NOW)

    proposed, totals, held = page.context["effect"].touched
    assert [row[0] for row in proposed.rows] == ["Beta <b>Labs</b>"]
    assert [row[3:] for row in proposed.rows] == [
        ("No tax: the tax table has no rate for GB.", "2026-07-15", "$100.00", "$0.00", "$100.00")
    ]
    assert totals.rows == [("USD", "$100.00", "$0.00", "$100.00")]
    assert held.rows == []
    assert "Beta &lt;b&gt;Labs&lt;/b&gt;" in page.content.decode()
    assert acts.said(done)[0].startswith("Billing run")
    assert Invoice.objects.count() == before + 1
    shown = fiona.get(addresses.of_row(BillingRun.objects.get())).content.decode()
    assert "issued" in shown
    assert Invoice.objects.latest("id").number in shown


def test_what_is_held_says_why(book: Book, fiona):
    seller.define(country="DE", vat_id="DE136695976")
    waiting(cast.customer("beta", country="FR", kind="consumer"))

    held = acts.rehearse(fiona, "run-billing", **RUN).context["effect"].touched[2]

    assert "The tax table has no rate for FR" in held.rows[0][2]


def test_a_run_with_nothing_to_bill_is_refused(book: Book, fiona):
    page = acts.rehearse(fiona, "run-billing", **RUN | {"until": "2020-01-01"})

    assert acts.errors(page) == ["Nothing waits to be billed by 2020-01-01."]


def test_sales_lets_nothing_out(book: Book, sam):
    assert sam.post(addresses.of("run-billing"), RUN | {"step": "do"}).status_code == 403
    assert BillingRun.objects.count() == 0
