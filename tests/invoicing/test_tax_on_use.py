"""Credits may be taxed as they are used: no tax at their sale, then month by month on what was used (I10)."""

import random
from datetime import date

import pytest
from django.db.models import Sum

from creditops.lib import policies
from creditops.lib.refusals import Refusal
from creditops.reports import owing
from creditops.reports.frame import Asked
from invoicing import (
    ad_hoc,
    billing,
    billing_runs,
    credit_notes,
    outstanding,
    rendering,
    seller,
    tax_on_use,
    tax_rates,
    voids,
)
from invoicing.ad_hoc import Item
from invoicing.models import CreditNote, Invoice, TaxedMonth, TaxedUse
from ledger import consumed_value, corrections, holders
from ledger.consumed_value import Window
from ledger.models import Block, UsageEvent
from tests import cast
from tests.invoicing import racing

pytestmark = pytest.mark.django_db

START, FEBRUARY, MARCH, APRIL = (
    cast.START, cast.at("2026-02-01"), cast.at("2026-03-01"), cast.at("2026-04-01"),
)  # fmt: skip
JANUARY_10, FEBRUARY_10 = cast.at("2026-01-10"), cast.at("2026-02-10")


@pytest.fixture(autouse=True)
def vendor():
    seller.define(name="Northlight", country="DE", vat_id="DE136695976")
    tax_rates.define(country="DE", rate_pct="19", at=START)


def tax_at(point: str, *, when=START, scope=policies.BOOKS) -> None:
    policies.change(
        scope, {"tax_point": point}, effective_at=when, recorded_at=when, by="Fiona",
        approved_by="Theo",
    )  # fmt: skip


@pytest.fixture
def at_use():
    """Credits are taxed as they are used."""
    tax_at("TAX_AT_REDEMPTION")


@pytest.fixture
def contract(at_use):
    """Acme in Germany: 100,000 credits for 1,000.00 in 2026."""
    made = cast.sign(cast.customer(country="DE"))
    cast.run_due(START)
    return made


def used(key: str, credits: int, when, **fields) -> None:
    assert (
        cast.send(key, credits, when=when, time=when, contract="c1", **fields).status == "applied"
    )


def documents() -> list[tuple]:
    """The tax documents: their month, what is charged, and what that is the tax on."""
    found = Invoice.objects.filter(taxed_month__isnull=False).order_by("id")
    return [
        (f"{i.taxed_month.month:%Y-%m}", i.net_minor, i.tax_minor, i.total_minor,
         i.taxes.aggregate(sum=Sum("net_minor"))["sum"])
        for i in found
    ]  # fmt: skip


def bases() -> int:
    return TaxedUse.objects.aggregate(sum=Sum("base_minor"))["sum"]


def worth(holder, until) -> int:
    """What all use of a holder's paid credits until an instant was worth, as the ledger counts it."""
    return consumed_value.totals([Window(holder, "USD", START, until, until)])[0]


def test_the_sale_carries_no_tax_and_says_that_it_is_no_vat_invoice(contract):
    invoice = Invoice.objects.get()

    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (100_000, 0, 100_000)
    assert [(t.category, t.at_use) for t in invoice.taxes.all()] == [("O", True)]
    printed = rendering.facts(invoice, list(invoice.lines.all()))
    assert printed["taxes"] == []
    assert printed["tax_note"] == (
        "No VAT on credits yet: it is billed as they are used. For them this is no VAT invoice"
    )


def test_what_is_used_in_a_month_is_taxed_when_it_ends_and_only_the_tax_is_owed(contract):
    """JE-44, of the month's last day: 12,345 of 100,000 credits for 1,000.00 are 123.45; 19 % are 23.46."""
    used("u1", 12_345, JANUARY_10)

    cast.run_due(FEBRUARY)

    assert documents() == [("2026-01", 0, 2_346, 2_346, 12_345)]
    assert "2026-01-31 JE-44 debit 1100 23.46, credit 2200 23.46" in cast.journal(FEBRUARY)


def test_every_month_taxes_what_was_used_in_it(contract):
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    used("u2", 333, FEBRUARY_10)
    cast.run_due(APRIL)

    assert documents() == [("2026-01", 0, 1_900, 1_900, 10_000), ("2026-02", 0, 63, 63, 333)]
    assert [(month.month.month, month.invoice is None) for month in TaxedMonth.objects.all()] == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip


def test_a_month_without_use_has_no_document(contract):
    cast.run_due(FEBRUARY)

    assert documents() == []
    assert TaxedMonth.objects.get().done_at == FEBRUARY


def test_credits_that_expire_unused_are_never_taxed(contract):
    """I10: unredeemed credits are no supply."""
    used("u1", 1_000, JANUARY_10)

    cast.run_due(cast.at("2027-06-01"))

    assert documents() == [("2026-01", 0, 190, 190, 1_000)]
    assert "2026-12-31 JE-12 debit 2100 990.00, credit 4010 990.00" in cast.journal(cast.END)


def test_free_credits_are_used_without_tax(at_use):
    buyer = cast.customer(country="DE")
    bought = cast.buy(holders.pay_as_you_go(buyer, START), when=START)
    cast.grant(
        bought.blocks[0].pool, 400, source="promo", kind=Block.Kind.PROMO, end=cast.END,
        promo_policy="ZERO_COST", priority=10,
    )  # fmt: skip

    assert cast.send("u1", 600, when=JANUARY_10, time=JANUARY_10).status == "applied"
    cast.run_due(FEBRUARY)

    assert documents() == [("2026-01", 0, 38, 38, 200)]


def test_overage_and_services_are_taxed_on_their_invoice_as_ever(contract):
    used("u1", 100_000, JANUARY_10)
    used("u2", 10_000, cast.at("2026-01-11"))

    cast.run_due(cast.END)

    overage = Invoice.objects.get(lines__kind="OVERAGE")
    assert (overage.net_minor, overage.tax_minor) == (10_000, 1_900)
    assert documents() == [("2026-01", 0, 19_000, 19_000, 100_000)]


def test_a_service_beside_credits_is_taxed_and_they_are_not(at_use):
    made = ad_hoc.issue(
        cast.customer(country="DE"),
        [Item(10_000, credits=1_000), Item(5_000, "Onboarding")],
        currency="USD", source="a", by="Fiona", at=START,
    )  # fmt: skip

    taxes = made.invoice.taxes.values_list("category", "net_minor", "tax_minor", "at_use")
    assert list(taxes) == [("O", 10_000, 0, True), ("S", 5_000, 950, False)]


def test_what_was_sold_under_one_setting_stays_so_under_the_other():
    """Domain rules, 9: changing a setting never touches the past."""
    holder = holders.pay_as_you_go(cast.customer(country="DE"), START)
    taxed = cast.buy(holder, when=START, source="taxed at its sale", expires_at=cast.END)
    tax_at("TAX_AT_REDEMPTION", when=JANUARY_10)
    later = cast.buy(holder, when=JANUARY_10, source="taxed as used", expires_at=cast.END)
    tax_at("TAX_AT_SALE", when=cast.at("2026-01-11"))
    again = cast.buy(holder, when=cast.at("2026-01-12"), source="again", expires_at=cast.END)

    cast.send("u1", 3_000, when=cast.at("2026-01-20"), time=cast.at("2026-01-20"))
    cast.run_due(FEBRUARY)

    assert [bought.invoice.tax_minor for bought in (taxed, later, again)] == [190, 0, 190]
    assert documents() == [("2026-01", 0, 190, 190, 1_000)]
    assert set(TaxedUse.objects.values_list("block_id")) == {(later.blocks[0].id,)}


def test_a_contract_is_taxed_by_the_setting_of_its_signature_however_late_it_is_billed(at_use):
    contract = cast.sign(cast.customer(country="DE"), installments=4)
    cast.run_due(START)
    tax_at("TAX_AT_SALE", when=JANUARY_10)
    used("u1", 50_000, FEBRUARY_10)

    cast.run_due(cast.at("2026-04-02"))

    sales = Invoice.objects.filter(taxed_month__isnull=True)
    assert [(sale.net_minor, sale.tax_minor) for sale in sales.order_by("id")] == [
        (25_000, 0), (25_000, 0),
    ]  # fmt: skip
    assert documents() == [("2026-02", 0, 9_500, 9_500, 50_000)]
    assert worth(contract.holder, APRIL) == 50_000


def test_the_setting_of_one_contract_is_its_own(at_use):
    tax_at("TAX_AT_SALE", scope=policies.customer_scope("otto"))
    holder = holders.pay_as_you_go(cast.customer("otto", country="DE"), START)

    assert cast.buy(holder, when=START).invoice.tax_minor == 190


def test_a_rate_that_changes_in_a_month_parts_it(contract):
    tax_rates.define(country="DE", rate_pct="21", at=cast.at("2026-01-16"))
    used("u1", 10_000, JANUARY_10)
    used("u2", 20_000, cast.at("2026-01-20"))

    cast.run_due(FEBRUARY)

    invoice = Invoice.objects.get(taxed_month__isnull=False)
    assert list(invoice.taxes.values_list("rate_pct", "net_minor", "tax_minor")) == [
        ("19", 10_000, 1_900), ("21", 20_000, 4_200),
    ]  # fmt: skip
    assert list(invoice.lines.values_list("taxed_minor", "period_from", "period_to")) == [
        (10_000, date(2026, 1, 1), date(2026, 1, 15)),
        (20_000, date(2026, 1, 16), date(2026, 1, 31)),
    ]


def test_late_use_is_taxed_with_the_next_month_at_the_rate_of_its_own(contract):
    used("u1", 1_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    tax_rates.define(country="DE", rate_pct="21", at=FEBRUARY)
    cast.send("late", 2_000, when=FEBRUARY_10, time=cast.at("2026-01-30"), contract="c1")
    used("u2", 4_000, FEBRUARY_10)

    cast.run_due(MARCH)

    second = Invoice.objects.filter(taxed_month__isnull=False).order_by("id").last()
    assert list(second.taxes.values_list("rate_pct", "net_minor", "tax_minor")) == [
        ("19", 2_000, 380), ("21", 4_000, 840),
    ]  # fmt: skip


def corrected(key: str, credits: int, when) -> None:
    event = UsageEvent.objects.get(key=key)
    corrections.correct(event, credits=credits, by="Fiona", reason="counted twice", at=when)


def test_use_corrected_to_less_goes_off_what_is_taxed_next(contract):
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    corrected("u1", 4_000, FEBRUARY_10)
    used("u2", 7_000, FEBRUARY_10)

    cast.run_due(MARCH)

    assert documents() == [("2026-01", 0, 1_900, 1_900, 10_000), ("2026-02", 0, 190, 190, 1_000)]
    lines = Invoice.objects.filter(taxed_month__isnull=False).order_by("id").last().lines
    assert list(lines.values_list("text", "taxed_minor")) == [
        ("Use corrected: 6,000 credits less", -6_000), ("7,000 credits used", 7_000),
    ]  # fmt: skip


def test_what_the_next_month_can_not_hold_goes_back_by_credit_note(contract):
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    corrected("u1", 4_000, FEBRUARY_10)

    cast.run_due(MARCH)

    note = CreditNote.objects.get()
    assert (note.net_minor, note.tax_minor, note.total_minor) == (0, 1_140, 1_140)
    assert note.reason == "Use was corrected to less, as known at the end of Feb 2026"
    assert "2026-03-01 JE-18 debit 2200 11.40, credit 1100 11.40" in cast.journal(MARCH)
    assert bases() == worth(contract.holder, MARCH) == 4_000


def test_the_bases_of_all_months_are_what_the_use_was_worth_to_the_cent(at_use):
    """M4: 7,777 credits for 1,000.01, drawn, corrected and bought on in pieces that come out even nowhere."""
    dice = random.Random(20_260_101)
    contract = cast.sign(
        cast.customer(country="DE"), credits=7_777, price_minor=100_001, bonus_credits=313
    )
    cast.run_due(START)
    for month in range(1, 7):
        day = cast.at(f"2026-{month:02d}-05")
        cast.buy(contract.holder, when=day, source=f"top-up {month}", credits=37, price_minor=1_009)
        for number in range(6):
            used(f"u{month}.{number}", dice.randint(1, 90), day)
        corrected(f"u{month}.{dice.randint(0, 5)}", 0, cast.at(f"2026-{month:02d}-20"))
        if month > 1:
            corrected(f"u{month - 1}.1", dice.randint(0, 40), cast.at(f"2026-{month:02d}-21"))
        cast.run_due(cast.at(f"2026-{month + 1:02d}-01"))

    until = cast.at("2026-07-01")
    assert bases() == worth(contract.holder, until)
    assert len(documents()) == 6
    assert cast.breaches(until) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_writes_the_document(contract):
    used("u1", 10_000, JANUARY_10)
    subject = f"{contract.holder.customer_id}-{contract.holder.pk}"

    outcomes = racing.at_once(4, lambda _: tax_on_use.tax_due(subject, FEBRUARY, FEBRUARY))

    assert outcomes == [None] * 4
    assert documents() == [("2026-01", 0, 1_900, 1_900, 10_000)]


def test_a_second_run_changes_nothing(contract):
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)

    assert tax_on_use.tax_waiting(contract.holder, until=FEBRUARY, at=FEBRUARY_10) == []
    assert len(documents()) == 1


def test_an_unknown_rate_holds_the_month_until_it_is_told(at_use):
    """I11: the sale needs no rate, the use does; tried again every day."""
    tax_rates.define(country="US", region="NY", rate_pct="8.875", at=START)
    contract = cast.sign(cast.customer(country="US", region="TX"))
    seller.define(name="Northlight", country="US")
    cast.run_due(START)
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    assert documents() == []
    with pytest.raises(Refusal, match="no rate for TX, US"):
        tax_on_use.tax_waiting(contract.holder, until=FEBRUARY, at=FEBRUARY)

    tax_rates.define(country="US", region="TX", rate_pct="8.25", taxable_share_pct="80", at=START)
    cast.run_due(cast.at("2026-02-02"))

    assert documents() == [("2026-01", 0, 660, 660, 10_000)]


def test_a_reverse_charge_is_documented_and_reported_though_nothing_is_owed(at_use):
    cast.sign(cast.customer(country="FR", tax_id="FR40303265045"))
    cast.run_due(START)
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)

    assert documents() == [("2026-01", 0, 0, 0, 10_000)]
    reported = outstanding.taxes(date(2026, 1, 1), date(2026, 1, 31), known_at=FEBRUARY)
    assert [(r.country, r.category, r.taxable_minor, r.tax_minor) for r in reported] == [
        ("FR", "AE", 10_000, 0), ("FR", "at use", 100_000, 0),
    ]  # fmt: skip


def test_where_no_tax_is_known_use_has_no_document(at_use):
    seller.define(name="Northlight", country="US")
    cast.sign(cast.customer(country="BR"))
    cast.run_due(START)
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)

    assert documents() == []
    assert bases() == 10_000


def test_where_finance_looks_first_the_month_waits_for_a_billing_run(contract):
    policies.change(
        policies.BOOKS, {billing.SETTING: billing.REVIEWED}, effective_at=JANUARY_10,
        recorded_at=JANUARY_10, by="Fiona",
    )  # fmt: skip
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    assert documents() == []

    found = billing_runs.preview(until=FEBRUARY, at=FEBRUARY)
    shown = [(p.contract, p.lines, p.total_minor) for p in found.proposed]
    assert shown == [(contract, ["10,000 credits used"], 1_900)]
    run = billing_runs.start(until=FEBRUARY, by="Fiona", at=FEBRUARY)
    billing_runs.bill_due("", {"item": run.items.get().pk}, FEBRUARY)

    assert documents() == [("2026-01", 0, 1_900, 1_900, 10_000)]
    assert run.items.get().invoice.taxed_month.month == date(2026, 1, 1)
    assert list(billing_runs.waiting(FEBRUARY)) == []


def test_a_void_document_has_taxed_nothing_and_the_next_one_does(contract):
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    voids.void(
        Invoice.objects.get(taxed_month__isnull=False), by="Fiona", reason="wrong address",
        at=FEBRUARY_10,
    )  # fmt: skip

    cast.run_due(MARCH)

    assert documents()[1:] == [("2026-02", 0, 1_900, 1_900, 10_000)]


def test_the_tax_of_used_credits_is_credited_by_correcting_the_use_alone(contract):
    used("u1", 10_000, JANUARY_10)
    cast.run_due(FEBRUARY)
    document = Invoice.objects.get(taxed_month__isnull=False)

    with pytest.raises(Refusal) as refused:
        credit_notes.credit_lines(document, positions=[1], by="Fiona", reason="x", at=FEBRUARY)

    assert refused.value.code == "tax_follows_use"
    assert not CreditNote.objects.exists()


def test_the_document_prints_what_the_tax_is_on_and_what_was_billed_before(contract):
    used("u1", 12_345, JANUARY_10)
    cast.run_due(FEBRUARY)
    document = Invoice.objects.get(taxed_month__isnull=False)

    printed = rendering.facts(document, list(document.lines.all()))

    rows = [(row["text"], row["period"], row["amount"]) for row in printed["rows"]]
    assert rows == [("12,345 credits used", ["1 Jan 2026", "31 Jan 2026"], "123.45")]
    sums = [printed[key] for key in ("net", "gross", "billed_before", "total")]
    assert sums == ["123.45", "146.91", "-123.45", "23.46"]
    assert printed["notes"] == [
        "This is the tax on the credits that were used in Jan 2026. The credits themselves were billed with "
        "INV-2026-000001."
    ]


def test_the_report_of_tax_ties_and_does_not_count_a_sale_twice(contract):
    used("u1", 12_345, JANUARY_10)
    cast.run_due(FEBRUARY)

    asked = Asked(date(2026, 1, 1), date(2026, 1, 31), FEBRUARY)
    report = owing.tax(asked)

    assert [row[:5] for row in report.tables[0].rows] == [
        ["DE", "S", "19", 12_345, 2_346], ["DE", "at use", "0", 100_000, 0],
    ]  # fmt: skip
    assert list(report.tables[0].sums)[3:5] == [12_345, 2_346]
    assert [(check.here, check.ledger) for check in report.checks] == [(2_346, 2_346)]
