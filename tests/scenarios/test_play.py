"""The runner itself: what a FAIL says, what a refusal is, what remains of a scenario (nothing)."""

import json
from functools import lru_cache

import pytest
from django.core.management import call_command

from accounts.models import Customer
from creditops.lib.refusals import Refusal
from creditops.scenarios import reading, scratch_book
from creditops.scenarios.play import play
from ledger import tariffs

BASE = {"format": 1, "id": "Z01", "title": "t", "covers": ["L1"]}
ACME = {"at": "2026-01-01T00:00:00Z", "do": "customer", "name": "acme"}
BOUGHT = {
    "at": "2026-01-02T00:00:00Z",
    "do": "purchase",
    "name": "b1",
    "account": "acme",
    "credits": 100,
    "price": "1.00",
    "expires_at": "2027-01-01T00:00:00Z",
}


def scenario(*steps, expect=(), **fields):
    return BASE | {"steps": list(steps), "expect": list(expect)} | fields


def balance(credits):
    return {"check": "balance", "account": "acme", "credits": credits}


@pytest.mark.django_db
def test_a_wrong_expectation_is_told_with_expected_and_actual():
    report = play(scenario(ACME, BOUGHT, expect=[balance(99)]))

    assert not report.passed
    assert report.results[0].differences == [("credits", 99, 100)]


@pytest.mark.django_db
def test_only_the_fields_given_are_compared_and_text_is_no_number():
    right = {"check": "block", "block": "b1", "left": 100, "cost": "1.00"}
    wrong = {"check": "block", "block": "b1", "left": "100"}

    report = play(scenario(ACME, BOUGHT, expect=[right, wrong]))

    assert [result.passed for result in report.results] == [True, False]


@pytest.mark.django_db
def test_a_refused_step_fails_the_scenario_unless_it_says_so():
    bad = BOUGHT | {"price": "0.001"}

    refused = play(scenario(ACME, bad))
    expected = play(scenario(BOUGHT | {"account": "nobody"} | {"fails_with": "HANDLE_UNKNOWN"}))

    assert refused.refused[0].error.startswith("AMOUNT_EXPONENT: ")
    assert expected.passed


@pytest.mark.django_db
def test_a_step_that_should_be_refused_and_is_not_fails_the_scenario():
    report = play(scenario(ACME | {"fails_with": "CUSTOMER_EXISTS"}))

    assert report.refused[0].error == "should have been refused with CUSTOMER_EXISTS"


@pytest.mark.django_db
def test_a_step_that_is_rolled_back_leaves_no_number_and_no_handle():
    gone = BOUGHT | {"roll_back": True}

    report = play(
        scenario(
            ACME,
            gone,
            BOUGHT,
            expect=[
                balance(100),
                {"check": "numbers", "series": "INV", "year": 2026, "count": 1,
                 "first": "INV-2026-000001", "last": "INV-2026-000001"},
            ],
        )
    )  # fmt: skip

    assert report.passed


@pytest.mark.django_db
def test_what_this_version_does_not_play_fails_by_name():
    report = play(
        scenario(
            ACME,
            {"at": ACME["at"], "do": "barter"},
        )
    )

    assert (
        report.refused[0].error == "UNSUPPORTED: This version does not play the verb 'barter' yet."
    )


@pytest.mark.django_db
def test_steps_out_of_the_order_of_time_are_refused():
    report = play(scenario(BOUGHT | {"account": "acme", "at": "2026-02-01T00:00:00Z",
                                     "fails_with": "HANDLE_UNKNOWN"}, ACME))  # fmt: skip

    assert report.refused[0].error == "steps are not in the order of time"


@pytest.mark.django_db(transaction=True)
def test_the_last_credit_goes_to_one_of_two_that_ask_in_parallel():
    both = [{"do": "usage", "key": f"u{i}", "account": "acme", "credits": 100} for i in (1, 2)]
    report = play(
        scenario(
            ACME,
            BOUGHT,
            {"at": "2026-01-03T00:00:00Z", "do": "parallel", "steps": both},
            expect=[
                {"check": "count", "what": "applied", "is": 1},
                {"check": "count", "what": "refused", "is": 1},
                balance(0),
            ],
        )
    )

    assert report.passed


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])  # makes the template
def test_a_scratch_book_leaves_nothing_behind_and_reads_nothing_of_ours():
    report = scratch_book.play_in_scratch_book(scenario(ACME, BOUGHT, expect=[balance(100)]))

    assert report.passed
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        (json.dumps(BASE), "'steps' is a required property"),
        (json.dumps(scenario(ACME | {"at": "2026-01-01"})), "steps/0/at"),
        (json.dumps(scenario(ACME | {"colour": "red"})), "colour"),
    ],
)
def test_a_file_that_is_not_valid_is_refused_with_the_place(tmp_path, text, says):
    path = tmp_path / "bad.json"
    path.write_text(text)

    with pytest.raises(Refusal, match=says) as refused:
        reading.read(path)
    assert refused.value.code == "scenario_invalid"

    with pytest.raises(SystemExit) as ended:
        call_command("scenario", str(path))
    assert ended.value.code == 2


def test_a_scratch_book_knows_nothing_of_the_tariffs_that_this_process_remembers(
    django_db_setup, django_db_blocker, monkeypatch
):
    """Ids begin anew in a scratch book; what is kept in memory by id belongs to another book."""
    others = [tariffs.CompiledTariff(1, "other", "other", {})]
    read = tariffs._compiled.__wrapped__
    remembered = lru_cache(lambda *asked: others.pop() if others else read(*asked))
    monkeypatch.setattr(tariffs, "_compiled", remembered)
    tariffs.compiled(1)
    items = [{"item": "action", "credits": 3}]
    rates = {"do": "publish_rates", "card": "std", "version": "v1", "items": items}
    used = {"do": "usage", "key": "u1", "account": "acme", "item": "action", "quantity": 2}

    with django_db_blocker.unblock():
        report = scratch_book.play_in_scratch_book(
            scenario(
                ACME,
                {"at": ACME["at"]} | rates,
                BOUGHT | {"rate_card": "std"},
                {"at": "2026-01-03T00:00:00Z"} | used,
                expect=[balance(94)],
            )
        )

    assert report.passed, report
