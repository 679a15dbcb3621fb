"""Every movement as CSV."""

from __future__ import annotations

import csv
import io

import pytest

from accounts.models import Membership, Person
from creditops.portal import statement
from creditops.portal.visitor import Visitor
from tests import cast
from tests.cast import at
from tests.portal.conftest import NOW, Acme, visitor


def rows(shown: Visitor) -> list[list[str]]:
    return list(csv.reader(io.StringIO(statement.csv_of(shown, NOW))))


def test_it_tells_every_movement_with_the_running_balance_and_its_value(acme: Acme):
    cast.send("e-1", 10_040, when=at("2026-02-01"))

    assert rows(visitor(acme.customer)) == [
        ["Recorded", "At", "Contract", "Unit", "Movement", "Block", "Credits", "Balance", "Value",
         "Currency"],
        ["2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00", "acme-1", "Credits", "grant",
         "Commitment of term 1", "10000", "10000", "", ""],
        ["2026-02-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00", "acme-1", "Credits", "consume",
         "Commitment of term 1", "-10000", "0", "100.00", "USD"],
        ["2026-02-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00", "acme-1", "Credits", "overage",
         "", "-40", "0", "0.40", "USD"],
    ]  # fmt: skip


def test_values_are_for_those_who_see_them(acme: Acme):
    cast.send("e-1", 40, when=at("2026-02-01"))

    told = rows(visitor(acme.customer, Membership.Role.VIEWER))

    assert {len(row) for row in told} == {8}
    assert "Value" not in told[0]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_taken_for_a_formula(sign: str):
    assert statement.safe(f"{sign}1+1") == f"'{sign}1+1"


def test_other_text_stays_as_it_is():
    assert statement.safe("acme-1") == "acme-1"


def test_otto_reads_nothing_of_acme(acme: Acme, otto: Person):
    other = otto.memberships.get().customer

    assert len(rows(Visitor(otto, other, Membership.Role.ADMIN, [other]))) == 1
