"""`import_usage`: files in, exactly once, every row accounted for."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from io import StringIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import clock
from ledger import units
from ledger.models import Backfill, UsageEvent, UsageException
from tests.cast import START, at, customer, grant, open_pool

pytestmark = pytest.mark.django_db

HEADER = "when,id,amount,who\n"
GOOD = "2026-01-05T10:00:00Z,a,10,ann\n2026-01-05T11:00:00Z,b,20,bob\n"


@pytest.fixture(autouse=True)
def acme(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: at("2026-01-06"))
    pool = open_pool(customer())
    grant(pool, 1_000, cost=1_000, source="b1", end=at("2027-01-01"))
    return pool


@pytest.fixture
def usage_file(tmp_path):
    def write(text: str | bytes, name: str = "usage.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def run(path, *options: str, **named) -> str:
    out = StringIO()
    asked = {"source": "file", "id": "id", "customer": "acme", "meter": "credits"} | named
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in asked.items()]
    maps = [f"--map={pair}" for pair in ("time=when", "quantity=amount", "user=who")]
    call_command("import_usage", str(path), *flags, *maps, *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def rejected(path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.with_name(f"{path.name}.rejected.csv").open()))


def test_a_file_is_applied_and_a_second_import_of_it_changes_nothing(usage_file):
    path = usage_file(HEADER + GOOD)

    assert run(path).startswith("2 rows: 2 applied. 30 credits drawn.")
    assert run(path).startswith("2 rows: 0 applied, 2 duplicates. 0 credits drawn.")
    assert UsageEvent.objects.count() == 2


def test_the_last_line_needs_no_newline_if_it_is_a_row(usage_file):
    assert run(usage_file((HEADER + GOOD).rstrip("\n"))).startswith("2 rows: 2 applied.")


def test_a_half_written_file_tells_its_broken_row_and_goes_on_when_it_is_whole(usage_file):
    path = usage_file(HEADER + GOOD + "2026-01-05T12:0")

    with pytest.raises(CommandError, match="1 row could not be read"):
        run(path)
    assert rejected(path) == [
        {"row": "3", "field": "", "reason": "1 fields instead of 4", "content": "2026-01-05T12:0"}
    ]

    path.write_text(HEADER + GOOD + "2026-01-05T12:00:00Z,c,5,cy\n")
    assert run(path).startswith("3 rows: 1 applied, 2 duplicates.")


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("2026-01-05 10:00:00,x,1,a", "when", "has no offset; say --time-zone"),
        ("yesterday,x,1,a", "when", "'yesterday' is no time"),
        ("2026-01-05T10:00:00Z,x,-1,a", "amount", "is no number of 0 or more"),
        ("2026-01-05T10:00:00Z,x,1e3,a", "amount", "is no number of 0 or more"),
        ("2026-01-05T10:00:00Z,x,ten,a", "amount", "is no number of 0 or more"),
        ("2026-01-05T10:00:00Z,,1,a", "id", "the id is missing, too long or no text"),
        ('2026-01-05T10:00:00Z,x,1,"a', "", "no CSV"),
    ],
)
def test_a_bad_row_is_told_with_number_and_field_and_the_others_are_applied(
    usage_file, row, field, reason
):
    path = usage_file(f"{HEADER}{GOOD}{row}\n")

    with pytest.raises(CommandError, match="could not be read"):
        run(path)

    (found,) = rejected(path)
    assert (found["row"], found["field"]) == ("3", field)
    assert reason in found["reason"]
    assert UsageEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"customer": "nobody"}, "There is no customer 'nobody'."),
        ({"meter": "nothing"}, "There is no meter 'nothing'."),
        ({"id": "key"}, "has no column 'key'. Its columns are: when, id, amount, who."),
        ({"time_zone": "Mars"}, "'Mars' is no IANA time zone"),
    ],
)
def test_a_wrong_name_stops_before_the_first_row(usage_file, named, says):
    with pytest.raises(CommandError, match=says):
        run(usage_file(HEADER + GOOD), **named)

    assert not UsageEvent.objects.exists()


def test_a_missing_file_and_an_unknown_format_are_told(usage_file, tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "none.csv")
    with pytest.raises(CommandError, match=r"only .csv, .jsonl, .ndjson are read"):
        run(usage_file("x", "usage.xlsx"))


def test_row_numbers_are_identities_so_a_changed_row_is_a_conflict(usage_file):
    path = usage_file(HEADER + GOOD)
    run(path, id="row")

    path.write_text((HEADER + GOOD).replace(",20,", ",21,"))

    assert run(path, id="row").startswith("2 rows: 0 applied, 1 duplicate, 1 conflict.")
    assert UsageException.objects.get().body["quantity"] == "21"


def test_times_without_an_offset_are_local_to_the_zone_that_was_named(usage_file):
    path = usage_file("when,id,amount,who\n2026-01-05 10:00:00.1234567,a,1,x\n")

    run(path, time_zone="Europe/Berlin")

    assert UsageEvent.objects.get().event_time == at("2026-01-05 09:00:00.123456")


def test_late_rows_wait_as_exceptions_and_a_person_lets_them_in(usage_file):
    path = usage_file(HEADER + GOOD.replace("2026-01-05", "2025-11-05"))

    told = run(path)
    assert "2 rows: 0 applied, 2 exceptions." in told
    assert "2 too_late" in told
    assert "manage.py exceptions apply --source file" in told

    out = StringIO()
    call_command("exceptions", "apply", "--source=file", "--reason=migrated", stdout=out)
    assert out.getvalue() == "2 refused\n"


def test_json_lines_are_read_too(usage_file):
    line = '{"when": "2026-01-05T10:00:00Z", "id": "j1", "amount": "7", "who": "ann"}\n'

    assert run(usage_file(line, "usage.jsonl")).startswith("1 row: 1 applied. 7 credits drawn.")


def test_hostile_bytes_reject_their_row_only(usage_file):
    path = usage_file(HEADER.encode() + GOOD.encode() + b"2026-01-05T10:00:00Z,\xff\xfe,1,a\n")

    with pytest.raises(CommandError, match="1 row could not be read"):
        run(path)

    assert UsageEvent.objects.count() == 2


NAMED = "id,time,quantity,user,customer,meter\nn1,2026-01-05T10:00:00Z,30,ann,acme,credits\n"


def plain(path, *options: str) -> str:
    """An import that maps nothing."""
    out = StringIO()
    call_command(
        "import_usage", str(path), "--source=file", "--id=id", *options,
        stdout=out, stderr=StringIO(),
    )  # fmt: skip
    return out.getvalue()


def parquet_of(tmp_path, **columns):
    path = tmp_path / "usage.parquet"
    pq.write_table(pa.table({name: [value] for name, value in columns.items()}), path)
    return path


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_column_that_bears_the_name_of_a_field_needs_no_map(usage_file, tmp_path, form):
    header, row = (line.split(",") for line in NAMED.splitlines())
    told = dict(zip(header, row, strict=True))
    path = {
        "csv": lambda: usage_file(NAMED),
        "jsonl": lambda: usage_file(json.dumps(told), "usage.jsonl"),
        "parquet": lambda: parquet_of(tmp_path, **told),
    }[form]()

    assert plain(path).startswith("1 row: 1 applied. 30 credits drawn.")

    event = UsageEvent.objects.get()
    assert (event.event_time, str(event.user)) == (at("2026-01-05 10:00"), "ann")
    assert event.quantity == 30


def test_a_property_that_the_meter_keeps_needs_no_map_and_one_that_it_does_not_is_not_looked_at(
    usage_file,
):
    units.create_meter(
        code="pages", name="Pages", quantity_property="count", properties={"of": "text"}
    )
    units.create_meter(code="other", name="Other", properties={"depth": "number"})
    path = usage_file("id,time,count,of,depth\nn1,2026-01-05T10:00:00Z,3,book,-7\n")

    assert plain(path, "--customer=acme", "--meter=pages").startswith("1 row: 0 applied, 1 exc")

    body = UsageException.objects.get().body
    assert body["data"] == {"count": "3", "of": "book"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1.5e-07", "0.00000015"),
        ("1.3499999999999999e-05", "0.0000135"),
        ("0.30000000000000004", "0.3"),
        ("1e+3", "1000"),
        ("12", "12"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_cost_that_a_program_counted_in_floating_point_is_read_as_it_is_meant(
    acme, usage_file, tmp_path, form, said, kept
):
    """As in LiteLLM's spend logs; text properties that look like numbers stay what they are."""
    units.create_meter(code="calls", name="C", properties={"cost": "number", "model": "text"})
    rate_cards.publish(
        card="gateway", version="1", effective_from=START, by="Sam", at=START,
        items=[Item("cost", 1, kind="pack", per=1_000, meter="calls", property="cost")],
    )  # fmt: skip
    agreements.follow_rates(acme.holder, rate_cards.find("gateway"), at=START)
    path = {
        "csv": lambda: usage_file(f"id,time,cost,model\na,2026-01-05T10:00:00Z,{said},1e3\n"),
        "jsonl": lambda: usage_file(
            f'{{"id": "a", "time": "2026-01-05T10:00:00Z", "cost": {said}, "model": "1e3"}}',
            "usage.jsonl",
        ),
        "parquet": lambda: parquet_of(
            tmp_path, id="a", time="2026-01-05T10:00:00Z", cost=float(said), model="1e3"
        ),
    }[form]()

    assert plain(path, "--customer=acme", "--meter=calls").startswith("1 row: 1 applied.")

    data = UsageEvent.objects.get().data or {}
    assert Decimal(data["cost"]) == Decimal(kept)
    assert data["model"] == "1e3"


def test_a_column_that_bears_a_name_is_left_out_where_one_says_so_or_maps_it_elsewhere(usage_file):
    path = usage_file("id,time,quantity,user\nn1,2026-01-05T10:00:00Z,30,7\n")

    plain(path, "--customer=acme", "--meter=credits", "--map=user=", "--map=quantity=user")

    event = UsageEvent.objects.get()
    assert event.quantity == 7
    assert event.user is None


def test_a_line_of_json_may_leave_out_what_is_said_for_the_whole_file(usage_file):
    lines = '{"id": "a", "quantity": 5}\n{"id": "b", "quantity": 6, "customer": "acme"}\n'

    said = plain(usage_file(lines, "usage.jsonl"), "--customer=acme", "--meter=credits")

    assert said.startswith("2 rows: 2 applied. 11 credits drawn.")


def test_a_line_of_json_has_to_say_what_nobody_said_for_it(usage_file):
    lines = '{"id": "a", "quantity": 5}\n{"id": "b", "quantity": 6, "customer": "acme"}\n'
    path = usage_file(lines, "usage.jsonl")

    with pytest.raises(CommandError, match="1 row could not be read"):
        plain(path, "--meter=credits")

    assert [(row["row"], row["field"]) for row in rejected(path)] == [("1", "customer")]
    assert UsageEvent.objects.get().key == "b"


def test_a_rejected_line_of_json_is_told_as_it_was_written(usage_file):
    line = '{"id": "a", "quantity": -1, "customer": "acme", "data": {"tags": ["x"], "ok": true}}'

    with pytest.raises(CommandError, match="1 row could not be read"):
        plain(usage_file(line, "usage.jsonl"), "--meter=credits")

    (found,) = rejected(usage_file(line, "usage.jsonl"))
    assert json.loads(found["content"]) == json.loads(line)


@pytest.mark.parametrize("lacking", ["customer", "meter"])
def test_a_file_that_says_nowhere_whose_usage_of_what_it_is_stops_before_its_first_row(
    usage_file, lacking
):
    said = {"customer": "--customer=acme", "meter": "--meter=credits"}
    del said[lacking]

    with pytest.raises(
        CommandError,
        match=f"has no column '{lacking}'. Say --{lacking}, or --map {lacking}=COLUMN.",
    ):
        plain(usage_file("id,quantity\na,5\n"), *said.values())


def test_a_file_that_is_not_there_opens_no_backfill(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        plain(tmp_path / "none.csv", "--customer=acme", "--meter=credits", "--backfill=spring")

    assert not Backfill.objects.exists()


def test_an_unknown_customer_of_a_row_waits_as_an_exception_and_is_not_rejected(usage_file):
    path = usage_file(NAMED.replace("acme", "nobody"))

    assert plain(path).startswith("1 row: 0 applied, 1 exception.")
    assert not path.with_name("usage.csv.rejected.csv").exists()
