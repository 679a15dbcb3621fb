"""Does what customers buy and end by themselves: what it costs is shown before, and what was agreed kept.

Every act has a page that says what will happen, and a button that does it: one call into work. A refusal,
a declined card say, comes back to that page, and nothing has happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import Customer
from contracts import packs, plans, subscriptions
from contracts.models import PlanVersion, Subscription
from contracts.subscriptions import Agreed
from creditops.lib import clock
from creditops.lib.refusals import NotFound, Refusal
from creditops.portal import doors, leaving, shop
from creditops.portal.visitor import Visitor
from invoicing import card_retries, charged_orders, purchases, subscribing
from invoicing.models import CardCharge
from ledger import holders

_AGREED = "agreed"


@doors.for_buyer
def plans_page(request: HttpRequest, guest: Visitor) -> HttpResponse:
    """Subscriptions, plans and packs."""
    at = clock.now()
    return doors.page(request, guest, "plans", at, {"page": shop.of(guest, at)})


@doors.for_buyer
def order_plan(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """Begin a subscription."""
    at, customer = clock.now(), guest.customer
    version = _on_sale(plans.version_at(plans.find(code), at), customer)
    offer = shop.plan_offer(customer, version, at)
    words = _consent_to_plan(offer)

    def buy(now: datetime) -> str:
        agreed = Agreed(
            code=f"{customer.code}-{code}-{uuid.uuid4().hex[:6]}", words=words,
            address=request.META.get("REMOTE_ADDR") or None,
        )  # fmt: skip
        by = guest.person.email
        made = subscribing.subscribe(customer, version.plan, agreed, by=by, at=now)
        return f"{made.version.plan} has begun. Its credits can be used now."

    context = {"title": offer.name, "offer": offer, "words": words, "monthly": True,
               "button": "Begin now" if offer.free else f"Pay {offer.cost.total} and begin"}  # fmt: skip
    return _act(request, guest, context, buy, must_agree=not offer.free)


@doors.for_buyer
def order_pack(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """Buy a pack with the card on file."""
    at, customer = clock.now(), guest.customer
    pack = packs.find(code, customer.currency, at)
    offer = shop.pack_offer(customer, pack, at)
    words = f"My card is charged {offer.cost} now, once, for {offer.credits:,} credits."
    source = request.POST.get("order") or uuid.uuid4().hex

    def buy(now: datetime) -> str:
        order = purchases.Order(
            holder=_pack_goes_to(customer, now),
            credits=pack.credits,
            price_minor=pack.price_minor,
            currency=pack.currency,
            pay=purchases.CARD,
            unit=pack.unit.code,
            source=f"portal:{customer.code}:{source[:40]}",
        )
        bought = charged_orders.buy(order, by=guest.person.email, at=now)
        if isinstance(bought, CardCharge):
            return "Your card is being charged; the credits come as soon as its bank agrees."
        return f"Bought: {pack.credits:,} credits, invoice {bought.invoice.number}."

    context = {"title": offer.name, "offer": offer, "words": words, "order": source,
               "button": f"Pay {offer.cost.total}"}  # fmt: skip
    return _act(request, guest, context, buy, must_agree=True)


@doors.for_buyer
def subscription_page(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """One subscription: how it stands, what it was charged, what it may become."""
    at, found = clock.now(), _mine(guest, code)
    offers = [
        shop.plan_offer(guest.customer, version, at)
        for version in plans.on_sale(found.currency, at)
        if version.plan_id != found.version.plan_id
    ]
    context = {"standing": shop.standing(found, at), "offers": offers}
    return doors.page(request, guest, "subscription", at, context)


@doors.for_buyer
def change_plan(request: HttpRequest, guest: Visitor, code: str, plan: str) -> HttpResponse:
    """Move a subscription to another plan."""
    at, found = clock.now(), _mine(guest, code)
    version = _on_sale(plans.version_at(plans.find(plan), at), guest.customer)
    larger = bool(found.version.price_minor) and version.credits > found.version.credits
    offer = shop.plan_offer(guest.customer, version, at)
    more = max(0, version.price_minor - found.version.price_minor)
    now_paid = shop.cost(guest.customer, more, at)
    if larger:
        words = (
            f"My card is charged {now_paid} now, the difference to {found.version.plan}, for "
            f"{version.credits - found.version.credits:,} more credits; then {offer.cost} per month."
        )
    else:
        words = f"From the next period on my plan is {version.plan}: {offer.cost} per month."

    def change(now: datetime) -> str:
        changed = subscribing.change_plan(found, version.plan, at=now)
        subscriptions.consent(
            guest.customer, found.code, words=words, by=guest.person.email,
            address=request.META.get("REMOTE_ADDR") or None, at=now,
        )  # fmt: skip
        if changed.next_plan is not None:
            return f"{changed.next_plan} begins with your next period."
        return f"You have {changed.version.plan} now."

    button = f"Pay {now_paid.total} and upgrade" if larger else "Change with the next period"
    context = {"title": f"Change to {offer.name}", "offer": offer, "words": words, "monthly": True,
               "button": button, "subscription": found}  # fmt: skip
    return _act(request, guest, context, change, must_agree=True)


@doors.for_buyer
def cancel(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """What is left and what it would still buy, and a button that ends it (S38, F6)."""
    at, found = clock.now(), _mine(guest, code)
    if request.method == "POST":
        return _done(
            request, guest, found.code,
            lambda now: _ended(subscriptions.cancel(found, by=guest.person.email, at=now)),
        )  # fmt: skip
    return doors.page(request, guest, "cancel", at, {"leaving": leaving.of(found, at)})


@doors.for_buyer
def keep(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """Take a cancellation back."""
    found = _mine(guest, code)
    if request.method != "POST":
        return HttpResponseRedirect(_of_subscription(guest, code))
    return _done(request, guest, code, lambda _: _goes_on(subscriptions.keep(found)))


@doors.for_buyer
def pay(request: HttpRequest, guest: Visitor, code: str) -> HttpResponse:
    """Charge the card for what is open, now."""
    found = _mine(guest, code)
    if request.method != "POST":
        return HttpResponseRedirect(_of_subscription(guest, code))
    return _done(
        request, guest, code,
        lambda now: f"Paid. {card_retries.recover(found, at=now).version.plan} goes on.",
    )  # fmt: skip


def _act(
    request: HttpRequest,
    guest: Visitor,
    context: dict[str, Any],
    do: Callable[[datetime], str],
    *,
    must_agree: bool,
) -> HttpResponse:
    """The page that says what will happen; sent, it happens, once what it costs was agreed to."""
    at = clock.now()
    context |= {"must_agree": must_agree, "refused": ""}
    if request.method == "POST":
        if must_agree and request.POST.get(_AGREED) != "yes":
            context["refused"] = "Say that you agree to the charge."
        else:
            try:
                messages.success(request, do(at))
            except Refusal as refusal:
                context["refused"] = refusal.detail
            else:
                return HttpResponseRedirect(reverse("portal:plans") + guest.query)
    status = 409 if context["refused"] else 200
    return doors.page(request, guest, "order", at, context, status=status)


def _done(
    request: HttpRequest, guest: Visitor, code: str, do: Callable[[datetime], str]
) -> HttpResponse:
    """An act with a button of its own: done, or why not, said on the subscription's page."""
    try:
        messages.success(request, do(clock.now()))
    except Refusal as refusal:
        messages.error(request, refusal.detail)
    return HttpResponseRedirect(_of_subscription(guest, code))


def _mine(guest: Visitor, code: str) -> Subscription:
    """A subscription of the visitor's own customer. Raises NotFound."""
    found = subscriptions.find(code)
    if found.customer_id != guest.customer.pk:
        raise NotFound("subscription", code)
    return found


def _on_sale(version: PlanVersion, customer: Customer) -> PlanVersion:
    if not version.plan.on_sale or version.currency != customer.currency:
        raise NotFound("plan", version.plan.code)
    return version


def _pack_goes_to(customer: Customer, at: datetime) -> Any:
    """A pack joins the customer's only running subscription, else the credits without a contract."""
    running = Subscription.objects.filter(customer=customer).exclude(
        status=Subscription.Status.ENDED
    )
    if running.count() == 1:
        return running.select_related("holder__customer").get().holder
    return holders.pay_as_you_go(customer, at)


def _consent_to_plan(offer: shop.Offer) -> str:
    if offer.free:
        return f"I use {offer.name}, {offer.credits:,} credits per month, free of charge."
    return (
        f"My card is charged {offer.cost} now and every month for {offer.name}, {offer.credits:,} "
        "credits, until I cancel. If I use more, my plan follows my use: I am told before, and the "
        "difference is charged."
    )


def _ended(found: Subscription) -> str:
    return f"{found.version.plan} ends with its running period. Your credits stay yours until they end."


def _goes_on(found: Subscription) -> str:
    return f"{found.version.plan} goes on."


def _of_subscription(guest: Visitor, code: str) -> str:
    return reverse("portal:subscription", args=[code]) + guest.query
