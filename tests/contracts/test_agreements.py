"""Contracts are signed, refused, cancelled; rates and prices are locked with them."""

from datetime import date

import pytest

from contracts import agreements, prices, rate_cards
from contracts.models import Contract, ScheduledCharge
from creditops.lib.models import DueRow, PolicySetting
from creditops.lib.refusals import NotFound, Refusal
from invoicing.models import Invoice
from ledger import books, holders
from ledger.models import Block, Holder, Term
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
WRITTEN = (Contract, Holder, Term, Block, ScheduledCharge, DueRow, PolicySetting)


def counts() -> list[int]:
    return [model.objects.count() for model in WRITTEN]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"credits": 0}, "commitment_not_positive"),
        ({"credits": -5}, "commitment_not_positive"),
        ({"credits": 2**53}, "grant_too_large"),
        ({"price_minor": -1}, "price_negative"),
        ({"starts_on": date(2025, 1, 1)}, "term_over"),
        ({"currency": "usd"}, "currency_unknown"),
        ({"currency": "EUR"}, "currency_without_rate"),
        ({"currency": "EUR", "starts_on": date(2026, 6, 1)}, "currency_without_rate"),
        ({"currency": "EUR", "cancellable": True}, "currency_without_rate"),
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"code": ""}, "contract_code_invalid"),
        ({"code": "2026/1"}, "contract_code_invalid"),
        ({"code": "acme"}, "contract_code_invalid"),
        ({"code": "known"}, "contract_exists"),
        ({"settings": {"overage_pct": "101"}}, "policy_invalid"),
        ({"bonus_credits": 1, "bonus_expires_at": START}, "grant_ends_before_it_begins"),
        ({"rate_lock_until": START}, "lock_over"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused_and_nothing_is_written(terms, code):
    buyer = cast.customer()
    cast.sign(buyer, code="known")
    before = counts()

    with pytest.raises(Refusal) as refused:
        cast.sign(buyer, **{"settings": {"rollover": "NONE"}} | terms)

    assert refused.value.code == code
    assert counts() == before


def test_a_code_is_known_once_whoever_buys():
    cast.sign(code="known")

    with pytest.raises(Refusal) as refused:
        cast.sign(cast.customer("otto"), code="known")

    assert refused.value.code == "contract_exists"
    assert Contract.objects.get().customer.code == "acme"


def test_a_contract_leaves_the_customers_own_pool_free():
    """The open contract bears the customer's code; no contract can take it first."""
    contract = cast.sign()

    assert holders.pay_as_you_go(contract.customer, START).code == "acme"


@pytest.mark.parametrize(
    ("starts_on", "months", "end"),
    [
        (date(2026, 1, 1), 12, "2027-01-01"),
        (date(2026, 1, 31), 1, "2026-02-28"),
        (date(2026, 2, 1), 6, "2026-08-01"),
        (date(2026, 2, 28), 24, "2028-02-28"),
    ],
)
def test_a_term_is_whole_months_clamped_to_the_last_day(starts_on, months, end):
    """T3, T6."""
    contract = cast.sign(starts_on=starts_on, term_months=months)

    term = contract.holder.terms.get(customer_id=contract.customer_id)
    assert (term.number, term.ends_at) == (1, cast.at(end))


def test_a_term_begins_and_ends_at_midnight_of_the_contracts_zone():
    """T4: Berlin, an hour before UTC."""
    contract = cast.sign(time_zone="Europe/Berlin")

    term = contract.holder.terms.get(customer_id=contract.customer_id)
    assert (term.starts_at, term.ends_at) == (
        cast.at("2025-12-31 23:00"),
        cast.at("2026-12-31 23:00"),
    )


def test_the_first_invoice_is_due_days_after_its_date_in_the_books_zone():
    """I14, T7: signed on 1 January in London, on 31 December in the books in New York."""
    books.open_books(currency="USD", time_zone="America/New_York", at=START)

    contract = cast.sign(when=cast.at("2026-01-01 03:00"))
    cast.run_due(cast.at("2026-01-01 03:00"))

    invoice = Invoice.objects.get()
    assert (invoice.issue_date, invoice.due_date) == (date(2025, 12, 31), date(2026, 1, 30))
    assert contract.due_on == invoice.due_date


def test_a_due_date_that_was_agreed_stands():
    cast.sign(due_on=date(2026, 2, 15))
    cast.run_due(START)

    assert Invoice.objects.get().due_date == date(2026, 2, 15)


def test_the_price_in_force_is_locked_with_the_signature_only_where_agreed():
    """R7."""
    ratio = prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=START, by="F", at=START
    )
    buyer = cast.customer()

    locked = cast.sign(buyer, code="locked", price_lock_until=END)
    free = cast.sign(buyer, code="free")

    assert (locked.locked_price, free.locked_price) == (ratio, None)


def test_a_contract_that_was_cancelled_ends_with_its_term():
    """It runs to its end; what is left expires there, as breakage on the last day (X26, V9)."""
    contract = cast.sign(auto_renew=True)
    cast.send("u1", 40_000, when=cast.at("2026-05-01"), contract="c1")

    agreements.cancel(contract, by="Sam", at=cast.at("2026-06-01"))
    cast.send("u2", 10_000, when=cast.at("2026-07-01"), contract="c1")
    cast.run_due(END)

    assert agreements.find("c1").status == Contract.Status.ENDED
    assert contract.holder.terms.filter(customer_id=contract.customer_id).count() == 1
    assert cast.left(contract, END) == 0
    assert cast.journal(END) == [
        "2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00",
        "2026-05-01 JE-05 debit 2100 400.00, credit 4000 400.00",
        "2026-07-01 JE-05 debit 2100 100.00, credit 4000 100.00",
        "2026-12-31 JE-12 debit 2100 500.00, credit 4010 500.00",
    ]


def test_a_holder_without_a_card_follows_the_first_one_given_and_no_second():
    """The rate card of a purchase prices the account's usage from now on, if none does yet."""
    holder = holders.pay_as_you_go(cast.customer(), START)
    for code in ("first", "second"):
        card = rate_cards.publish(
            card=code, version="1", items=[rate_cards.Item(code, 1)], effective_from=START,
            by="F", at=START,
        ).card  # fmt: skip
        agreements.follow_rates(holder, card, at=START)

    assert holder.tariffs.get(customer_id=holder.customer_id).tariff_name == "first"


def test_an_unknown_contract_is_not_found():
    with pytest.raises(NotFound):
        agreements.find("nope")
