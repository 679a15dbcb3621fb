"""The executable examples of the rules: those that pass keep passing, and the README counts them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from creditops.scenarios import reading, scratch_book
from tests.shared import SHARED, needed

ROOT = Path(__file__).resolve().parent.parent.parent
PASSING = Path(__file__).with_name("passing.txt")
README = ROOT / "README.md"
COUNTED = re.compile(r"\*\*\d+ of \d+\*\* scenarios")
# Set to rewrite the list and the README instead of comparing with them.
UPDATE = os.environ.get("UPDATE_SCENARIOS") == "1"


def listed() -> list[str]:
    return PASSING.read_text().split()


def files() -> list[Path]:
    return sorted(SHARED.glob("scenarios/A*.json"))


@pytest.mark.parametrize("name", listed())
def test_an_example_that_passed_still_passes(name, django_db_setup, django_db_blocker):
    path = needed(f"scenarios/{name}.json")

    with django_db_blocker.unblock():
        report = scratch_book.play_in_scratch_book(reading.read(path))

    assert report.refused == []
    assert [(r.check, r.differences) for r in report.results if not r.passed] == []
    assert report.results


def test_the_readme_says_how_many_examples_pass(django_db_setup, django_db_blocker):
    """Each of the list is played above; to write the list anew all are."""
    needed("scenarios")

    if UPDATE:
        with django_db_blocker.unblock():
            passing = [path.stem for path in files() if _passes(path)]
        PASSING.write_text("\n".join(passing) + "\n")
        sentence = f"**{len(passing)} of {len(files())}** scenarios"
        README.write_text(COUNTED.sub(sentence, README.read_text()))
    assert [path.stem for path in files() if path.stem in listed()] == listed()
    assert f"**{len(listed())} of {len(files())}** scenarios" in README.read_text()


def _passes(path: Path) -> bool:
    return scratch_book.play_in_scratch_book(reading.read(path)).passed
