"""Stories of unclaimed property: the state's share of what expires, block by block (F3)."""

import pytest

from creditops.scenarios.play import play

pytestmark = pytest.mark.django_db

BUY = {
    "do": "purchase", "account": "acme", "credits": 100, "price": "0.10",
    "expires_at": "2026-03-01T00:00:00Z",
}  # fmt: skip


def at(day, **step):
    return {"at": f"{day}T00:00:00Z", **step}


def played(*steps, expect, until):
    story = [at("2026-01-01", do="customer", name="acme"), *steps]
    report = play(
        {
            "format": 1, "id": "Z", "title": "t", "covers": ["F3"], "steps": story,
            "books": {"policies": {"escheat_pct": "25"}},
            "until": f"{until}T00:00:00Z", "expect": expect,
        }
    )  # fmt: skip
    return report.refused, [(r.check, r.differences) for r in report.results if not r.passed]


def posted_on(day, debit, credit):
    entry = {"date": day, "debit": debit, "credit": credit}
    return {"check": "journal", "on": [day], "entries": [entry]}


def test_of_blocks_that_expire_together_each_has_its_share_rounded():
    """A quarter of 0.10 is 0.03 of each; of 0.20 it would be 0.05."""
    told = played(
        at("2026-01-02", name="b1", **BUY),
        at("2026-01-03", name="b2", **BUY),
        until="2026-03-02",
        expect=[posted_on("2026-02-28", {"2100": "0.20"}, {"2400": "0.06", "4010": "0.14"})],
    )

    assert told == ([], [])


def test_a_late_event_takes_the_states_share_of_what_it_used_back():
    told = played(
        at("2026-01-02", name="b1", **BUY),
        at("2026-03-02", do="usage", key="u1", account="acme", credits=100,
           event_time="2026-02-27T00:00:00Z"),
        until="2026-03-03",
        expect=[
            posted_on("2026-02-27", {"2400": "0.03", "4010": "0.07"}, {"4000": "0.10"}),
            {"check": "account_balance", "code": "2400", "as_of": "2026-03-03", "credit": "0.00"},
        ],
    )  # fmt: skip

    assert told == ([], [])
