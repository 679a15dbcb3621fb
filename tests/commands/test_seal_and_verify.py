"""`manage.py seal` prints the head; `manage.py verify --since-seal HEAD` takes it back."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from creditops.lib import clock, seals
from ledger.models import EventSource
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.at("2026-03-01"))


def output(capsys, *command: str) -> str:
    call_command(*command)
    return capsys.readouterr().out


def test_an_empty_book_has_nothing_to_seal(capsys):
    assert output(capsys, "seal") == "The books are empty: nothing to seal.\n"


def test_the_head_is_printed_and_proved(capsys):
    EventSource.objects.create(name="a")

    assert output(capsys, "seal") == f"1 row sealed. The head of the chain is {seals.newest()}.\n"
    assert seals.newest().number == 1

    proved = output(capsys, "verify", "--since-seal", str(seals.newest()))
    assert proved.endswith(f"everything holds. The head of the chain is {seals.newest()}.\n")
    assert "ok   sealed rows are unchanged\n" in proved


def test_both_speak_to_programs_too(capsys):
    EventSource.objects.create(name="a")

    sealed = json.loads(output(capsys, "seal", "--json"))
    proved = json.loads(output(capsys, "verify", "--json"))

    assert sealed == {"head": str(seals.newest()), "rows": 1, "unsettled": []}
    assert (proved["clean"], proved["head"], proved["breaches"]) == (True, sealed["head"], [])


def test_a_head_that_the_chain_does_not_contain_fails_the_proof(capsys):
    EventSource.objects.create(name="a")
    call_command("seal")
    capsys.readouterr()

    with pytest.raises(SystemExit) as ended:
        call_command("verify", "--since-seal", f"7-{'a' * 64}")

    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "FAIL seals form a chain\n" in said
    assert "     seal 7: was handed out and is gone: the chain ends with seal 1\n" in said


def test_what_is_no_head_is_told_in_a_sentence():
    with pytest.raises(CommandError, match="is no head of a seal"):
        call_command("verify", "--since-seal", "nonsense")


def test_the_proof_takes_as_long_as_it_takes(capsys):
    """A session of the application gives up a statement after a minute."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'")

    assert "everything holds" in output(capsys, "verify")
