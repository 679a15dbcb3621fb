"""The billing run: what waits becomes one invoice per contract and instant, once (I4, O4, X9)."""

from datetime import date

import pytest

from contracts import agreements
from contracts.models import ScheduledCharge
from creditops import schedule
from invoicing import billing, seller, tax_rates
from invoicing.models import Invoice
from ledger import closing
from tests import cast
from tests.invoicing import racing

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END


def use(credits: int, when: str) -> str:
    outcome = cast.send(f"{when}: {credits}", credits, when=cast.at(when), contract="c1")
    return outcome.code or outcome.status


def lines(invoice: Invoice) -> list[tuple]:
    return list(invoice.lines.values_list("kind", "credits", "unit_price", "amount_minor"))


def test_the_commitment_is_invoiced_at_the_signature():
    """A02, I3, I4: quantity and unit price, the term with its last day included."""
    cast.sign(credits=800_000, price_minor=800_000)
    cast.run_due(START)

    invoice = Invoice.objects.get()
    assert lines(invoice) == [("COMMITMENT", 800_000, "0.01", 800_000)]
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 1, 1), date(2026, 1, 31))
    line = invoice.lines.get()
    assert line.text == "800,000 credits"
    assert (line.period_from, line.period_to) == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("credits", "price_minor", "unit_price"),
    [(100_000_000, 70_000_000, "0.007"), (3, 1_000, "3.333333333333"), (7, 0, "0")],
)
def test_the_unit_price_is_exact_or_has_twelve_decimals(credits, price_minor, unit_price):
    """M3, A07: also on the invoice of a term that has not begun yet."""
    buyer, price = cast.customer(), {"credits": credits, "price_minor": price_minor}
    cast.sign(buyer, code="begun", **price)
    cast.sign(buyer, code="to-come", starts_on=date(2026, 6, 1), **price)
    cast.run_due(START)

    assert [lines(invoice)[0][2] for invoice in Invoice.objects.all()] == [unit_price] * 2


def test_overage_is_billed_at_the_terms_end_beside_the_renewal_at_the_contracts_price():
    """A14, X10: 15,000 at 0.01, then the commitment of 115,000; the refused 6,000 nowhere."""
    cast.sign(auto_renew=True)
    cast.run_due(START)
    told = [
        use(100_000, "2026-10-01"), use(9_000, "2026-11-10"), use(6_000, "2026-12-10"),
        use(6_000, "2026-12-20"),
    ]  # fmt: skip
    cast.run_due(END)

    assert told == ["applied", "applied", "applied", "overage_cap"]
    renewal = Invoice.objects.get(issue_date=date(2027, 1, 1))
    assert lines(renewal) == [
        ("OVERAGE", 15_000, "0.01", 15_000),
        ("COMMITMENT", 115_000, "0.01", 115_000),
    ]
    assert (renewal.total_minor, renewal.due_date) == (130_000, date(2027, 1, 31))
    assert cast.journal(END) == [
        "2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-10-01 JE-05 debit 2100 1000.00, credit 4000 1000.00",
        "2026-11-10 JE-15 debit 1150 90.00, credit 4020 90.00",
        "2026-12-10 JE-15 debit 1150 60.00, credit 4020 60.00",
        "2027-01-01 JE-16 debit 1100 1300.00, credit 1150 150.00, credit 2100 1150.00",
    ]


def test_overage_stays_at_the_commitments_price_whatever_top_ups_cost():
    """X10: a top-up of 100 credits for 9.00 in between; 1,000 beyond both are 10.00."""
    contract = cast.sign()
    cast.run_due(START)
    cast.buy(contract.holder, credits=100, price_minor=900, when=cast.at("2026-02-01"))
    use(100_100, "2026-03-01")
    use(1_000, "2026-04-01")
    cast.run_due(END)

    overage = Invoice.objects.get(lines__kind="OVERAGE")
    assert lines(overage) == [("OVERAGE", 1_000, "0.01", 1_000)]
    assert (overage.lines.get().period_from, overage.lines.get().period_to) == (
        date(2026, 1, 1),
        date(2026, 12, 31),
    )


def test_overage_and_renewal_are_taxed_on_their_sum():
    """I7: 19 % of 1,300.00."""
    seller.define(name="Northlight", country="DE")
    tax_rates.define(country="DE", rate_pct="19", at=START)
    cast.sign(cast.customer(country="DE"), auto_renew=True)
    use(100_000, "2026-10-01")
    use(15_000, "2026-11-10")
    cast.run_due(END)

    assert cast.journal(END)[-1] == (
        "2027-01-01 JE-16 debit 1100 1547.00, credit 1150 150.00, credit 2100 1150.00, "
        "credit 2200 247.00"
    )


def test_the_run_bills_once_however_often_it_runs():
    contract = cast.sign(bonus_credits=10)
    cast.run_due(START)
    cast.run_due(START)

    assert billing.bill(contract, until=END, at=END) is None
    assert Invoice.objects.count() == 1


def test_only_what_is_due_is_billed():
    contract = cast.sign(when=cast.at("2026-01-10"))

    assert billing.bill(contract, until=cast.at("2026-01-09"), at=END) is None
    assert ScheduledCharge.objects.get().issue_at == cast.at("2026-01-10")
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "Credits that are left when the contract is renewed roll over, once."),
        (
            {"rollover": "PARTIAL", "rollover_pct": "25"},
            "25 % of the credits that are left when the contract is renewed roll over, once.",
        ),
        ({"rollover": "NONE"}, "Credits that are left at the end of the term end with it."),
    ],
)
def test_the_invoice_says_what_becomes_of_credits(settings, sentence):
    """S78: rollover rules and the order of use stand on each invoice of credits."""
    cast.sign(settings=settings)
    cast.run_due(START)

    assert Invoice.objects.get().notes[0] == f"The oldest credits are used first. {sentence}"


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_bill_once():
    contract = cast.sign()

    told = racing.at_once(4, lambda _: billing.bill(contract, until=START, at=START))

    assert sum(isinstance(invoice, Invoice) for invoice in told) == 1
    assert told.count(None) == 3


def test_due_work_bills_what_waits_for_its_contract_alone():
    buyer = cast.customer()
    cast.sign(buyer, code="c1")
    cast.sign(buyer, code="c2")

    billing.bill_due("c2", START, START)

    assert Invoice.objects.get().contract == agreements.find("c2")


def test_late_overage_of_a_closed_term_is_invoiced_on_its_own_document():
    """O7: at once; the signed commitment does not move."""
    cast.sign(auto_renew=True)
    use(110_000, "2026-10-01")
    cast.run_due(END)

    when = cast.at("2027-01-05")
    cast.send("late", 500, when=when, time=cast.at("2026-12-31"), contract="c1")
    cast.run_due(when)

    late = Invoice.objects.get(issue_date=date(2027, 1, 5))
    assert lines(late) == [("OVERAGE", 500, "0.01", 500)]
    assert (late.lines.get().period_to, late.due_date) == (date(2026, 12, 31), date(2027, 2, 4))
    assert cast.journal(when)[3:] == [
        "2026-12-31 JE-15 debit 1150 5.00, credit 4020 5.00",
        "2027-01-01 JE-16 debit 1100 1200.00, credit 1150 100.00, credit 2100 1100.00",
        "2027-01-05 JE-16 debit 1100 5.00, credit 1150 5.00",
    ]


def test_however_late_the_sweep_comes_what_is_owed_is_of_the_day_that_it_was_owed_from():
    """T7, V3: the term began on the first of January; the program looked ten days later."""
    cast.sign(auto_renew=True)
    cast.run_due(cast.START)
    cast.send("u1", 60_000, when=cast.at("2026-06-01"), contract="c1")

    schedule.run_due(cast.at("2027-01-10"), now=cast.at("2027-01-10"))

    assert cast.journal(cast.at("2027-01-10"))[-1] == (
        "2027-01-01 JE-02 debit 1100 600.00, credit 2100 600.00"
    )


def test_in_a_closed_month_it_is_of_the_day_of_the_sweep():
    cast.sign(starts_on=date(2026, 2, 1), due_on=date(2026, 2, 1), when=cast.START)
    cast.sign_books()
    closing.close_month(date(2026, 2, 1), by="Fiona", at=cast.at("2026-03-05"))

    schedule.run_due(cast.at("2026-03-06"), now=cast.at("2026-03-06"))

    assert cast.journal(cast.at("2026-03-06")) == [
        "2026-03-06 JE-02 debit 1100 1000.00, credit 2100 1000.00"
    ]
