"""The tables of words: the same words in each language, with the same values to put in."""

import string

import pytest

from creditops.lib import languages, printed
from creditops.lib.languages import de, en, es, fr
from creditops.lib.refusals import Refusal

OTHERS = {"de": de.WORDS, "fr": fr.WORDS, "es": es.WORDS}


def fields(text: str) -> set[str]:
    """The names of what is put into a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_every_word_in_the_same_order(language):
    assert list(OTHERS[language]) == list(en.WORDS)


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_takes_the_same_values(language):
    taken = {key: fields(text) for key, text in OTHERS[language].items()}

    assert taken == {key: fields(text) for key, text in en.WORDS.items()}


def test_a_language_without_a_table_speaks_english():
    assert languages.say("nl", "invoice") == "Invoice"


def test_a_language_that_nobody_speaks_here_is_refused():
    with pytest.raises(Refusal) as refused:
        languages.check("nl")

    assert refused.value.code == "language_unknown"
    assert "de (Deutsch)" in refused.value.detail


@pytest.mark.parametrize(
    ("language", "amount", "credits", "price", "percent"),
    [
        ("en", "1,234.50", "18,288", "0.0125", "8.875"),
        ("de", "1.234,50", "18.288", "0,0125", "8,875"),
        ("fr", "1\u202f234,50", "18\u202f288", "0,0125", "8,875"),
        ("es", "1.234,50", "18.288", "0,0125", "8,875"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(language, amount, credits, price, percent):
    written = (
        printed.amount(123_450, "EUR", language),
        printed.credits(18_288, language),
        printed.unit_price("0.0125", "EUR", language),
        printed.percent("8.875", language),
    )

    assert written == (amount, credits, price, percent)


@pytest.mark.parametrize(
    ("language", "day", "month", "country"),
    [
        ("en", "7 Mar 2026", "Mar 2026", "Germany"),
        ("de", "07.03.2026", "März 2026", "Deutschland"),
        ("fr", "7 mars 2026", "mars 2026", "Allemagne"),
        ("es", "7 mar 2026", "mar 2026", "Alemania"),
    ],
)
def test_days_and_countries_are_called_as_the_language_calls_them(language, day, month, country):
    from datetime import date

    when = date(2026, 3, 7)

    assert (printed.day(when, language), printed.month(when, language)) == (day, month)
    assert printed.country("DE", language) == country
