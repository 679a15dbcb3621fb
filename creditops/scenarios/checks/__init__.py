"""Answers what is, for each kind of expectation, by the reads that screens and API use too.

A file per topic, each with its own table of checks; a new check goes into the table of its topic.
"""

from __future__ import annotations

from creditops.scenarios.checks import (
    agreements,
    books,
    commissions,
    counting,
    credits,
    documents,
    expected,
)

CHECKS: dict[str, expected.Check] = {
    **credits.CHECKS,
    **agreements.CHECKS,
    **documents.CHECKS,
    **books.CHECKS,
    **counting.CHECKS,
    **commissions.CHECKS,
}
