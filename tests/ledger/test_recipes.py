"""The catalogue of recipes: docs/ledger.md shows it, and the code posts by no other."""

from __future__ import annotations

import re
from pathlib import Path

from ledger import recipes

HOUSE = Path(__file__).resolve().parents[2]
APPS = ("ledger", "contracts", "invoicing")


def test_the_page_shows_the_catalogue_as_it_is():
    page = (HOUSE / "docs" / "ledger.md").read_text()
    shown = re.findall(r"^\| (JE-\d\d) \| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    kept = [
        (r.code, r.event, ", ".join(r.debit) or "–", ", ".join(r.credit) or "–")
        for r in recipes.CATALOGUE.values()
    ]

    assert shown == kept
    assert list(recipes.CATALOGUE) == [
        f"JE-{number:02d}" for number in (*range(1, 37), *range(40, 45))
    ]


def test_the_code_posts_by_no_recipe_that_is_not_in_it():
    files = [path for app in APPS for path in (HOUSE / app).glob("*.py")]
    posted = {code for path in files for code in re.findall(r'"(JE-\w+)"', path.read_text())}

    assert posted <= set(recipes.CATALOGUE)
    assert {"JE-02", "JE-05", "JE-12", "JE-13", "JE-18"} <= posted
