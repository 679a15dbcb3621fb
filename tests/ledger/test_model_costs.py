"""Providers' prices are versioned, exact, and never change the past; margins are read by them."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import clock
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, corrections, explain, margins, model_costs, price_files, units
from ledger.models import MeterCost, ModelCost
from tests import cast, shared
from tests.cast import START, at

pytestmark = pytest.mark.django_db

MARCH, APRIL = at("2026-03-01"), at("2026-04-01")
DURING = at("2026-03-10 12:00")
FILE = {
    "sample_spec": {"litellm_provider": "one of", "input_cost_per_token": 0.0},
    "small": {
        "litellm_provider": "openai",
        "max_input_tokens": 1000,
        "input_cost_per_token": 1.5e-07,
        "output_cost_per_token": 6e-07,
        "search_context_cost_per_query": {"search_context_size_low": 0.025},
    },
    "large": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06},
    "no provider": {"input_cost_per_token": 1},
}


def price_file(folder: Path, content: object = FILE) -> Path:
    path = folder / "prices.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def take_in(folder: Path, content: object = FILE, since: datetime = MARCH) -> model_costs.Imported:
    prices = price_files.read(price_file(folder, content))
    return model_costs.take_in(prices, effective_from=since, by="file", at=START)


def changed(cost: float) -> dict[str, object]:
    return {**FILE, "large": {"litellm_provider": "anthropic", "input_cost_per_token": cost}}


# ---------------------------------------------------------------- the file


def test_numbers_are_read_as_they_are_written(tmp_path):
    told = {
        (p.provider, p.model, p.measure): p.cost for p in price_files.read(price_file(tmp_path))
    }

    assert told == {
        ("openai", "small", "input_cost_per_token"): Decimal("0.00000015"),
        ("openai", "small", "output_cost_per_token"): Decimal("0.0000006"),
        ("openai", "small", "search_context_cost_per_query.search_context_size_low"): Decimal(
            "0.025"
        ),
        ("anthropic", "large", "input_cost_per_token"): Decimal("0.000003"),
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "file_unreadable"),
        ("[]", "file_unreadable"),
        ('{"m": 1}', "file_unreadable"),
        ('{"m": {"litellm_provider": "p", "input_cost": -1}}', "price_unreadable"),
        ('{"m": {"litellm_provider": "p", "input_cost": 1e-25}}', "price_unreadable"),
        ('{"m": {"litellm_provider": "p", "input_cost": 1e30}}', "price_unreadable"),
        ('{"m\\u0000": {"litellm_provider": "p", "input_cost": 1}}', "price_unreadable"),
    ],
)
def test_what_is_no_price_file_is_refused_whole(content, code, tmp_path):
    with pytest.raises(Refusal) as refused:
        price_files.read(price_file(tmp_path, content))

    assert refused.value.code == code


def test_litellms_own_file_is_read(tmp_path):
    path = shared.needed("data/litellm_prices.json")

    done = model_costs.take_in(price_files.read(path), effective_from=MARCH, by="f", at=START)

    assert (done.read, done.new) == (ModelCost.objects.count(), done.read)
    assert done.read > 7_000
    found = ModelCost.objects.get(provider="openai", model="gpt-4o", measure="input_cost_per_token")
    assert found.cost == Decimal("0.0000025")


# ---------------------------------------------------------------- versions


def test_the_same_file_again_adds_nothing(tmp_path):
    first, again = take_in(tmp_path), take_in(tmp_path, since=APRIL)

    assert (first.new, first.changed, first.same) == (4, 0, 0)
    assert (again.new, again.changed, again.same) == (0, 0, 4)
    assert ModelCost.objects.count() == 4


def test_a_changed_price_is_a_version_beside_the_one_before(tmp_path):
    take_in(tmp_path)
    done = take_in(tmp_path, changed(2e-06), since=APRIL)

    assert (done.new, done.changed, done.same) == (0, 1, 3)
    rows = ModelCost.objects.filter(model="large").order_by("effective_from")
    assert [(row.cost, row.effective_from) for row in rows] == [
        (Decimal("0.000003"), MARCH),
        (Decimal("0.000002"), APRIL),
    ]


@pytest.mark.parametrize("since", [MARCH, at("2026-02-01")])
def test_a_changed_price_never_begins_before_one_that_is_known(since, tmp_path):
    take_in(tmp_path)

    with pytest.raises(Refusal) as refused:
        take_in(tmp_path, changed(2e-06), since=since)

    assert refused.value.code == "cost_of_the_past"
    assert ModelCost.objects.count() == 4


def test_nor_does_the_database_take_one(tmp_path):
    take_in(tmp_path)

    with (
        pytest.raises(IntegrityError, match="comes before one that is known"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO ledger_modelcost (provider, model, measure, currency, cost, effective_from,"
            " recorded_at, imported_by) VALUES ('openai', 'small', 'input_cost_per_token', 'USD', 1,"
            " '2026-02-01', now(), 'x')"
        )


def test_the_command_says_what_it_did(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: APRIL)
    path = price_file(tmp_path)

    call_command("import_costs", str(path), "--from", "2026-03-15")
    call_command("import_costs", str(path))

    assert capsys.readouterr().out.splitlines() == [
        "4 prices: 4 new, 0 changed, 0 as they were. New ones hold from 2026-03-15 on.",
        "4 prices: 0 new, 0 changed, 4 as they were. New ones hold from 2026-04-01 on.",
    ]
    call_command("import_costs", str(path), "--from", "2026-03-01")
    assert capsys.readouterr().out.splitlines() == [
        "4 prices: 0 new, 0 changed, 4 as they were. New ones hold from 2026-03-01 on.",
        "4 of those that were known hold from a later day on only: usage before it has no price.",
    ]
    with pytest.raises(CommandError, match=r"A new price begins later"):
        call_command(
            "import_costs", str(price_file(tmp_path, changed(1e-06))), "--from", "2026-03-01"
        )


# ---------------------------------------------------------------- meters


@pytest.fixture
def chat(tmp_path):
    """A meter of tokens by model that draws a credit per 100 tokens read; its prices from March on."""
    take_in(tmp_path)
    meter = units.create_meter(
        code="chat",
        name="Chat",
        properties={"input_tokens": "number", "output_tokens": "number", "model": "text"},
    )
    model_costs.map_meter(
        meter,
        measures={"input_tokens": "input_cost_per_token", "output_tokens": "output_cost_per_token"},
        model_property="model",
        model="small",
        aliases={"our-large": "large"},
    )
    return meter


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"model_property": "", "model": ""}, "cost_without_model"),
        ({"measures": {}}, "cost_without_measure"),
        ({"measures": {"tokens": "input_cost_per_token"}}, "cost_property_unknown"),
        ({"measures": {"model": "input_cost_per_token"}}, "cost_property_unknown"),
        ({"model_property": "input_tokens"}, "cost_property_unknown"),
        ({"measures": {"": "price_of_air"}}, "measure_unknown"),
        ({"model": "huge"}, "model_unknown"),
        ({"aliases": {"ours": "huge"}}, "model_unknown"),
    ],
)
def test_a_meter_is_read_by_what_it_keeps_and_the_catalogue_knows(said, code, chat):
    usual = {"measures": {"": "input_cost_per_token"}, "model_property": "model", "model": ""}

    with pytest.raises(Refusal) as refused:
        model_costs.map_meter(chat, **usual | said)

    assert refused.value.code == code


def test_what_was_said_of_a_meter_is_replaced_and_forgotten(chat):
    model_costs.map_meter(chat, measures={"": "input_cost_per_token"}, model="large")
    said = MeterCost.objects.get()

    assert (said.measures, said.model_property, said.aliases) == (
        {"": "input_cost_per_token"}, "", {},
    )  # fmt: skip
    model_costs.forget_meter(chat)
    with pytest.raises(NotFound):
        model_costs.forget_meter(chat)


# ---------------------------------------------------------------- margins


def sold():
    """Acme's 1,000 credits for $100.00, drawn one per 100 tokens read, and 10 free ones before them."""
    rate_cards.publish(
        card="std", version="1", effective_from=START, by="Sam", at=START,
        items=[Item("chat", 1, kind="pack", per=100, meter="chat", property="input_tokens")],
    )  # fmt: skip
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 10, source="free", kind="promo")
    cast.grant(pool, 1_000, source="paid", cost=10_000)
    agreements.follow_rates(pool.holder, rate_cards.find("std"), at=START)
    return pool


def chats(key, read, written=0, model=None, when=DURING):
    data = {"input_tokens": Decimal(read), "output_tokens": Decimal(written)}
    if model is not None:
        data["model"] = model
    return cast.report(cast.usage(key, 1, meter="chat", data=data), when=when).outcomes[0]


def march(**narrowed):
    return margins.report(MARCH, APRIL, books.current(APRIL), **narrowed)


def told(found: margins.Report) -> list[tuple]:
    return [
        (r.meter, r.model, r.priced_as, r.events, dict(r.credits), r.value, r.cost, r.unpriced)
        for r in found.rows
    ]


def test_what_was_used_paid_and_charged_stands_per_meter_and_model(chat):
    """10 of the 25 credits of the small model were free."""
    sold()
    chats("u1", 1_500, 2_000, "small")
    chats("u2", 1_000)
    chats("u3", 3_333, model="our-large")

    found = march()

    assert told(found) == [
        ("chat", "our-large", "large", 1, {"Credits": 33}, 330, Decimal("0.009999"), 0),
        ("chat", "small", "small", 2, {"Credits": 25}, 150, Decimal("0.001575"), 0),
    ]
    assert dict(found.rows[1].counted) == {"input_tokens": 2_500, "output_tokens": 2_000}
    assert (found.cost(found.rows), found.margin(found.rows), found.tenths(found.rows)) == (
        1, 479, 998,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "cost"), [("1E+3", "0.00015"), ("2.50E-7", "0.0000000000000375"), ("7", "0.00000105")]
)
def test_a_number_counts_however_its_sender_wrote_it(said, cost, chat):
    sold()
    chats("u1", said, model="small")

    [row] = march().rows
    assert row.counted["input_tokens"] == Decimal(said)
    assert row.cost == Decimal(cost)


def test_a_cost_is_that_of_the_events_own_time(chat, tmp_path):
    """$0.000003 until April, $1 from then on."""
    sold()
    take_in(tmp_path, changed(1), since=APRIL)
    chats("u1", 100, model="large", when=at("2026-03-31 23:59:59"))
    chats("u2", 100, model="large", when=APRIL)
    both = margins.report(MARCH, at("2026-05-01"), books.current(APRIL))

    assert [row.cost for row in march().rows] == [Decimal("0.0003")]
    assert [row.cost for row in both.rows] == [Decimal("100.0003")]


def test_what_has_no_price_is_counted_and_the_cost_is_at_least_the_rest(chat):
    sold()
    chats("u1", 1_000, 50, "our-large")
    chats("u2", 1_000, 50, "nobody's")
    chats("u3", 1_000, 50, "small", when=at("2026-02-20"))
    found = margins.report(START, APRIL, books.current(APRIL))

    assert [(r.model, r.cost, r.unpriced) for r in found.rows] == [
        ("nobody's", None, 1),
        ("our-large", Decimal("0.003"), 1),
        ("small", None, 1),
    ]
    assert (found.cost(found.rows), found.margin(found.rows)) == (0, 0)


def test_corrected_use_counts_with_what_it_drew_in_the_end_and_void_use_not_at_all(chat):
    sold()
    fewer, none = (chats(key, 2_000, model="small").uid for key in ("u1", "u2"))
    corrections.correct(explain.find(fewer), credits=15, by="F", reason="x", at=at("2026-03-11"))
    corrections.void(explain.find(none), by="F", reason="x", at=at("2026-03-11"))

    assert told(march()) == [
        ("chat", "small", "small", 1, {"Credits": 15}, 50, Decimal("0.0003"), 0)
    ]


def test_a_meter_that_nobody_mapped_has_a_value_and_no_cost(chat):
    sold()
    cast.report(cast.usage("u1", 20), when=at("2026-03-10"))
    model_costs.forget_meter(chat)
    chats("u2", 100, model="small")
    found = march()

    assert told(found) == [
        ("chat", "", "", 1, {"Credits": 1}, 10, None, 0),
        ("credits", "", "", 1, {"Credits": 20}, 100, None, 0),
    ]
    assert [row.mapped for row in found.rows] == [False, False]
    assert (found.cost(found.rows), found.margin(found.rows), found.tenths(found.rows)) == (
        None, None, None,
    )  # fmt: skip


def test_margins_of_one_customer_are_its_own(chat):
    pool = sold()
    cast.customer("other")
    chats("u1", 1_000, model="small")

    assert [row.events for row in march(customer_id=pool.customer_id).rows] == [1]
    assert march(customer_id=pool.customer_id + 1).rows == []


def test_values_are_exact_whatever_lies_between_use_and_its_money(chat):
    """3 credits for a cent: what each draws is the difference of two roundings, so all is one cent."""
    rate_cards.publish(
        card="std", version="1", effective_from=START, by="Sam", at=START,
        items=[Item("chat", 1, kind="pack", per=100, meter="chat", property="input_tokens")],
    )  # fmt: skip
    pool = cast.open_pool(cast.customer())
    cast.grant(pool, 3, source="paid", cost=1)
    agreements.follow_rates(pool.holder, rate_cards.find("std"), at=START)
    for number in range(3):
        chats(f"u{number}", 100, model=["small", "our-large", "small"][number])

    assert sum(row.value for row in march().rows) == 1
