"""Does the page of a customer's card: saved, agreed to, removed; payments that their bank wants confirmed.

Only a customer's administrators and finance people come here; the vendor's staff look, and change nothing.
Card numbers never come to us: the gateway's own form takes them, in the customer's browser.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Person
from creditops.lib import audit, clock
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import invoices, visitor
from creditops.portal.amounts import Amount
from creditops.portal.visitor import Visitor
from creditops.security import with_origins
from invoicing import cards, charges, house_gateway, seller
from invoicing.gateway import GatewaySilent
from invoicing.models import CardCharge

_SCRIPT = "https://js.stripe.com/v3/"
_AWAY = "The card gateway gives no answer. Nothing was changed; try again in a moment."
_Act = Callable[[HttpRequest, Visitor, datetime], HttpResponse | None]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def card_page(request: HttpRequest) -> HttpResponse:
    """The card on file and what waits for its holder; a POST does one act and comes back."""
    person = request.user
    assert isinstance(person, Person)
    try:
        guest = visitor.find(person, request.GET.get("customer", ""))
    except NotFound as error:
        raise Http404(error.detail) from error
    if not guest.sees_values:
        raise Http404("page card")
    with timezone.override(guest.customer.time_zone):
        if request.method == "POST":
            return _do(request, guest, clock.now())
        return _shown(request, guest, clock.now())


def _do(request: HttpRequest, guest: Visitor, at: datetime) -> HttpResponse:
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None or guest.is_staff:
        raise Http404("act of a card")
    try:
        with audit.acting(guest.person.email, at=at):
            answer = act(request, guest, at)
    except NotFound as error:
        raise Http404(error.detail) from error
    except Refusal as refusal:
        messages.error(request, refusal.detail)
        answer = None
    except GatewaySilent:
        messages.error(request, _AWAY)
        answer = None
    return answer or HttpResponseRedirect(f"{reverse('portal:card')}{guest.query}")


def _save_test_card(request: HttpRequest, guest: Visitor, at: datetime) -> None:
    _needs_consent(request)
    card = cards.save_test_card(
        guest.customer, token=request.POST.get("token", ""), by=guest.person.email, at=at
    )
    messages.success(request, f"{card.label} is on file.")


def _begin(request: HttpRequest, guest: Visitor, at: datetime) -> HttpResponse:
    """The gateway's own form for a card, with a secret that only this set-up has."""
    _needs_consent(request)
    begun = cards.begin_saving(guest.customer, at=at)
    return _with_gateway(request, guest, at, {"secret": begun.secret, "setup": begun.setup})


def _finish(request: HttpRequest, guest: Visitor, at: datetime) -> None:
    card = cards.finish_saving(
        guest.customer, setup=request.POST.get("setup", ""), by=guest.person.email, at=at
    )
    messages.success(request, f"{card.label} is on file.")


def _remove(request: HttpRequest, guest: Visitor, at: datetime) -> None:
    cards.remove(guest.customer, at=at)
    messages.success(request, "No card is on file any more. Nothing will be charged to it.")


def _pay(request: HttpRequest, guest: Visitor, at: datetime) -> None:
    invoice = invoices.find(guest, request.POST.get("invoice", ""))
    made = charges.ask_for(invoice, by=guest.person.email, at=at)
    messages.success(request, f"{made.what} is being paid by card.")


def _confirm(request: HttpRequest, guest: Visitor, at: datetime) -> HttpResponse | None:
    """Let the holder confirm a charge: a test card says yes or no here, a real one at its bank."""
    charge = _own(guest, request.POST.get("charge", ""))
    if charge.gateway == house_gateway.NAME:
        charges.answer_for_test(charge, agrees=request.POST.get("agrees") == "yes", at=at)
        return None
    secret = charges.secret_of(charge)
    context = {"secret": secret, "charge": charge, "amount": _amount(charge), "token": charge.token}
    return _with_gateway(request, guest, at, context)


def _confirmed(request: HttpRequest, guest: Visitor, at: datetime) -> None:
    """The browser says that the bank has decided: how, the gateway says."""
    charges.look_again(_own(guest, request.POST.get("charge", "")), at=at)


_ACTS: dict[str, _Act] = {
    "test-card": _save_test_card,
    "begin": _begin,
    "finish": _finish,
    "remove": _remove,
    "pay": _pay,
    "confirm": _confirm,
    "confirmed": _confirmed,
}


def _own(guest: Visitor, reference: str) -> CardCharge:
    """A charge of this customer's. Raises NotFound."""
    found: CardCharge | None = CardCharge.objects.filter(
        customer=guest.customer, reference=reference.replace("\0", "")
    ).first()
    if found is None:
        raise NotFound("charge", reference)
    return found


def _needs_consent(request: HttpRequest) -> None:
    if request.POST.get("agreed") != "yes":
        raise Refusal(
            "consent_missing", "Agree to later charges first: without that no card can be kept."
        )


def _shown(request: HttpRequest, guest: Visitor, at: datetime) -> HttpResponse:
    latest = CardCharge.objects.filter(customer=guest.customer).order_by("-asked_at", "-id")[:10]
    context = {
        "card": cards.on_file(guest.customer),
        "in_house": cards.in_force().name == house_gateway.NAME,
        "test_cards": house_gateway.CARDS,
        "charges": [(charge, _amount(charge)) for charge in latest],
        "payable": [row for row in invoices.newest(guest, at=at).rows if row.open],
    }
    return _rendered(request, guest, "portal/payment_card.html", at, context)


def _with_gateway(
    request: HttpRequest, guest: Visitor, at: datetime, context: dict[str, Any]
) -> HttpResponse:
    """A page with the gateway's own form: the one page that loads something from elsewhere, as its rules
    for the safety of cards demand."""
    base = settings.STRIPE_API_BASE
    script = f"{base}/js.stripe.com/v3/" if base else _SCRIPT
    shared = {"script": script, "key": settings.STRIPE_PUBLISHABLE_KEY}
    answer = _rendered(request, guest, "portal/payment_card_form.html", at, shared | context)
    hosts = [base] if base else ["https://js.stripe.com", "https://hooks.stripe.com"]
    calls = base or "https://api.stripe.com"
    answer["Content-Security-Policy"] = with_origins(
        scripts=hosts[:1], frames=hosts, connections=[calls]
    )
    return answer


def _rendered(
    request: HttpRequest, guest: Visitor, template: str, at: datetime, context: dict[str, Any]
) -> HttpResponse:
    shared = {"visitor": guest, "seller": seller.profile(), "now": at, "tab": "card"}
    return render(request, template, shared | context)


def _amount(charge: CardCharge) -> Amount:
    return Amount(charge.amount_minor, charge.currency)
