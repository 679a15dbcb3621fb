"""A command that finds nothing to do says so."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from creditops.lib import clock
from ledger.models import ExceptionEnd
from tests.cast import at, contract_pool, customer, report, usage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: at("2026-06-01"))


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (("exceptions", "list"), "None wait."),
        (
            ("exceptions", "apply", "--reason=migrated"),
            "None wait that are asked for: nothing was done.",
        ),
        (
            ("exceptions", "write-off", "--reason=a test", "--source=nowhere"),
            "None wait that are asked for: nothing was done.",
        ),
        (("backfill", "list"), "There is none. `import_usage --backfill NAME` opens one."),
    ],
)
def test_nothing_to_do_is_told(command, answer):
    assert said(*command) == f"{answer}\n"


def test_what_waits_is_counted_by_reason_and_written_off_at_once():
    contract_pool(customer(), commitment=100, price_minor=0)
    report(
        usage("a", 1, time=at("2026-05-31"), meter="unheard"),
        usage("b", 1, time=at("2026-05-31"), meter="unheard"),
        usage("c", 1, time=at("2026-02-01")),
        when=at("2026-06-01"),
    )

    assert said("exceptions", "list") == "1 too_late\n2 unknown_meter\n"
    assert said("exceptions", "write-off", "--reason=a test") == "3 written off.\n"
    assert {(end.outcome, end.reason) for end in ExceptionEnd.objects.all()} == {
        ("written_off", "a test")
    }
