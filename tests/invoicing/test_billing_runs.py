"""Billing runs: what a preview shows is what goes out, once, whatever is broken off."""

import pytest

from creditops.lib import outbox, policies
from creditops.lib.models import OutboxMessage
from creditops.lib.refusals import Refusal
from invoicing import billing, billing_runs, seller, tax_rates
from invoicing.models import BillingRunItem, Invoice, NumberSeries
from tests import cast

pytestmark = pytest.mark.django_db

START = cast.START
LATER = cast.at("2026-01-02")
State = BillingRunItem.State


@pytest.fixture
def reviewed():
    """Finance looks at invoices before they go out."""
    policies.change(
        policies.BOOKS, {billing.SETTING: billing.REVIEWED}, effective_at=START,
        recorded_at=START, by="Fiona",
    )  # fmt: skip


@pytest.fixture
def delivered(monkeypatch):
    """Deliver what a run left in the outbox, and nothing else."""
    monkeypatch.setattr(outbox, "_handlers", {billing_runs.BILL: billing_runs.bill_due})
    return lambda limit=1_000: outbox.relay(LATER, limit=limit)


@pytest.fixture
def contracts(reviewed):
    """Acme at home in Germany, Beta in a country that the tax table does not know, Gamma for nothing."""
    seller.define(name="Northlight", country="DE", vat_id="DE136695976")
    tax_rates.define(country="DE", rate_pct="19", at=START)
    made = [
        cast.sign(cast.customer("acme", country="DE"), code="a"),
        cast.sign(cast.customer("beta", country="FR", kind="consumer"), code="b"),
        cast.sign(cast.customer("gamma", country="DE"), code="c", price_minor=0),
    ]
    cast.run_due(START)
    return made


def states(run) -> list[str]:
    return list(run.items.order_by("id").values_list("state", flat=True))


def test_charges_wait_for_a_run_where_finance_looks_at_them_first(contracts):
    assert Invoice.objects.count() == 0
    assert list(billing_runs.waiting(START)) == contracts


def test_a_preview_shows_what_goes_out_and_what_is_held_and_leaves_nothing(contracts):
    found = billing_runs.preview(until=START, at=LATER)

    shown = [(p.contract.code, p.net_minor, p.tax_minor, p.total_minor) for p in found.proposed]
    assert shown == [("a", 100_000, 19_000, 119_000), ("c", 0, 0, 0)]
    assert [one.contract.code for one in found.held] == ["b"]
    assert "The tax table has no rate for FR" in found.held[0].reason
    assert found.totals() == {"USD": (100_000, 19_000, 119_000)}
    assert (Invoice.objects.count(), NumberSeries.objects.count()) == (0, 0)


def test_a_run_issues_the_very_same_figures(contracts, delivered):
    shown = billing_runs.preview(until=START, at=LATER)

    run = billing_runs.start(until=START, by="Fiona", at=LATER)
    delivered()

    issued = list(Invoice.objects.order_by("id"))
    assert [i.total_minor for i in issued] == [p.total_minor for p in shown.proposed]
    assert [i.number for i in issued] == ["INV-2026-000001", "INV-2026-000002"]
    assert states(run) == [State.ISSUED, State.HELD, State.ISSUED]
    held = run.items.get(state=State.HELD)
    assert held.held_for == shown.held[0].reason


def test_a_run_that_was_broken_off_goes_on_where_it_stood(contracts, delivered):
    run = billing_runs.start(until=START, by="Fiona", at=LATER)

    delivered(limit=1)
    assert states(run) == [State.ISSUED, State.WAITING, State.WAITING]
    delivered()

    assert states(run) == [State.ISSUED, State.HELD, State.ISSUED]
    assert Invoice.objects.count() == 2


def test_a_worker_that_dies_leaves_no_number_and_its_contract_to_the_next(
    contracts, delivered, monkeypatch
):
    billing_runs.start(until=START, by="Fiona", at=LATER)
    bill = billing.bill

    def dies(*args, **kwargs):
        bill(*args, **kwargs)
        raise RuntimeError("killed")

    monkeypatch.setattr(billing, "bill", dies)
    assert delivered() == (1, 2)
    assert (Invoice.objects.count(), NumberSeries.objects.count()) == (0, 0)

    monkeypatch.setattr(billing, "bill", bill)
    OutboxMessage.objects.update(not_before=LATER)
    delivered()

    assert Invoice.objects.count() == 2


def test_a_second_run_bills_nothing_twice(contracts, delivered):
    first = billing_runs.start(until=START, by="Fiona", at=LATER)
    second = billing_runs.start(until=START, by="Fiona", at=LATER)
    delivered()

    assert states(first) == [State.ISSUED, State.HELD, State.ISSUED]
    assert states(second) == [State.NOTHING, State.HELD, State.NOTHING]
    assert Invoice.objects.count() == 2


def test_what_is_held_goes_out_with_the_next_run_once_the_rate_is_there(contracts, delivered):
    billing_runs.start(until=START, by="Fiona", at=LATER)
    delivered()

    tax_rates.define(country="FR", rate_pct="20", at=START)
    billing_runs.start(until=START, by="Fiona", at=LATER)
    delivered()

    assert Invoice.objects.get(contract__code="b").tax_minor == 20_000


def test_a_run_with_nothing_to_bill_is_refused(contracts, delivered):
    with pytest.raises(Refusal) as refused:
        billing_runs.start(until=cast.at("2025-12-31"), by="Fiona", at=LATER)

    assert refused.value.code == "nothing_waits"


def test_a_held_invoice_holds_up_nothing_else_of_the_customer():
    """Without a review too: the term ends, is renewed and used, while its invoice waits for a rate."""
    seller.define(name="Northlight", country="DE", vat_id="DE136695976")
    contract = cast.sign(cast.customer(country="FR", kind="consumer"), auto_renew=True)
    cast.run_due(START)
    cast.send("u", 60_000, when=cast.at("2026-06-01"), contract="c1")

    cast.run_due(cast.END)

    assert Invoice.objects.count() == 0
    assert contract.holder.terms.count() == 2
    assert [p.reason for p in billing_runs.preview(until=cast.END, at=cast.END).held] != []


def test_what_goes_out_without_tax_for_want_of_a_rate_is_worth_a_look(reviewed):
    seller.define(name="Lumen", country="US")
    cast.sign(cast.customer(country="GB"))
    cast.run_due(START)

    [proposed] = billing_runs.preview(until=START, at=LATER).proposed

    assert proposed.notice == "No tax: the tax table has no rate for GB."
