"""Answers with the house's own words in a customer's language, for whatever is printed for customers.

A table of words per language stands beside this file; what vendors and customers typed is never
translated. Words that a table lacks would be a fault in the code: a test compares the tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from creditops.lib.languages import de, en, es, fr
from creditops.lib.refusals import Refusal

ENGLISH = "en"
_TABLES: dict[str, Mapping[str, str]] = {
    ENGLISH: en.WORDS,
    "de": de.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
}
# What each is called by those who speak it.
NAMES = {ENGLISH: "English", "de": "Deutsch", "fr": "Français", "es": "Español"}


def say(language: str, key: str, **values: object) -> str:
    """A text of the tables with its values put in, which are text already."""
    return words(language)[key].format(**values)


def words(language: str) -> Mapping[str, str]:
    """All words of a language; of one that has no table the English ones."""
    return _TABLES.get(language, _TABLES[ENGLISH])


def check(language: str) -> None:
    """Raise Refusal `language_unknown` for one that documents can't be written in."""
    if language not in _TABLES:
        known = ", ".join(f"{code} ({NAMES[code]})" for code in _TABLES)
        raise Refusal("language_unknown", f"{language!r} is no language of documents: {known}.")
