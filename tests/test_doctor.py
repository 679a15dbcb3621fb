"""`make doctor`: one line for each thing, ok or what to type."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from creditops import doctor
from creditops.doctor import Finding


@pytest.mark.django_db
def test_everything_that_is_needed_is_looked_at():
    subjects = [finding.subject for finding in doctor.findings()]

    assert subjects == [
        "Python",
        "virtual environment",
        "data folder",
        "PostgreSQL",
        "broker",
        "PDF",
        "fonts",
        "browser tests",
        "tests of JavaScript clients",
    ]


def test_a_line_says_ok_or_what_to_type(monkeypatch: pytest.MonkeyPatch):
    found = [
        Finding("Python", "3.11.7"),
        Finding("browser tests", "chromium is missing", "apt-get install chromium", needed=False),
    ]
    monkeypatch.setattr(doctor, "findings", lambda: found)
    out = io.StringIO()

    call_command("doctor", stdout=out)

    assert out.getvalue() == (
        "ok  Python: 3.11.7\n"
        "--  browser tests: chromium is missing. Type: apt-get install chromium\n"
    )


def test_what_is_needed_and_missing_fails(monkeypatch: pytest.MonkeyPatch):
    found = [Finding("PDF", "pango is missing", "apt-get install libpango-1.0-0")]
    monkeypatch.setattr(doctor, "findings", lambda: found)

    with pytest.raises(CommandError, match="1 of the things above are needed and missing"):
        call_command("doctor", stdout=io.StringIO())
