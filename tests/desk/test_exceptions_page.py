"""The list of exceptions on the desk: what finance looks at on a Monday, and what it does with it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from creditops.desk import addresses
from ledger.models import EventBatch, ExceptionEnd, UsageEvent, UsageException
from tests import cast
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

pytestmark = pytest.mark.django_db
LIST = "/admin/desk/exceptions/"


@pytest.fixture
def aside(book: Book) -> None:
    """Two late messages, one of a meter that nobody knows, a conflict, one refused."""
    when = at("2026-06-12")
    cast.report(
        cast.usage("late-1", 7, contract="C-1", time=at("2026-02-01")),
        cast.usage("late-2", 8, contract="C-1", time=at("2026-02-02")),
        cast.usage("what", 1, meter="unheard", contract="C-1", time=when),
        cast.usage("one", 1, contract="C-1", time=when),
        cast.usage("one", 2, contract="C-1", time=when),
        cast.usage("much", 10**9, contract="C-1", time=when),
        when=when,
    )


def number(key: str) -> int:
    return UsageException.objects.get(key=key).pk


def test_the_list_says_what_why_and_how_many(aside, fiona):
    page = fiona.get(LIST)
    said = page.content.decode()

    assert [each["row"].key for each in page.context["rows"]] == [
        "much", "one", "what", "late-2", "late-1",
    ]  # fmt: skip
    assert {tab["value"]: tab["count"] for tab in page.context["kinds"]} == {
        "late": "2", "unmatched": "1", "other": "0", "conflict": "1", "held": "0", "refused": "1",
    }  # fmt: skip
    for words in ("too late", "unknown meter", "overage cap", "Let in all 3", "Write off all 4"):
        assert words in said, words


def test_a_kind_a_meter_a_customer_or_days_narrow_it(aside, fiona):
    page = fiona.get(LIST, {"kind": "late", "meter": "credits", "customer": "acme"})
    later = fiona.get(LIST, {"since": "2026-06-13"})

    assert [each["row"].key for each in page.context["rows"]] == ["late-2", "late-1"]
    assert "Nothing that was asked for." in later.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "nothing"}, {"since": "yesterday"}, {"until": "9999-12-31"}, {"meter": "a\tb"},
        {"customer": "x" * 300}, {"before": "-1"}, {"before": "9" * 40}, {"since": "0001-01-01"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_narrows_nothing(aside, fiona, given):
    assert len(fiona.get(LIST, given).context["rows"]) == 5


def test_who_may_not_end_them_sees_them_without_buttons(aside, sam):
    said = sam.get(LIST).content.decode()

    assert "late-1" in said
    assert "Let in all" not in said
    assert 'type="checkbox"' not in said


def test_ticked_ones_lead_to_the_act(aside, fiona):
    chosen = {"act": "write-off", "id": [number("late-1"), number("what")]}

    answer = fiona.get("/admin/desk/exceptions_chosen/", chosen)

    assert answer.url == addresses.of(
        "write-off-exceptions", f"ids={number('late-1')},{number('what')}"
    )
    assert fiona.get("/admin/desk/exceptions_chosen/", {"act": "write-off"}).url == LIST
    assert fiona.get("/admin/desk/exceptions_chosen/", {"act": "x", "id": [1]}).url == LIST


def test_all_late_ones_of_a_customer_are_let_in_at_once(aside, fiona):
    page = fiona.get(LIST, {"kind": "late", "customer": "acme"})
    ((_, let_in), _) = page.context["all_of_them"]

    form = fiona.get(let_in)
    assert form.context["facts"][0] == ("Too late", "2")
    done = fiona.post(let_in, {"step": "do", "reason": "the importer was down"}, follow=True)

    assert acts.said(done)[0].startswith("2 applied.")
    assert set(UsageEvent.objects.filter(key__startswith="late").values_list("credits")) == {
        (7,), (8,),
    }  # fmt: skip
    assert {end.reason for end in ExceptionEnd.objects.all()} == {"the importer was down"}
    assert done.redirect_chain[-1][0] == LIST


def test_of_many_those_that_can_be_placed_are_let_in_and_the_others_stay(aside, fiona):
    done = acts.do(
        fiona, "let-in-exceptions", f"ids={number('late-1')},{number('what')}", reason="try"
    )

    assert acts.said(done)[0].startswith("1 applied, 1 stay: unknown meter.")
    assert ExceptionEnd.objects.count() == 1


def test_if_none_can_be_placed_nothing_is_written(aside, fiona):
    page = acts.do(fiona, "let-in-exceptions", f"ids={number('what')}", reason="try")

    assert acts.errors(page) == ["None of them can be placed: unknown meter."]
    assert not ExceptionEnd.objects.exists()


def test_many_are_written_off_with_one_reason_conflicts_too(aside, fiona):
    done = acts.do(fiona, "write-off-exceptions", "kind=", reason="a test of ours")

    assert acts.said(done)[0].startswith("4 written off.")
    assert {(end.outcome, end.recorded_at) for end in ExceptionEnd.objects.all()} == {
        ("written_off", NOW)
    }
    assert [each["kind"] for each in fiona.get(LIST).context["rows"]] == ["Refused"]


def test_conflicts_are_never_let_in(aside, fiona):
    page = fiona.get(LIST, {"kind": "conflict"})

    assert [words for words, _ in page.context["all_of_them"]] == ["Write off all 1"]
    assert fiona.get(addresses.of("let-in-exceptions", "kind=conflict")).status_code == 404


def test_only_as_many_as_one_act_may_take_are_ended(aside, fiona, monkeypatch):
    monkeypatch.setattr("ledger.set_aside.AT_ONCE", 1)

    form = fiona.get(addresses.of("write-off-exceptions", "kind=late"))

    assert form.context["facts"][0] == ("Too late", "1")
    assert form.context["notes"] == (
        "These are the 1 that waited longest. Do it again for the others, or use the command line.",
    )


@pytest.mark.parametrize("key", ["ids=", "ids=x", "ids=99999999999999999999", "who=me", "nothing"])
def test_a_key_that_names_nothing_is_not_found(aside, fiona, key):
    assert fiona.get(addresses.of("write-off-exceptions", key)).status_code == 404


def test_pages_take_as_many_queries_for_many_rows_as_for_few(aside, fiona):
    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert fiona.get(address).status_code == 200
        return len(queries)

    few = asked(LIST), asked("/admin/desk/received/")
    for n in range(20):
        cast.report(cast.usage(f"w{n}", 1, meter=f"m{n}", contract="C-1"), when=at("2026-06-13"))

    assert (asked(LIST), asked("/admin/desk/received/")) == few


def test_everything_received_is_shown_to_add_up_and_leads_to_what_did_not_become_usage(
    aside, fiona
):
    page = fiona.get("/admin/desk/received/")
    said = page.content.decode()

    assert "Everything adds up on all of these days." in said
    friday = page.context["days"].rows[0]
    assert friday[0] == "2026-06-12"
    assert friday[2:4] == ("6", "1")
    assert "kind=refused&amp;since=2026-06-12&amp;until=2026-06-12" in said


def test_a_day_that_does_not_add_up_is_told(aside, fiona):
    EventBatch.objects.create(received_at=at("2026-06-12"), origin="lost", received=2)

    said = fiona.get("/admin/desk/received/").content.decode()

    assert "2026-06-12 does not add up by 2." in said
    assert "no: +2" in said


@pytest.mark.parametrize(
    "given", [{"since": "2026-06-01", "until": "2026-05-01"}, {"since": "1990-01-01"}]
)
def test_days_are_as_many_as_can_be_counted(aside, fiona, given):
    assert fiona.get("/admin/desk/received/", given).status_code == 200


def test_home_leads_to_each_kind(aside, fiona):
    said = fiona.get("/admin/").content.decode()

    for kind in ("late", "unmatched", "conflict", "refused"):
        assert f'href="{LIST}?kind={kind}"' in said, kind
    assert f'href="{LIST}?kind=held"' not in said
