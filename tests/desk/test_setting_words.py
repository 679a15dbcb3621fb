"""Settings read as words with their units."""

from __future__ import annotations

import pytest

from creditops.desk import setting_words
from creditops.lib import policies


@pytest.mark.parametrize(
    ("setting", "stored", "said"),
    [
        ("alerts", [50, 80, 95], "at 50, 80 and 95 %"),
        ("alerts", [70], "at 70 %"),
        ("draw_order", "EXPIRY_FIRST", "first to expire first"),
        ("invoice_terms_days", 1, "1 day"),
        ("invoice_terms_days", 30, "30 days"),
        ("overage_pct", "12.5", "12.5 %"),
        ("hold_over_pct", "10", "10 %"),
        ("seat_allowance", 12000, "12,000 credits a month"),
        (
            "validity",
            {"rule": "CALENDAR_MONTH", "months": 3},
            "3 months, the month of purchase being the first",
        ),
        ("validity", {"rule": "ANNIVERSARY", "months": 1}, "1 month from the purchase, to the day"),
        ("observe_months", None, "no"),
        ("seat_allowance", None, "no limit for one user"),
        ("auto_top_up", None, "none are"),
        (
            "auto_top_up",
            {"below": 500, "credits": 1_000, "times": 3, "money": "100.00"},
            "1,000 credits when fewer than 500 are left, at most 3 purchases a period and 100.00 a month",
        ),
        (
            "auto_top_up",
            {"below": 1_500, "pack": "small", "times": 1, "money": None},
            "pack small when fewer than 1,500 are left, at most 1 purchase a period",
        ),
        ("tax_outside_eu", "G", "an export"),
        ("tax_unknown", "HOLD", "are held until it is added"),
    ],
)
def test_a_value_says_what_it_is_and_of_what(setting, stored, said):
    assert setting_words.value(setting, stored) == said


@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_no_default_reads_as_a_code(policy):
    said = setting_words.value(policy.name, policy.default)

    assert said == said.lower()
    assert "{" not in said
    assert "_" not in said + setting_words.name(policy.name)
    assert "pct" not in setting_words.name(policy.name)


@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_every_setting_has_its_group(policy):
    assert setting_words.groups([policy.name]).keys() != {"Other settings"}
