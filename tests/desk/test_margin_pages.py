"""Margins on the desk: who sees them, page and file, and by which prices a meter's usage is read."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from accounts.roles import Role
from contracts import rate_cards
from contracts.rate_cards import Item
from creditops.desk import addresses
from ledger import model_costs, price_files, units
from ledger.models import MeterCost
from tests import cast, staff
from tests.cast import START, at
from tests.desk import acts
from tests.staff import NOW, Book

SAID = {
    "model_property": "model",
    "model": "",
    "measures": "input_tokens = input_cost_per_token",
    "aliases": "ours = large",
    "reason": "the price file",
}


@pytest.fixture
def chat(book: Book, tmp_path):
    """Acme's chat drew 500 free credits and one for a cent; a token read cost $0.000003."""
    path = tmp_path / "prices.json"
    path.write_text(
        json.dumps({"large": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06}})
    )
    model_costs.take_in(price_files.read(path), effective_from=START, by="f", at=START)
    meter = units.create_meter(
        code="chat", name="Chat", properties={"input_tokens": "number", "model": "text"}
    )
    items = [Item("translation", 3, kind="pack", per=1_000), Item("chat", 501)]
    rate_cards.publish(
        card="standard", version="2", items=items, effective_from=at("2026-06-14"), by="Sam",
        at=at("2026-06-14"),
    )  # fmt: skip
    data = {"input_tokens": Decimal(1_000), "model": "ours"}
    message = cast.usage("c1", 1, meter="chat", contract="C-1", data=data)
    cast.report(message, when=at("2026-06-14 12:00"))
    return meter


@pytest.fixture
def carla(book: Book):
    return staff.as_(staff.person(Role.CONTROLLER))


def test_a_meter_is_mapped_and_its_margin_stands_on_the_page(book: Book, chat, carla):
    page = carla.get(addresses.of("meter-cost", "chat"))
    done = acts.do(carla, "meter-cost", "chat", **SAID)
    margins = carla.get(addresses.of("margins"), {"from": "2026-06-14", "to": "2026-06-14"})

    assert "input_tokens (number), model (text)" in page.content.decode()
    assert acts.said(done) == ["Usage of Chat is read by providers' prices."]
    assert MeterCost.objects.get().aliases == {"ours": "large"}
    assert margins.context["margins"].rows == [
        ["Chat", "ours (large)", "1", "1,000 input tokens", "501 Credits", "$0.01", "$0.00", "$0.01",
         "100.0"]
    ]  # fmt: skip
    again = carla.get(addresses.of("meter-cost", "chat")).content.decode()
    assert "input_tokens = input_cost_per_token" in again


def test_the_file_says_the_same_with_all_digits_of_the_cost(book: Book, chat, carla):
    acts.do(carla, "meter-cost", "chat", **SAID)
    asked = {"from": "2026-06-01", "to": "2026-06-30"}
    file = carla.get(addresses.of("margins_csv"), asked).content.decode().splitlines()

    chats = 'chat,ours,large,1,"1,000 input tokens",501 Credits'
    assert file[1] == f"{chats},0.01,USD,0.003,0.00,USD,0.01,100.0,0,0"
    assert file[2] == 'translation,,,1,"100,000",300 Credits,3.00,USD,,,USD,,,0,0'
    assert file[3] == "Total,,,2,,,3.01,USD,,0.00,USD,0.01,100.0,,"


def test_a_sum_of_decimals_has_no_zeros_behind_it(book: Book, chat, carla):
    acts.do(carla, "meter-cost", "chat", **SAID)
    data = {"input_tokens": Decimal("0.500000000000"), "model": "ours"}
    cast.report(
        cast.usage("c2", 1, meter="chat", contract="C-1", data=data), when=at("2026-06-14 13:00")
    )
    margins = carla.get(addresses.of("margins"), {"from": "2026-06-14", "to": "2026-06-14"})

    assert margins.context["margins"].rows[0][2:4] == ["2", "1,000.5 input tokens"]


def test_nothing_is_counted_any_more_without_a_line(book: Book, chat, carla):
    acts.do(carla, "meter-cost", "chat", **SAID)
    done = acts.do(carla, "meter-cost", "chat", **SAID | {"measures": ""})

    assert acts.said(done) == ["Usage of Chat is read by no prices any more."]
    assert not MeterCost.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"measures": "input_tokens"}, "neither"),
        ({"measures": "words = input_cost_per_token"}, "keeps no property"),
        ({"aliases": "ours = huge"}, "knows no model"),
    ],
)
def test_what_makes_no_sense_is_said_at_the_form(typed, said, book: Book, chat, carla):
    page = acts.do(carla, "meter-cost", "chat", **SAID | typed)

    assert said in page.content.decode()
    assert not MeterCost.objects.exists()


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.FINANCE, 200), (Role.CONTROLLER, 200), (Role.AUDITOR, 200), (Role.SALES_REP, 403),
     (Role.SUPPORT, 403)],
)  # fmt: skip
def test_finance_the_controller_and_the_auditor_see_them(book: Book, role: Role, status: int):
    client = staff.as_(staff.person(role))

    for name in ("margins", "margins_csv"):
        assert client.get(addresses.of(name)).status_code == status


@pytest.mark.parametrize("asked", [{"from": "soon"}, {"from": "2026-06-02", "to": "2026-06-01"}])
def test_what_are_no_days_is_not_found(book: Book, fiona, asked):
    assert fiona.get(addresses.of("margins"), asked).status_code == 404


def test_without_days_it_is_the_running_month(book: Book, fiona):
    assert fiona.get(addresses.of("margins")).context["title"] == (
        f"Margins, 2026-06-01 to {NOW.date()}"
    )
