"""The ledger's pages say thresholds, reasons and data in words."""

from __future__ import annotations

import pytest

from ledger.admin.thresholds import threshold_words
from ledger.admin.usage import reason, said


@pytest.mark.parametrize(
    ("name", "words"),
    [("80", "80 % used"), ("OVERAGE_50", "overage 50 %"), ("EXHAUSTED", "exhausted")],
)
def test_a_threshold_says_of_what_it_is(name, words):
    assert threshold_words(name) == words


def test_a_reason_and_what_an_event_told_are_no_codes():
    assert reason("unknown_customer") == "unknown customer"
    assert said({"model": "large", "output_tokens": 812}) == "model large, output_tokens 812"
    assert said(None) == "–"
