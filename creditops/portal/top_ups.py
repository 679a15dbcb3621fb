"""Does the page of automatic top-ups: off until the customer sets when, what, how often and for how much."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from contracts import packs, prices
from creditops.lib import clock, money
from creditops.lib.refusals import Refusal
from creditops.portal import doors
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from invoicing import cards, top_up_rules
from invoicing.models import AutoTopUp

_PACK = "pack:"
_SHOWN = 10
# Commas part thousands and nothing else: 2,5 is not 25.
_WHOLE = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4}")


@doors.for_buyer
def page(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """The rule in force and a form for another; a POST switches it on, changes it, or off."""
    at, refused = clock.now(), ""
    if request.method == "POST":
        try:
            messages.success(request, _do(request, guest, at))
        except Refusal as refusal:
            refused = refusal.detail
        else:
            return HttpResponseRedirect(reverse("portal:top-ups") + guest.query)
    context = _facts(guest, at) | {"refused": refused, "words": top_up_rules.WORDS}
    if refused:
        context["form"] = request.POST
    return doors.page(request, guest, "top_ups", at, context, status=409 if refused else 200)


def _do(request: HttpRequest, guest: Visitor, at: datetime) -> str:
    by = guest.person.email
    if request.POST.get("act") == "off":
        top_up_rules.switch_off(guest.customer, by=by, at=at)
        return "Switched off. Nothing is bought by itself any more."
    if request.POST.get("agreed") != "yes":
        raise Refusal("consent_missing", "Say that you agree to the charges.")
    address = request.META.get("REMOTE_ADDR") or None
    top_up_rules.switch_on(guest.customer, _rule(request), by=by, address=address, at=at)
    return "Switched on, from the next use of credits on."


def _rule(request: HttpRequest) -> dict[str, Any]:
    """The rule that the form says. Raises Refusal `form_invalid`."""
    how = request.POST.get("how", "")
    below = _number(request, "below", "the credits below which more are bought")
    rule: dict[str, Any] = {
        "below": below,
        "times": _number(request, "times", "how often in a period", most=100),
        "money": _money(request),
    }
    if how.startswith(_PACK):
        return rule | {"pack": how.removeprefix(_PACK)}
    credits = _number(request, "credits", "the credits")
    if how == "credits":
        return rule | {"credits": credits}
    if credits < below:
        raise Refusal(
            "form_invalid", f"Fill up to {below:,} credits or more: below that more are bought."
        )
    return rule | {"up_to": credits}


def _number(request: HttpRequest, field: str, what: str, most: int = 10**12) -> int:
    text = request.POST.get(field, "").strip()
    number = int(text.replace(",", "")) if _WHOLE.fullmatch(text) else 0
    if 1 <= number <= most:
        return number
    raise Refusal("form_invalid", f"For {what} write a whole number from 1 to {most:,}.")


def _money(request: HttpRequest) -> str | None:
    """The most that a month may cost; None: there is no limit."""
    text = request.POST.get("money", "").strip()
    if not text:
        return None
    try:
        exact = money.decimal(text)
    except Refusal:
        exact = None
    if exact is None or exact <= 0:
        raise Refusal(
            "form_invalid", "For the limit of a month write an amount like 100.00, or nothing."
        )
    return text


def _facts(guest: Visitor, at: datetime) -> dict[str, Any]:
    customer = guest.customer
    card = cards.on_file(customer)
    rule = top_up_rules.in_force(customer, at)
    latest = AutoTopUp.objects.filter(customer=customer).select_related("invoice")[:_SHOWN]
    return {
        "card": card,
        "rule": None if rule is None else top_up_rules.in_words(rule, customer.currency),
        "form": _form(rule),
        "by_price": prices.in_force(customer.currency, at) is not None,
        "packs": packs.on_sale(customer.currency, at),
        "latest": [(row, _amount(row)) for row in latest],
    }


def _form(rule: Any) -> dict[str, Any]:
    """The form as the rule in force fills it in."""
    if rule is None:
        return {"how": "up_to", "times": 3}
    how = f"{_PACK}{rule['pack']}" if "pack" in rule else "up_to" if "up_to" in rule else "credits"
    credits = rule.get("up_to") or rule.get("credits")
    return {"how": how, "credits": credits, **{k: rule[k] for k in ("below", "times", "money")}}


def _amount(row: AutoTopUp) -> Amount | None:
    return Amount(row.amount_minor, row.currency) if row.currency else None
