"""Variants of payments in the language of scenarios: in parts, too much, void, foreign, declined, lost."""

import pytest

from creditops.scenarios.play import play

pytestmark = pytest.mark.django_db


def step(at: str, do: str, **fields):
    return {"at": f"{at}T00:00:00Z", "do": do} | fields


def played(*steps, expect, **fields):
    """What a scenario got wrong; nothing, if it passes."""
    written = {
        "format": 1, "id": "Z02", "title": "t", "covers": ["I14"],
        "steps": [step("2026-01-01", "customer", name="acme", **fields.pop("acme", {})), *steps],
        "expect": list(expect),
    } | fields  # fmt: skip
    report = play(written)
    return [result.differences for result in report.results if not result.passed]


def bought(**fields):
    return step(
        "2026-01-01", "purchase",
        **{"name": "p1", "account": "acme", "credits": 1_000, "price": "10.00", "pay": "INVOICE",
           "expires_at": "2027-01-01T00:00:00Z"} | fields,
    )  # fmt: skip


def document(**fields):
    return {"check": "document", "document": "p1.invoice"} | fields


def test_in_parts_it_is_partly_paid_then_overdue_then_paid():
    wrong = played(
        bought(),
        step("2026-01-10", "pay", invoice="p1.invoice", amount="4.00"),
        {"at": "2026-01-10T00:00:00Z", "expect": [document(status="PARTLY_PAID", open="6.00")]},
        {"at": "2026-02-10T00:00:00Z", "expect": [document(status="OVERDUE", open="6.00")]},
        step("2026-02-11", "pay", invoice="p1.invoice", amount="6.00"),
        expect=[document(status="PAID", open="0.00")],
    )

    assert wrong == []


def test_what_is_too_much_is_owed_to_the_customer_and_never_credits():
    wrong = played(
        bought(),
        step("2026-01-10", "pay", invoice="p1.invoice", amount="12.50"),
        expect=[
            document(status="PAID", open="0.00"),
            {"check": "balance", "account": "acme", "credits": 1_000},
            {"check": "account_balance", "code": "1000", "as_of": "2026-01-10", "debit": "12.50"},
            {"check": "account_balance", "code": "1100", "as_of": "2026-01-10", "debit": "0.00"},
            {"check": "account_balance", "code": "2150", "as_of": "2026-01-10", "credit": "2.50"},
        ],
    )

    assert wrong == []


def test_a_payment_rolled_back_leaves_nothing():
    wrong = played(
        bought(),
        step("2026-01-10", "pay", invoice="p1.invoice", amount="12.50", roll_back=True),
        expect=[
            document(status="ISSUED", open="10.00"),
            {"check": "count", "what": "journal_lines", "is": 2},
        ],
    )

    assert wrong == []


def test_money_after_a_write_off_is_a_recovery():
    """JE-25: 400 used of 1,000; the rest is credited, 4.00 are lost, and 4.00 come back."""
    wrong = played(
        bought(),
        step("2026-01-05", "usage", key="u1", account="acme", credits=400),
        step("2026-05-01", "write_off", name="cn1", invoice="p1.invoice", reason="gone"),
        step("2026-06-01", "pay", invoice="p1.invoice", amount="5.00"),
        expect=[
            document(status="WRITTEN_OFF", open="0.00"),
            {"check": "account_balance", "code": "6300", "as_of": "2026-06-01", "debit": "0.00"},
            {"check": "account_balance", "code": "2150", "as_of": "2026-06-01", "credit": "1.00"},
            {"check": "account_balance", "code": "1000", "as_of": "2026-06-01", "debit": "5.00"},
        ],
    )

    assert wrong == []


def test_a_declined_card_takes_no_number_and_the_next_one_does():
    wrong = played(
        step("2026-01-01", "set_card", customer="acme", works=False),
        bought(pay="CARD", fails_with="CARD_DECLINED"),
        step("2026-01-02", "set_card", customer="acme", works=True),
        {**bought(pay="CARD"), "at": "2026-01-03T00:00:00Z"},
        expect=[
            document(status="PAID", number="INV-2026-000001"),
            {"check": "numbers", "series": "INV", "year": 2026, "count": 1},
        ],
    )

    assert wrong == []


@pytest.mark.parametrize(
    ("currency", "price", "paid", "over"),
    [("JPY", "1000", "1500", "500"), ("KWD", "1.250", "1.251", "0.001")],
)
def test_in_currencies_of_other_decimals_too(currency, price, paid, over):
    wrong = played(
        bought(price=price),
        step("2026-01-10", "pay", invoice="p1.invoice", amount=paid),
        expect=[
            document(status="PAID"),
            {"check": "account_balance", "code": "2150", "as_of": "2026-01-10", "credit": over},
        ],
        books={"currency": currency},
    )

    assert wrong == []
