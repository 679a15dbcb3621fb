"""Documents in scenarios: variants of A24, A39 and A46 with other figures, currencies and places."""

from typing import Any

import pytest

from creditops.scenarios.play import play

AT = "2026-02-{:02d}T10:00:00Z"


def played(*steps, expect, books=None, **fields: Any):
    scenario = {
        "format": 1, "id": "Z46", "title": "t", "covers": ["I2"], "books": books or {},
        "steps": [{"at": AT.format(day), **step} for day, step in enumerate(steps, start=1)],
        "expect": expect, **fields,
    }  # fmt: skip
    report = play(scenario)
    return [
        *(step.error for step in report.refused),
        *(difference for result in report.results for difference in result.differences),
    ]


def customer(name="acme", **fields):
    return {"do": "customer", "name": name, **fields}


def rate(country, pct, **fields):
    return {"do": "tax_rate", "country": country, "rate_pct": pct, **fields}


def issued(name, *lines, customer="acme", **fields):
    made = [{"text": "credits", **line} for line in lines]
    return {"do": "issue_invoice", "name": name, "customer": customer, "lines": made, **fields}


def line(amount, credits=None, **fields):
    return {"amount": amount, **({"credits": credits} if credits else {}), **fields}


def document(name, **fields):
    return {"check": "document", "document": name, **fields}


def numbers(series, count):
    return {
        "check": "numbers", "series": series, "year": 2026, "count": count,
        "first": f"{series}-2026-000001", "last": f"{series}-2026-{count:06d}",
    }  # fmt: skip


GERMAN = {"currency": "EUR", "zone": "Europe/Berlin", "country": "DE", "vat_id": "DE123456789"}


@pytest.mark.django_db
def test_tax_is_on_the_sum_and_the_last_credit_note_takes_the_rest():
    """19.00, not 18.99; thrice 33.33 or 33.34 credited is 19.00 of tax credited, not a cent more."""
    lines = [line("33.33", 3333, name="a"), line("33.33", 3333, name="b"), line("33.34", 3334)]
    notes = [
        {"do": "credit_note", "name": f"n{number}", "invoice": "i", "lines": [number]}
        for number in (1, 2, 3)
    ]

    wrong = played(
        customer(country="DE"), rate("DE", "19"), issued("i", *lines), *notes,
        books=GERMAN,
        expect=[
            document("i", tax="19.00", total="119.00", open="0.00", status="PAID"),
            document("n1", tax="6.33", total="39.66"),
            document("n2", tax="6.33"),
            document("n3", tax="6.34", total="39.68", lines=[{"amount": "33.34", "tax_rate": "19"}]),
            {"check": "account_balance", "code": "2200", "as_of": "2026-02-28", "credit": "0.00"},
            {"check": "account_balance", "code": "2100", "as_of": "2026-02-28", "credit": "0.00"},
            numbers("CN", 3),
        ],
    )  # fmt: skip

    assert wrong == []


@pytest.mark.django_db
def test_a_discount_is_spread_by_largest_remainder_before_tax():
    wrong = played(
        customer(country="DE"), rate("DE", "19"),
        issued("i", line("10.00", 10, name="x"), line("10.00"), line("10.00"), discount="1.00"),
        books=GERMAN,
        expect=[
            document(
                "i", net="29.00", tax="5.51",
                lines=[
                    {"list_amount": "10.00", "discount": "0.34", "amount": "9.66"},
                    {"discount": "0.33", "amount": "9.67"},
                    {"discount": "0.33", "amount": "9.67"},
                ],
            ),
            {"check": "block", "block": "x", "cost": "9.66"},
        ],
    )  # fmt: skip

    assert wrong == []


@pytest.mark.django_db
def test_what_is_rolled_back_or_refused_leaves_no_gap():
    wrong = played(
        customer(),
        issued("i1", line("1.00", 10)),
        issued("gone", line("1.00", 10, name="g")) | {"roll_back": True},
        issued("bad", line("0.001")) | {"fails_with": "AMOUNT_EXPONENT"},
        issued("i2", line("1.00", 10, name="g")),
        {"do": "export_invoice", "invoice": "gone", "fails_with": "HANDLE_UNKNOWN"},
        expect=[numbers("INV", 2), document("i2", number="INV-2026-000002")],
    )

    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "amount", "total", "exported"),
    [
        ("JPY", "3333", "3333", {}),
        ("USD", "33.33", "33.33", {}),
        ("KWD", "3.333", "3.333", {"fails_with": "EN16931_DECIMALS"}),
        ("TND", "3.000", "3.000", {"fails_with": "EN16931_DECIMALS"}),
    ],
)
def test_more_than_two_decimals_are_not_exported(currency, amount, total, exported):
    wrong = played(
        customer(),
        issued("i", line(amount, 7)),
        {"do": "export_invoice", "invoice": "i", **exported},
        books={"currency": currency},
        expect=[document("i", total=total)],
    )

    assert wrong == []


@pytest.mark.django_db
def test_credit_notes_are_exported_too():
    wrong = played(
        customer(country="BE"), rate("BE", "21"), issued("i", line("10.00", 100)),
        {"do": "credit_note", "name": "n", "invoice": "i", "credits": 50},
        {"do": "export_invoice", "invoice": "n"},
        books={"currency": "EUR", "country": "BE"},
        expect=[document("n", net="5.00", tax="1.05", type="CREDIT_NOTE", text_contains="INV-2026-000001")],
    )  # fmt: skip

    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("buyer", "category", "tax", "text"),
    [
        ({"country": "FR", "vat_id": "FR12345678901"}, "AE", "0.00", "Reverse charge"),
        ({"country": "FR", "vat_id": "FR12345678901", "kind": "CONSUMER"}, "S", "20.00", "Scratch"),
        ({"country": "FR"}, "S", "20.00", "acme"),
        ({"country": "US", "region": "TX"}, "O|G", "0.00", "outside the European Union"),
        ({"country": "DE", "vat_id": "DE987654321"}, "S", "19.00", "INV-2026-000001"),
        ({"country": "IT", "kind": "CONSUMER"}, "O", "0.00", "acme"),
    ],
)
def test_place_and_kind_of_the_buyer_decide_about_tax(buyer, category, tax, text):
    wrong = played(
        customer(**buyer), rate("DE", "19"), rate("FR", "20"),
        issued("i", line("100.00", 100)),
        books=GERMAN,
        expect=[document("i", tax_category=category, tax=tax, text_contains=text)],
    )  # fmt: skip

    assert wrong == []


@pytest.mark.django_db
def test_a_state_without_a_rate_is_not_taxed_and_half_a_cent_goes_up():
    """FORMAT.md: none without a matching rate; 62.5 % of 33.33 at 8.875 % is 1.8487."""
    wrong = played(
        customer("tx", country="US", region="TX"), customer("ny", country="US", region="NY"),
        rate("US", "8.875", region="TX", taxable_share_pct="62.5"),
        issued("a", line("33.33", 10), customer="tx"), issued("b", line("33.33", 10), customer="ny"),
        books={"country": "US"},
        expect=[
            document("a", taxable="20.83", tax="1.85", total="35.18"),
            document("b", tax="0.00", total="33.33"),
        ],
    )  # fmt: skip

    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_parallel_issues_take_consecutive_numbers():
    steps = [
        {"do": "issue_invoice", "name": f"q{n}", "customer": "acme",
         "lines": [{"name": f"b{n}", "text": "c", "credits": 10, "amount": "1.00"}]}
        for n in range(5)
    ]  # fmt: skip

    wrong = played(
        customer(),
        {"do": "parallel", "steps": [*steps, {"do": "purchase", "name": "p", "account": "acme",
                                              "credits": 5, "price": "1.00", "pay": "INVOICE"}]},
        expect=[numbers("INV", 6), {"check": "balance", "account": "acme", "credits": 55}],
    )  # fmt: skip

    assert wrong == []


@pytest.mark.django_db
def test_tax_at_redemption_is_played_from_the_sale_to_the_tax_of_each_month():
    """I10: nothing at the sale; of 1,000 credits for 100.00 EUR 250 in February, 100 in March, at 19 %."""

    def use(day, key, credits):
        return {
            "at": f"2026-{day}T10:00:00Z",
            "do": "usage",
            "key": key,
            "account": "acme",
            "credits": credits,
        }

    wrong = played(
        customer(country="DE"), rate("DE", "19"),
        {"do": "purchase", "name": "p", "account": "acme", "credits": 1000, "price": "100.00"},
        use("02-10", "u1", 250), use("03-10", "u2", 100),
        books=GERMAN | {"policies": {"tax_point": "TAX_AT_REDEMPTION"}},
        until="2026-04-15T00:00:00Z",
        expect=[
            document("p.invoice", tax="0.00", total="100.00", tax_category="O",
                     text_contains="no VAT invoice"),
            document("acme.tax@2026-02-01", tax="4.75", total="4.75", vat_by_rate={"19": "4.75"}),
            document("acme.tax@2026-03-01", tax="1.90", date="2026-04-01"),
            {"check": "account_balance", "code": "2200", "as_of": "2026-03-31", "credit": "6.65"},
            {"check": "journal", "codes": ["2200"], "entries": [
                {"date": "2026-02-28", "debit": {}, "credit": {"2200": "4.75"}},
                {"date": "2026-03-31", "debit": {}, "credit": {"2200": "1.90"}}]},
        ],
    )  # fmt: skip

    assert wrong == []
