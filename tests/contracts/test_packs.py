"""Packs: sizes of credits at a fixed price, by version and currency."""

import pytest

from contracts import packs
from contracts.models import Pack
from creditops.lib.calendar import TICK
from creditops.lib.refusals import NotFound, Refusal
from tests import cast

pytestmark = pytest.mark.django_db

NOW, LATER = cast.at("2026-02-01"), cast.at("2026-03-01")


def publish(code="small", **fields) -> Pack:
    usual = {
        "name": "Small", "credits": 5_000, "price_minor": 4_500, "currency": "USD",
        "effective_from": NOW, "by": "Fiona", "at": NOW,
    }  # fmt: skip
    return packs.publish(code=code, **usual | fields)


def test_a_pack_is_on_sale_from_its_instant_on_in_its_currency():
    publish(effective_from=LATER)

    assert packs.on_sale("USD", LATER - TICK) == []
    assert packs.on_sale("EUR", LATER) == []
    assert [str(pack) for pack in packs.on_sale("USD", LATER)] == ["Small: 5,000 credits"]


def test_a_newer_version_replaces_a_pack_and_the_smallest_stands_first():
    publish()
    publish("tiny", credits=100)
    publish(credits=6_000, effective_from=LATER)

    assert packs.find("small", "USD", LATER - TICK).credits == 5_000
    assert [pack.credits for pack in packs.on_sale("USD", LATER)] == [100, 6_000]


def test_a_pack_that_was_withdrawn_cannot_be_bought_and_may_come_back():
    publish()
    packs.withdraw("small", "USD", effective_from=LATER, by="Fiona", at=NOW)

    assert packs.find("small", "USD", LATER - TICK).price_minor == 4_500
    with pytest.raises(NotFound):
        packs.find("small", "USD", LATER)
    assert packs.on_sale("USD", LATER) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"credits": 0}, "pack_not_positive"),
        ({"price_minor": -1}, "price_negative"),
        ({"currency": "usd"}, "currency_unknown"),
        ({"code": "a/b"}, "pack_code_invalid"),
        ({"effective_from": NOW - TICK}, "pack_in_the_past"),
        ({"code": "known"}, "pack_exists"),
    ],
)
def test_a_pack_that_cannot_be_meant_is_refused(fields, code):
    publish("known")

    with pytest.raises(Refusal) as refused:
        publish(**fields)

    assert refused.value.code == code
    assert Pack.objects.count() == 1
