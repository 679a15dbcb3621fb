"""Credits bought at once: invoice, payment and blocks in one act (Q1, V5, JE-01, JE-02)."""

from datetime import date

import pytest

from contracts import prices, rate_cards
from creditops.lib.refusals import Refusal
from invoicing import documents, tax_rates
from invoicing.models import Invoice, InvoiceLine, NumberSeries, Payment
from ledger import books, holders
from ledger.models import Block, JournalEntry
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
WRITTEN = (Invoice, InvoiceLine, NumberSeries, Payment, Block, JournalEntry)


@pytest.fixture
def holder():
    return holders.pay_as_you_go(cast.customer(), START)


def use(credits: int, when: str) -> None:
    assert cast.send(f"{when}: {credits}", credits, when=cast.at(when)).status == "applied"


def publish(ratio: int, when=START) -> None:
    prices.publish(
        currency="USD", credits_per_currency_unit=ratio, effective_from=when, by="Fiona", at=when
    )


def ends(block: Block):
    return block.changes.get(customer_id=block.customer_id, no=1).expires_at


def test_a_purchase_by_card_is_invoiced_paid_and_granted_in_one_instant(holder):
    """A01, JE-01, JE-05: 5,000 credits for 50.00; then 1,000, 234 and 766 are used."""
    when = cast.at("2026-01-05 10:00")
    bought = cast.buy(
        holder, credits=5_000, price_minor=5_000, expires_at=cast.at("2027-01-05 10:00"), when=when
    )
    for credits, day in ((1_000, "2026-01-10"), (234, "2026-01-20"), (766, "2026-02-02")):
        use(credits, day)

    assert documents.status(bought.invoice, date(2026, 1, 5)) == "PAID"
    assert cast.journal(cast.at("2026-02-28")) == [
        "2026-01-05 JE-02 debit 1100 50.00, credit 2100 50.00",
        "2026-01-05 JE-02 debit 1000 50.00, credit 1100 50.00",
        "2026-01-10 JE-05 debit 2100 10.00, credit 4000 10.00",
        "2026-01-20 JE-05 debit 2100 2.34, credit 4000 2.34",
        "2026-02-02 JE-05 debit 2100 7.66, credit 4000 7.66",
    ]


def test_credits_bought_each_month_live_three_months_and_never_roll_over(holder):
    """A04, S35: what is left of January expires with March, 50 credits for 0.50, and so on."""
    for month in ("01", "02", "03"):
        cast.buy(holder, source=month, when=cast.at(f"2026-{month}-10"))
    use(400, "2026-01-20")
    use(500, "2026-02-20")
    use(50, "2026-03-20")
    cast.run_due(cast.at("2026-04-01"))
    use(600, "2026-04-05")
    cast.run_due(cast.at("2026-05-01"))
    use(300, "2026-05-05")
    cast.run_due(cast.at("2026-06-01"))

    written = cast.journal(cast.at("2026-06-01"))
    assert [line for line in written if "JE-12" in line] == [
        "2026-03-31 JE-12 debit 2100 0.50, credit 4010 0.50",
        "2026-04-30 JE-12 debit 2100 4.00, credit 4010 4.00",
        "2026-05-31 JE-12 debit 2100 7.00, credit 4010 7.00",
    ]
    assert [line for line in written if "JE-05" in line] == [
        "2026-01-20 JE-05 debit 2100 4.00, credit 4000 4.00",
        "2026-02-20 JE-05 debit 2100 5.00, credit 4000 5.00",
        "2026-03-20 JE-05 debit 2100 0.50, credit 4000 0.50",
        "2026-04-05 JE-05 debit 2100 6.00, credit 4000 6.00",
        "2026-05-05 JE-05 debit 2100 3.00, credit 4000 3.00",
    ]


def test_the_oldest_purchase_pays_first_at_its_own_cost(holder):
    """A06, L4, M4: 10,000 at 0.01 and 5,000 at 0.007 are 135.00; 105.00 stay deferred."""
    cast.buy(holder, credits=10_000, price_minor=10_000, expires_at=END, when=START)
    cast.buy(
        holder, credits=20_000, price_minor=14_000, source="order 2",
        expires_at=cast.at("2027-02-01"), when=cast.at("2026-02-01"),
    )  # fmt: skip
    use(15_000, "2026-03-01")

    assert cast.journal(cast.at("2026-03-02"))[-1] == (
        "2026-03-01 JE-05 debit 2100 135.00, credit 4000 135.00"
    )


def test_a_bonus_shares_the_price_and_its_line_says_nothing_is_paid_for_it(holder):
    """A08, V5, M5, I4."""
    bought = cast.buy(
        holder, credits=100_000, price_minor=100_000, bonus_credits=20_000,
        expires_at=END, bonus_expires_at=cast.at("2026-07-01"), when=START,
    )  # fmt: skip

    costs = [
        block.layers.get(customer_id=block.customer_id).layer.cost_minor for block in bought.blocks
    ]
    assert costs == [83_333, 16_667]
    assert list(bought.invoice.lines.values_list("kind", "credits", "amount_minor")) == [
        ("PURCHASE", 100_000, 100_000),
        ("BONUS", 20_000, 0),
    ]


@pytest.mark.parametrize(
    ("currency", "credits", "price_minor", "uses", "revenue"),
    [
        ("JPY", 3_000, 10_000, [1_000, 1_000, 1_000], ["3333", "3334", "3333"]),
        ("KWD", 7_000, 50_000, [1_000, 6_000], ["7.143", "42.857"]),
    ],
)
def test_revenue_is_released_in_the_currencys_own_minor_units(
    currency, credits, price_minor, uses, revenue
):
    """A35, M1, M4: nothing of the price is lost or made up by rounding."""
    books.open_books(currency=currency, time_zone="UTC", at=START)
    holder = holders.pay_as_you_go(cast.customer(currency=currency), START)
    cast.buy(
        holder, credits=credits, price_minor=price_minor, currency=currency, expires_at=END,
        when=START,
    )  # fmt: skip
    for day, used in enumerate(uses, start=1):
        use(used, f"2026-01-0{day}")

    recognised = [line for line in cast.journal(END) if "JE-05" in line]
    assert [line.rsplit(" ", 1)[1] for line in recognised] == revenue


def test_a_purchase_by_invoice_is_owed_at_once_and_granted_at_once(holder):
    """JE-02: not cancellable; due after the days to pay, or when it was agreed."""
    first = cast.buy(holder, pay="invoice", when=START).invoice
    second = cast.buy(
        holder, pay="invoice", due_on=date(2026, 3, 9), source="order 2", when=START
    ).invoice

    assert (first.due_date, second.due_date) == (date(2026, 1, 31), date(2026, 3, 9))
    assert (first.prepaid_minor, documents.open_minor(first)) == (0, 1_000)
    assert cast.left_of(holder, START) == 2_000
    assert cast.journal(START) == ["2026-01-01 JE-02 debit 1100 10.00, credit 2100 10.00"] * 2


def test_the_line_says_for_how_long_and_at_which_exact_price(holder):
    """I3, M3, S78."""
    line = cast.buy(holder, credits=3, when=cast.at("2026-01-10")).invoice.lines.get()

    assert (line.kind, line.text, line.unit_price) == ("PURCHASE", "3 credits", "3.333333333333")
    assert (line.period_from, line.period_to) == (date(2026, 1, 10), date(2026, 3, 31))


def test_sales_tax_is_paid_with_it(holder):
    """A39, Texas: 80 % of 1,000.00 at 8.25 % is 66.00; deferred revenue is the net."""
    tax_rates.define(country="US", region="TX", rate_pct="8.25", taxable_share_pct="80", at=START)
    texan = holders.pay_as_you_go(cast.customer("tex", country="US", region="TX"), START)

    cast.buy(texan, credits=10_000, price_minor=100_000, expires_at=END, when=START)

    assert cast.journal(START) == [
        "2026-01-01 JE-02 debit 1100 1066.00, credit 2100 1000.00, credit 2200 66.00",
        "2026-01-01 JE-02 debit 1000 1066.00, credit 1100 1066.00",
    ]


def test_credits_for_nothing_are_invoiced_and_need_no_card(holder):
    """I5, M8."""
    bought = cast.buy(holder, price_minor=0, when=START)

    assert documents.status(bought.invoice, date(2026, 1, 1)) == "PAID"
    assert cast.journal(START) == []
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("order", "end"),
    [
        ({}, "2026-04-01"),
        ({"validity": {"rule": "ANNIVERSARY", "months": 1}}, "2026-02-10"),
        ({"expires_at": cast.at("2026-05-05")}, "2026-05-05"),
    ],
)
def test_credits_live_by_policy_unless_the_order_says_otherwise(holder, order, end):
    """X3, T5."""
    [block] = cast.buy(holder, when=cast.at("2026-01-10"), **order).blocks

    assert ends(block) == cast.at(end)


def test_the_first_card_given_prices_the_accounts_usage_from_then_on(holder):
    card = rate_cards.publish(
        card="c", version="1", items=[rate_cards.Item("call", 7)], effective_from=START, by="F",
        at=START,
    ).card  # fmt: skip

    cast.buy(holder, rate_card=card, when=START)

    assert cast.send("e1", 3, meter="call", when=START).credits == 21


def test_money_buys_what_the_ratio_in_force_gives(holder):
    """S21, R7."""
    publish(100)
    publish(120, cast.at("2026-06-01"))

    before = cast.buy(holder, credits=None, when=cast.at("2026-05-31")).blocks[0]
    after = cast.buy(holder, credits=None, source="o2", when=cast.at("2026-06-01")).blocks[0]

    assert (before.granted, after.granted) == (1_000, 1_200)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"price_minor": -1}, "price_negative"),
        ({"credits": 0}, "grant_not_positive"),
        ({"credits": -5}, "grant_not_positive"),
        ({"bonus_credits": -5}, "grant_not_positive"),
        ({"credits": 2**53}, "grant_too_large"),
        ({"credits": None}, "no_price"),
        ({"currency": "EUR"}, "currency_without_rate"),
        ({"expires_at": START}, "grant_ends_before_it_begins"),
        ({"source": "known"}, "already_granted"),
    ],
)
def test_what_cannot_be_bought_is_refused_and_nothing_is_written(holder, order, code):
    """I2: nor is a number used up."""
    cast.buy(holder, source="known", when=START)
    before = [model.objects.count() for model in WRITTEN]

    with pytest.raises(Refusal) as refused:
        cast.buy(holder, when=START, **order)

    assert refused.value.code == code
    assert [model.objects.count() for model in WRITTEN] == before
    assert cast.buy(holder, source="next", when=START).invoice.number == "INV-2026-000002"


def test_an_amount_too_small_for_a_credit_buys_none(holder):
    publish(1)

    with pytest.raises(Refusal) as refused:
        cast.buy(holder, credits=None, price_minor=50, when=START)

    assert refused.value.detail == "0.50 USD would buy 0 credits. Buy at least 1."
