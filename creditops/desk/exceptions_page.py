"""Answers with the list of all messages that did not simply become usage: refused, held, in conflict, late,
unmatched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from creditops.desk import addresses, asked
from creditops.desk.calls import COUNTED_MAX
from creditops.lib import clock, verbs
from creditops.lib.admin_columns import address_of, instant
from ledger import set_aside
from ledger.models import Meter, UsageEvent, UsageException
from ledger.set_aside import Aside, Asked, Kind

_VERB = "correct_usage"
_ACTS = {"let-in": "let-in-exceptions", "write-off": "write-off-exceptions"}
_WORDS = {"let-in": "Let in", "write-off": "Write off"}

TITLES = {
    Kind.LATE: "Late",
    Kind.UNMATCHED: "Unmatched",
    Kind.OTHER: "Not priced or not ready",
    Kind.CONFLICT: "In conflict",
    Kind.HELD: "Held",
    Kind.REFUSED: "Refused",
}
MEANINGS = {
    Kind.LATE: "arrived after the late-event window; a person may let them in",
    Kind.UNMATCHED: "customer, contract or meter are not known; make them, then let these in",
    Kind.OTHER: "no rate, no quantity, or work that waits; mend it, then let these in",
    Kind.CONFLICT: "the same id is stored with other content; the first stands, correct that event",
    Kind.HELD: "more than five minutes in the future when they came",
    Kind.REFUSED: "the customer's own limits said no; final, shown for information",
}


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The list, as `?kind=&meter=&customer=&since=&until=` asks for it, from `?before=` on."""
    wanted, now = asked.read(request.GET.dict()), clock.now()
    place = asked.numbers([request.GET.get("before", "")])
    found = set_aside.page(wanted, at=now, before=place[0] if place else None)
    counts = set_aside.counts(wanted, at=now, most=COUNTED_MAX)
    context = {
        **site.each_context(request),
        "title": "Exceptions",
        "kinds": [_tab(kind, counts[kind], wanted) for kind in Kind],
        "every": address(Asked(None, wanted.meter, wanted.customer, wanted.since, wanted.until)),
        "asked": wanted,
        "kind": "" if wanted.kind is None else wanted.kind.value,
        "meaning": MEANINGS[wanted.kind] if wanted.kind else "",
        "meters": [meter.code for meter in Meter.objects.order_by("code")],
        "rows": [_row(row) for row in found.rows],
        "narrowed": asked.written(wanted),
        "next": address(wanted, before=str(found.next)) if found.next else "",
        "first": not place,
        "may": verbs.may(request.user, _VERB),
        "all_of_them": _of_all(wanted, counts),
        "refused_days": set_aside.REFUSED_DAYS,
    }
    return TemplateResponse(request, "desk/exceptions.html", context)


def chosen(request: HttpRequest) -> HttpResponse:
    """On to the act for the rows that were ticked; without any, back to the list."""
    act = _ACTS.get(request.GET.get("act", ""))
    numbers = asked.numbers(request.GET.getlist("id"))
    if act is None or not numbers:
        return HttpResponseRedirect(addresses.of("exceptions"))
    return HttpResponseRedirect(addresses.of(act, asked.key_of(numbers)))


def _of_all(wanted: Asked, counts: Mapping[Kind, int]) -> list[tuple[str, str]]:
    """What can be done with all that is asked for, and where; conflicts are not let in."""
    found = []
    for act, without in (("let-in", {Kind.REFUSED, Kind.CONFLICT}), ("write-off", {Kind.REFUSED})):
        own = [
            n for kind, n in counts.items() if kind not in without and wanted.kind in (None, kind)
        ]
        if sum(own):
            said = f"{_WORDS[act]} all {_number(sum(own))}"
            found.append((said, addresses.of(_ACTS[act], asked.key(wanted))))
    return found


def _number(counted: int) -> str:
    return f"{COUNTED_MAX:,} and more" if counted >= COUNTED_MAX else f"{counted:,}"


def _tab(kind: Kind, number: int, wanted: Asked) -> dict[str, Any]:
    alone = Asked(kind, wanted.meter, wanted.customer, wanted.since, wanted.until)
    return {
        "value": kind.value, "title": TITLES[kind], "count": _number(number), "address": address(alone),
        "here": wanted.kind is kind, "any": bool(number),
    }  # fmt: skip


def address(wanted: Asked, **more: str) -> str:
    """The list, narrowed so."""
    told = asked.written(wanted) | more
    return addresses.of("exceptions") + (f"?{urlencode(told)}" if told else "")


def _row(row: Aside) -> dict[str, Any]:
    leads = (
        address_of(UsageException(pk=row.exception))
        if row.exception is not None
        else address_of(UsageEvent(pk=row.place, customer_id=int(str(row.uid).partition("-")[0])))
    )
    return {
        "row": row, "address": leads, "why": row.code.replace("_", " "), "kind": TITLES[row.kind],
        "tone": "bad" if row.kind in (Kind.UNMATCHED, Kind.CONFLICT) else "warn",
        "time": instant(row.event_time) if row.event_time else "–",
        "received": instant(row.received_at),
    }  # fmt: skip
