"""Answers which messages of the list are meant, as addresses say it: `kind=late&meter=tokens`, `ids=7,9`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qsl, urlencode

from creditops.lib.refusals import NotFound
from ledger.set_aside import Asked, Kind

IDS = "ids"
_LARGEST_ID = (1 << 63) - 1


def read(given: Mapping[str, str]) -> Asked:
    """What a form or an address asks for; what can't be read narrows nothing."""
    kinds = {kind.value: kind for kind in Kind}
    return Asked(
        kind=kinds.get(given.get("kind", "")),
        meter=_text(given.get("meter", "")),
        customer=_text(given.get("customer", "")),
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
    )


def written(asked: Asked) -> dict[str, str]:
    """The same for an address, without what is not asked."""
    told = {
        "kind": "" if asked.kind is None else asked.kind.value,
        "meter": asked.meter,
        "customer": asked.customer,
        "since": "" if asked.since is None else asked.since.isoformat(),
        "until": "" if asked.until is None else asked.until.isoformat(),
    }
    return {name: said for name, said in told.items() if said}


def key(asked: Asked) -> str:
    """The name of all that is asked for, in an act's address."""
    return urlencode(written(asked)) or "kind="


def key_of(numbers: list[int]) -> str:
    """The name of these exceptions, in an act's address."""
    return f"{IDS}={','.join(map(str, numbers))}"


def find(key: str) -> Asked | list[int]:
    """What a key names: a question, or numbers of exceptions. Raises NotFound."""
    given = dict(parse_qsl(key, keep_blank_values=True))
    if IDS in given:
        return numbers(given[IDS].split(","))
    if not given or given.keys() - {"kind", "meter", "customer", "since", "until"}:
        raise NotFound("list of exceptions", key)
    return read(given)


def numbers(given: list[str]) -> list[int]:
    """Numbers of exceptions; what is none is left out."""
    plain = [each for each in given if each.isascii() and each.isdecimal() and len(each) < 20]
    return [int(each) for each in plain if int(each) <= _LARGEST_ID]


def _text(given: str) -> str:
    """Text that a code may be."""
    return given.strip() if given.isprintable() and len(given) <= 255 else ""


def _day(given: str) -> date | None:
    try:
        found = date.fromisoformat(given)
    except ValueError:
        return None
    return found if 1970 <= found.year < 9999 else None
