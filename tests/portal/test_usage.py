"""Where credits went."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from creditops.portal import usage
from ledger import holders, units
from ledger.messages import Message
from tests import cast
from tests.cast import START, at
from tests.pictures.reading import labels, table
from tests.portal.conftest import NOW, Acme, visitor


def translate(key: str, words: int, time, user: str | None = None) -> Message:
    return Message(
        "test", key, "acme", "document_translation", time=time, quantity=Decimal(words), user=user
    )


def test_the_last_thirty_days_are_split_by_day_feature_and_person(acme: Acme):
    cast.report(translate("t-1", 2_000, at("2026-02-20"), "lena"), when=at("2026-02-20"))
    cast.send("e-1", 30, when=at("2026-02-21"), user="tom")
    cast.send("e-2", 4, when=at("2026-02-21"))

    found = usage.of(visitor(acme.customer), usage.LAST_DAYS, NOW)

    assert (found.first, found.last) == (date(2026, 1, 31), date(2026, 3, 1))
    assert (found.credits, found.events, found.people) == (40, 3, 2)
    days = dict(table(found.by_day)[1:])
    assert (days["20 Feb 2026"], days["21 Feb 2026"], days["22 Feb 2026"]) == ("6", "34", "0")
    assert table(found.by_feature)[1:] == [
        ["Credits", "34", "85.0 %"],
        ["document translation", "6", "15.0 %"],
    ]
    assert table(found.by_person)[1:] == [
        ["tom", "30", "75.0 %"],
        ["lena", "6", "15.0 %"],
        ["Nobody named", "4", "10.0 %"],
    ]


def test_older_use_belongs_to_the_term_only(acme: Acme):
    cast.send("e-1", 30, when=at("2026-01-10"))

    shown = visitor(acme.customer)

    assert usage.of(shown, usage.LAST_DAYS, NOW).credits == 0
    in_term = usage.of(shown, usage.TERM, NOW)
    assert (in_term.credits, in_term.first) == (30, date(2026, 1, 1))


def test_a_long_time_is_shown_by_week(acme: Acme):
    cast.send("e-1", 30, when=at("2026-01-10"))
    cast.send("e-2", 12, when=at("2026-01-14"))

    found = usage.of(visitor(acme.customer), usage.TERM, at("2026-06-01"))

    assert dict(table(found.by_day)[1:])["8 Jan 2026"] == "42"


def test_many_people_are_summed_up(acme: Acme):
    for number in range(14):
        cast.send(f"e-{number}", 20 - number, when=at("2026-02-20"), user=f"user-{number:02}")

    found = usage.of(visitor(acme.customer), usage.LAST_DAYS, NOW)

    assert "2 others" in labels(found.by_person)
    assert found.people == 14


def test_nothing_used_is_said(acme: Acme):
    found = usage.of(visitor(acme.customer), usage.LAST_DAYS, NOW)

    assert "Nothing was used in this time." in found.by_day


def test_units_are_never_mixed(acme: Acme):
    data = holders.pool(acme.contract.holder, cast.unit("DATA"), START)
    cast.grant(data, 500, source="data")
    cast.send("e-1", 30, when=at("2026-02-20"))
    cast.send("d-1", 7, when=at("2026-02-20"), meter=units.rated_meter("DATA"))
    shown = visitor(acme.customer)

    first = usage.of(shown, usage.LAST_DAYS, NOW)
    second = usage.of(shown, usage.LAST_DAYS, NOW, "DATA")

    assert [unit.code for unit in first.units] == ["CREDIT", "DATA"]
    assert (first.unit.code, first.credits) == ("CREDIT", 30)
    assert (second.unit.code, second.credits) == ("DATA", 7)
