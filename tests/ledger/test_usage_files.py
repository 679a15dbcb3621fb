"""Files of usage: what is read, what is told, from where a later start goes on."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditops.lib.refusals import Refusal
from ledger import columns, usage_files, usage_sources
from ledger.usage_files import Layout, Read
from ledger.usage_sources import Rejected
from tests.cast import at

LAYOUT = Layout(
    source="file",
    id="id",
    customer="acme",
    meter="credits",
    columns={"time": "when", "quantity": "amount", "user": "who"},
)
HEADER = "when,id,amount,who\n"
ROW = "2026-01-05T10:00:00Z,{},10,ann\n"
TIME = columns.microseconds(at("2026-01-05 10:00"))


def write(tmp_path: Path, content: str | bytes, name: str = "usage.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path, layout: Layout = LAYOUT, number: int = 0, place: int = 0) -> list:
    return list(usage_files.open_file(path, layout).rows(number, place))


def keys(found: list) -> list[str | tuple[str, str]]:
    """The ids of rows, or field and reason of those that could not be read."""
    return [r.key if isinstance(r, Read) else (r.field, r.reason) for _, _, r in found]


def parquet(tmp_path: Path, *, group: int = 2, **given) -> Path:
    """A Parquet file of these columns, with defaults for the others."""
    length = len(next(iter(given.values()))) if given else 3
    usual = {
        "when": pa.array(
            [datetime(2026, 1, 5, 10, tzinfo=UTC)] * length, pa.timestamp("us", "UTC")
        ),
        "id": [f"p{n}" for n in range(length)],
        "amount": [10] * length,
        "who": ["ann"] * length,
    }
    path = tmp_path / "usage.parquet"
    pq.write_table(pa.table(usual | given), path, row_group_size=group)
    return path


def refusal(path: Path, layout: Layout = LAYOUT) -> str:
    with pytest.raises(Refusal) as caught:
        rows(path, layout)
    return f"{caught.value.code}: {caught.value.detail}"


# ------------------------------------------------------------------------------- what is read


def test_a_row_becomes_the_fields_of_a_message(tmp_path):
    ((number, _, read),) = rows(write(tmp_path, HEADER + ROW.format("a")))

    assert number == 1
    assert read == Read("a", "acme", None, "credits", TIME, 10, "ann", {})


def test_the_same_rows_are_read_from_every_format(tmp_path):
    line = '{{"when": "2026-01-05T10:00:00Z", "id": "p{}", "amount": 10, "who": "ann"}}\n'
    text = HEADER + "".join(ROW.format(f"p{n}") for n in range(3))
    lines = "".join(line.format(n) for n in range(3))
    files = [
        write(tmp_path, text),
        write(tmp_path, gzip.compress(text.encode()), "usage.csv.gz"),
        write(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "marked.csv"),
        write(tmp_path, lines, "usage.jsonl"),
        write(tmp_path, gzip.compress(lines.encode()), "usage.ndjson.gz"),
        parquet(tmp_path),
    ]

    expected = [
        (n + 1, Read(f"p{n}", "acme", None, "credits", TIME, 10, "ann", {})) for n in range(3)
    ]
    for file in files:
        assert [(number, read) for number, _, read in rows(file)] == expected, file.name


@pytest.mark.parametrize("name", ["usage.csv", "usage.csv.gz", "usage.jsonl", "usage.parquet"])
def test_a_later_start_goes_on_behind_any_row(tmp_path, name):
    line = '{{"when": "2026-01-05T10:00:00Z", "id": "p{}", "amount": 10, "who": "a\\u00fc"}}\n'
    if name == "usage.parquet":
        path = parquet(tmp_path, id=[f"p{n}" for n in range(7)], group=3)
    elif name == "usage.jsonl":
        path = write(tmp_path, "".join(line.format(n) for n in range(7)), name)
    else:
        text = HEADER + "".join(
            f'2026-01-05T10:00:00Z,"p{n}",10,"an\nn"\n' if n == 3 else ROW.format(f"p{n}")
            for n in range(7)
        )
        packed = gzip.compress(text.encode()) if name.endswith("gz") else text
        path = write(tmp_path, packed, name)
    whole = rows(path)

    assert len(whole) == 7
    for done in range(1, 8):
        number, place, _ = whole[done - 1]
        assert rows(path, LAYOUT, number, place) == whole[done:], done


def test_a_file_is_named_by_its_content_and_by_how_it_is_read(tmp_path):
    path = write(tmp_path, HEADER + ROW.format("a"))
    same = write(tmp_path, HEADER + ROW.format("a"), "copy.csv")
    other = write(tmp_path, HEADER + ROW.format("b"), "other.csv")
    named = usage_files.digest(path, LAYOUT)

    assert usage_files.digest(same, LAYOUT) == named
    assert usage_files.digest(other, LAYOUT) != named
    assert usage_files.digest(path, Layout(source="x", id="id")) != named
    assert usage_files.digest(path, LAYOUT, "spring") != named


def test_properties_are_text_numbers_or_nothing(tmp_path):
    layout = Layout(
        source="s", id="id", customer="acme", meter="m", columns={"model": "m", "tokens": "t"}
    )
    path = write(
        tmp_path,
        '{"id": 1, "m": "large", "t": 1.50}\n{"id": 2, "m": null, "t": true}\n'
        '{"id": 3, "m": ["x"], "t": 1}\n{"id": 4, "m": {"a": "\\u0000"}, "t": 1}\n'
        '{"id": 5, "m": "\\u0000", "t": 1}\n{"id": [6], "m": "", "t": 1}\n'
        '{"id": 7, "m": "\\ud800", "t": 1}\n',
        "usage.jsonl",
    )

    found = rows(path, layout)

    assert [read.data for _, _, read in found[:2]] == [
        {"model": "large", "tokens": Decimal("1.50")}, {"model": None, "tokens": True},
    ]  # fmt: skip
    assert [read.field for _, _, read in found[2:]] == ["m", "m", "m", "id", "m"]


@pytest.mark.parametrize(
    ("amount", "read"),
    [
        ("7", 7),
        ("007", 7),
        ("7.0", Decimal("7.0")),
        ("0.000000000001", Decimal("0.000000000001")),
        ("999999999999999999", 10**18 - 1),
        ("", None),
    ],
)
def test_quantities_are_exact(tmp_path, amount, read):
    ((_, _, found),) = rows(write(tmp_path, f"{HEADER}2026-01-05T10:00:00Z,a,{amount},x\n"))

    assert found.quantity == read


@pytest.mark.parametrize("amount", ["1000000000000000000", "0.0000000000001", "٧", "1_0", "NaN"])
def test_a_quantity_that_could_not_be_kept_exactly_is_told(tmp_path, amount):
    ((_, _, found),) = rows(write(tmp_path, f"{HEADER}2026-01-05T10:00:00Z,a,{amount},x\n"))

    assert isinstance(found, Rejected)
    assert found.field == "amount"


# ------------------------------------------------------------------------------ broken files


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("usage.csv", b"", "file_unreadable: usage.csv is empty. Export it again."),
        ("usage.jsonl", b"", "file_unreadable: usage.jsonl is empty. Export it again."),
        (
            "usage.csv", "when,id".encode("utf-16"),
            "file_unreadable: usage.csv is UTF-16. Save it as UTF-8.",
        ),
        (
            "usage.csv", gzip.compress(b"x", mtime=0),
            "file_unreadable: usage.csv is packed with gzip: call it .gz. Look at how it was made.",
        ),
        (
            "usage.csv.gz", b"when,id",
            "file_unreadable: usage.csv.gz is no gzip file. Look at how it was made.",
        ),
        (
            "usage.parquet", b"when,id",
            "file_unreadable: usage.parquet is no Parquet file. Look at how it was made.",
        ),
        (
            "usage.csv", b"PAR1....",
            "file_unreadable: usage.csv is a Parquet file: call it .parquet. Look at how it was made.",
        ),
        (
            "usage.csv", b"wh\xffen,id\n",
            "file_unreadable: usage.csv has a first line that names no columns in UTF-8. Mend it.",
        ),
        (
            "usage.csv", b"wh\0en,id\n",
            "file_unreadable: usage.csv has a first line that names no columns in UTF-8. Mend it.",
        ),
        (
            "usage.csv", b"when,id,amount\n",
            "column_missing: usage.csv has no column 'who'. Its columns are: when, id, amount.",
        ),
        (
            "usage.csv", b"when,id,amount,who,id\n",
            "column_twice: usage.csv has the column 'id' twice.",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_read_at_all_is_told_before_the_first_row(tmp_path, name, content, says):
    assert refusal(write(tmp_path, content, name)) == says


def test_a_directory_is_no_file(tmp_path):
    (tmp_path / "usage.csv").mkdir()

    assert refusal(tmp_path / "usage.csv") == (
        "file_unreadable: usage.csv is a directory. Name one file in it."
    )


def test_a_first_line_without_end_is_told_without_reading_it_all(tmp_path):
    assert "a line of more than 1,048,576 bytes" in refusal(write(tmp_path, b"a" * (2 << 20)))


def test_a_header_without_rows_is_no_usage(tmp_path):
    assert rows(write(tmp_path, HEADER)) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"2026-01-05T10:00:00Z,\xff\xfe,1,a\n", ("id", "the id is missing, too long or no text")),
        (b"2026-01-05T10:00:00Z,x\0y,1,a\n", ("id", "the id is missing, too long or no text")),
        (
            b"2026-01-05T10:00:00Z,x,1,a\0\n",
            ("who", "the text is no UTF-8, has NUL or is too long"),
        ),
        (b",".join([b"x"] * 100) + b"\n", ("", "100 fields instead of 4")),
        (
            b"0001-01-01T00:00:00+14:00,x,1,a\n",
            None,
        ),
        (b"9" * (2 << 20) + b"\n", ("", "no CSV: a line of more than 1,048,576 bytes")),
    ],
)
def test_a_bad_line_is_told_and_the_next_one_read(tmp_path, line, told):
    path = write(tmp_path, (HEADER + ROW.format("a")).encode() + line + ROW.format("b").encode())

    found = keys(rows(path))

    assert (found[0], found[-1]) == ("a", "b")
    assert len(found) == 3
    if told:
        assert found[1] == told


def test_a_quote_that_is_never_closed_takes_no_more_than_a_field_may_hold(tmp_path):
    many = "".join(ROW.format(f"k{n}") for n in range(10_000))
    path = write(tmp_path, HEADER + '2026-01-05T10:00:00Z,"a,1,x\n' + many)

    first, *others = rows(path)

    assert "no CSV: field larger than field limit (131072), which took" in first[2].reason
    assert isinstance(others[-1][2], Read)
    assert len(others) > 5_000


def test_a_hundred_columns_are_read_where_the_header_has_them(tmp_path):
    names = [f"c{n}" for n in range(96)]
    line = ROW.format("a").strip() + ",x" * 96
    path = write(tmp_path, HEADER.strip() + "," + ",".join(names) + "\n" + line + "\n")

    assert keys(rows(path)) == ["a"]


@pytest.mark.parametrize(
    "line", ["[1]", "1", "{", '{"id": 1}' * 2, "[" * 100_000, '{"id": ' + "9" * 5_000 + "}"]
)
def test_a_line_that_is_no_object_is_told(tmp_path, line):
    good = '{"when": "2026-01-05T10:00:00Z", "id": "a", "amount": 1, "who": null}\n'
    path = write(tmp_path, f"{line}\n\n{good}", "usage.jsonl")

    (first, (number, _, second)) = rows(path)

    assert first[2].reason.startswith("no JSON")
    assert (number, second.key, second.user) == (3, "a", None)


def test_a_line_of_json_without_what_is_needed_is_told(tmp_path):
    path = write(tmp_path, '{"id": "a", "amount": 1}\n', "usage.jsonl")

    assert keys(rows(path)) == [("when", "the row has no such field")]


@pytest.mark.parametrize("cut", [1, 8, 12, 500])
def test_a_packed_file_that_breaks_off_gives_what_came_before(tmp_path, cut):
    text = HEADER + "".join(ROW.format(f"k{n}{n * 7919 % 1000}") for n in range(20_000))
    path = write(tmp_path, gzip.compress(text.encode())[:-cut], "usage.csv.gz")
    found: list = []

    with pytest.raises(Refusal, match="breaks off or is damaged behind row") as caught:
        found.extend(usage_files.open_file(path, LAYOUT).rows(0, 0))

    assert caught.value.code == "file_broken"
    assert f"behind row {len(found):,}." in caught.value.detail


def test_a_packed_file_that_is_damaged_is_told(tmp_path):
    packed = bytearray(gzip.compress((HEADER + ROW.format("a") * 50).encode()))
    packed[30] ^= 0xFF

    assert refusal(write(tmp_path, bytes(packed), "usage.csv.gz")).startswith("file_broken")


# ----------------------------------------------------------------------------------- Parquet


def test_a_parquet_file_without_its_end_is_told_before_the_first_row(tmp_path):
    path = parquet(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])

    assert refusal(path) == (
        "file_broken: usage.parquet breaks off or is damaged behind row 0. What came before stays. Get "
        "the whole file and import it again: what is there already counts as duplicates."
    )


def test_a_parquet_file_with_a_damaged_page_gives_what_came_before(tmp_path):
    path = tmp_path / "usage.parquet"
    table = pa.table(
        {
            "when": pa.array(
                [datetime(2026, 1, 5, 10, tzinfo=UTC)] * 40, pa.timestamp("us", "UTC")
            ),
            "id": [f"p{n}" for n in range(40)],
            "amount": [10] * 40,
            "who": ["ann"] * 40,
        }
    )
    pq.write_table(table, path, row_group_size=20, compression="zstd", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(1).column(1).data_page_offset
    damaged = bytearray(path.read_bytes())
    damaged[start : start + 60] = b"\xff" * 60
    path.write_bytes(bytes(damaged))

    with pytest.raises(Refusal, match="damaged behind row 20"):
        rows(path)


def test_only_columns_that_are_asked_for_are_read(tmp_path):
    path = parquet(tmp_path, secret=["x", "y", "z"], who=[None, "", "ann"])

    assert [read.user for _, _, read in rows(path)] == [None, None, "ann"]


@pytest.mark.parametrize(
    ("column", "values", "wants"),
    [
        ("when", pa.array([1, 2, 3]), "int64; it has to be a timestamp, or text as in ISO 8601"),
        ("when", pa.array([b"x"] * 3), "binary; it has to be a timestamp"),
        ("amount", pa.array([True] * 3), "bool; it has to be a number, or text in plain digits"),
        ("amount", pa.array([[1]] * 3), "list<element: int64>; it has to be a number"),
        ("id", pa.array([1.5] * 3), "double; it has to be text or whole numbers"),
        ("id", pa.array([{"a": 1}] * 3), "struct<a: int64>; it has to be text or whole numbers"),
        ("who", pa.array([b"x"] * 3), "binary; it has to be text or whole numbers"),
    ],
)
def test_a_column_of_a_wrong_type_is_told_before_the_first_row(tmp_path, column, values, wants):
    said = refusal(parquet(tmp_path, **{column: values}))

    assert said.startswith(f"column_type_wrong: usage.parquet: column '{column}' is of the type")
    assert wants in said


def test_a_column_that_is_missing_is_told(tmp_path):
    path = tmp_path / "usage.parquet"
    pq.write_table(pa.table({"id": ["a"], "when": ["x"]}), path)

    assert refusal(path) == (
        "column_missing: usage.parquet has no column 'amount'. Its columns are: id, when."
    )


@pytest.mark.parametrize(
    ("kind", "zone", "expected"),
    [
        (pa.timestamp("s", "UTC"), None, TIME),
        (pa.timestamp("ms", "America/New_York"), None, TIME),
        (pa.timestamp("ns", "UTC"), None, TIME),
        (pa.timestamp("us"), "UTC", TIME),
        (pa.timestamp("ns"), "Europe/Berlin", TIME - 3_600_000_000),
    ],
)
def test_times_of_parquet_are_instants_or_local_to_the_zone_that_was_named(
    tmp_path, kind, zone, expected
):
    when = pa.array([datetime(2026, 1, 5, 10, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    if kind.tz is None:
        when = when.cast(pa.timestamp("us"))
    path = parquet(tmp_path, when=when.cast(kind))
    layout = Layout(**(vars(LAYOUT) | {"time_zone": zone}))

    ((_, _, read),) = rows(path, layout)

    assert read.time == expected


def test_digits_beyond_microseconds_are_cut_off(tmp_path):
    when = pa.array([TIME * 1_000 + 999], pa.timestamp("ns", "UTC"))

    ((_, _, read),) = rows(parquet(tmp_path, when=when))

    assert read.time == TIME


def test_times_without_a_zone_are_refused_rather_than_guessed(tmp_path):
    when = pa.array([datetime(2026, 1, 5, 10)] * 3, pa.timestamp("us"))  # noqa: DTZ001

    assert refusal(parquet(tmp_path, when=when)) == (
        "time_zone_missing: usage.parquet: the times in 'when' have no offset. Say --time-zone, like "
        "UTC or Europe/Berlin."
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([7], pa.int8()), 7),
        (pa.array([2**63], pa.uint64()), None),
        (pa.array([Decimal("2.500")], pa.decimal128(10, 3)), Decimal("2.5")),
        (pa.array([Decimal("0.0000000000001")], pa.decimal128(20, 13)), None),
        (pa.array([0.1]), Decimal("0.1")),
        (pa.array([1e-7]), Decimal("0.0000001")),
        (pa.array([812.0]), 812),
        (pa.array([float("nan")]), None),
        (pa.array([float("inf")]), None),
        (pa.array([-1]), None),
        (pa.array(["12"]), 12),
        (pa.array(["12"]).dictionary_encode(), 12),
    ],
)
def test_numbers_of_parquet_are_kept_exactly_or_told(tmp_path, values, expected):
    ((_, _, found),) = rows(parquet(tmp_path, amount=values))

    if expected is None:
        assert found.field == "amount"
    else:
        assert found.quantity == expected


def test_a_time_that_python_cannot_hold_is_told_and_the_others_read(tmp_path):
    when = pa.array([TIME, 400_000_000_000_000_000, None], pa.timestamp("us", "UTC"))

    first, second, third = (row for _, _, row in rows(parquet(tmp_path, when=when)))

    assert first.time == TIME
    assert (second.field, third.field) == ("when", "when")


def test_memory_holds_no_more_than_some_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(usage_sources, "PARQUET_ROWS", 2)
    seen = []
    usual = pq.ParquetFile.iter_batches

    def watched(self, **asked):
        for batch in usual(self, **asked):
            seen.append((asked["row_groups"], len(batch)))
            yield batch

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    path = parquet(tmp_path, id=[f"p{n}" for n in range(7)], group=4)

    assert len(rows(path, LAYOUT, 4, 4)) == 3
    assert seen == [([1], 2), ([1], 1)]


def test_numbers_of_json_may_have_an_exponent_and_texts_may_not(tmp_path):
    line = '{{"when": "2026-01-05T10:00:00Z", "id": "a", "amount": {}, "who": null}}\n'
    path = write(
        tmp_path,
        "".join(line.format(n) for n in ("1e3", '"1e3"', "1E+999999", "1e-999999")),
        "u.jsonl",
    )

    first, *others = (row for _, _, row in rows(path))

    assert first.quantity == 1_000
    assert [row.field for row in others] == ["amount"] * 3


def test_a_row_that_is_nested_too_deeply_to_be_told_stops_nothing():
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"a": deep}

    assert usage_files.content(deep) == ""
    assert (
        usage_files.content({"a": {"b": [Decimal("1.5"), None]}}) == '{"a": {"b": ["1.5", null]}}'
    )
