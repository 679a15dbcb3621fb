"""Answers with the review page of a contract: what is worth a second look, and what happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import access
from contracts import history, leaving, standing
from contracts.models import Contract
from creditops.desk import addresses, contract_figures
from creditops.desk.deeds import amendments, commissions, contracts, money
from creditops.lib import clock, verbs
from creditops.lib.admin_columns import amount, instant
from creditops.lib.admin_tables import Listing

_DEEDS = (
    (amendments.AddToContract, "add_card"),
    (amendments.GiveBack, "undo"),
    (contracts.SignRenewal, "draw"),
    (contracts.LiftCap, "vertical_align_top"),
    (money.Bill, "request_quote"),
    (commissions.AgreeOnPlan, "handshake"),
    (contracts.CancelContract, "event_busy"),
    (contracts.TerminateContract, "block"),
)


def page(request: HttpRequest, code: str, site: Any) -> HttpResponse:
    """The contract known as `code`, if the viewer may see it."""
    rows = Contract.objects.select_related("customer", "holder__customer")
    contract = access.visible_to(request.user, rows).filter(code=code).first()
    if contract is None:
        raise Http404
    at, alive = clock.now(), contract.status != Contract.Status.ENDED
    left = leaving.of(contract, at)
    context = {
        **site.each_context(request),
        "title": str(contract),
        "contract": contract,
        "customer_address": addresses.of_customer(contract.customer),
        "doable": [
            {"title": deed.title, "icon": icon, "path": addresses.of(deed.name, contract.code)}
            for deed, icon in _DEEDS
            if alive and verbs.may(request.user, deed.verb)
        ]
        + _commissioned(contract, request),
        "facts": _facts(contract, left.renews, at),
        "worries": standing.worries(contract, at),
        "left": left,
        "history": _history(contract),
    }
    return TemplateResponse(request, "desk/contract.html", context)


def _facts(contract: Contract, renews: bool, at: datetime) -> list[tuple[str, str]]:
    price = amount(contract.price_minor, contract.currency)
    found = [
        ("State", contract.get_status_display()),
        ("Signed", f"{contract.commitment:,} credits for {price}"),
    ]
    if contract.status != Contract.Status.ENDED:
        binds = "it can be cancelled" if contract.cancellable else "it binds all the same"
        found += [
            *contract_figures.of_running_term(contract, at),
            ("A credit costs", contract_figures.unit_price(contract, at)),
            ("At the end of the term", "it renews" if renews else "it ends"),
            ("Until it is paid", binds),
            *contract_figures.of_overage(contract, at),
        ]
    return [*found, *contract_figures.of_commission(contract, at)]


def _commissioned(contract: Contract, request: HttpRequest) -> list[dict[str, str]]:
    """Whose it is can be changed as long as commission follows from it, of an ended one too."""
    deed = commissions.ReassignContract
    if not (verbs.may(request.user, deed.verb) and contract.commission_plans.exists()):
        return []
    path = addresses.of(deed.name, contract.code)
    return [{"title": deed.title, "icon": "swap_horiz", "path": path}]


def _history(contract: Contract) -> Listing:
    rows = [(instant(h.at), h.who or "–", h.what, h.effect) for h in history.of(contract)]
    return Listing("History", ("When", "Who", "What", "~Effect"), rows)
