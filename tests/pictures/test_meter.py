"""The gauge of used credits."""

from __future__ import annotations

import pytest

from creditops.pictures import meter
from creditops.pictures.meter import Gauge
from tests.pictures.reading import labels, said, table


def test_it_says_how_much_is_used_and_marks_the_thresholds():
    figure = meter.draw(Gauge(used=5_100, total=10_000, unit="AI credits"))

    assert said(figure) == "Used AI credits. 5,100 of 10,000 used, 51 %."
    assert labels(figure) == ["50 %", "80 %", "95 %"]


def test_overage_stands_beside_it_up_to_its_cap():
    figure = meter.draw(Gauge(used=100, total=100, overage=7, cap=20))

    assert said(figure) == "Used credits. 100 of 100 used, 100 %. Overage 7 of 20 allowed."
    assert table(figure)[1:] == [
        ["Used", "100"],
        ["Of", "100"],
        ["Overage", "7"],
        ["Overage cap", "20"],
    ]


@pytest.mark.parametrize(
    ("used", "overage", "level"),
    [(79, 0, "calm"), (80, 0, "noticed"), (94, 0, "noticed"), (95, 0, "near"), (100, 1, "over")],
)
def test_its_colour_tells_how_near_the_end_is(used: int, overage: int, level: str):
    assert Gauge(used=used, total=100, overage=overage).level == level


def test_the_percentage_is_rounded_down():
    assert Gauge(used=9_999, total=10_000).percent == 99


def test_nothing_granted_is_said():
    empty = '<p class="picture-empty">There is nothing to use yet.</p>'

    assert meter.draw(Gauge(used=0, total=0)) == empty
