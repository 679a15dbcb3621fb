"""Does the buying of credits by themselves when few are left (Q4): off until the customer sets it.

The ledger leaves word of a crossing; it is answered once, under a row of its own (`AutoTopUp`), by a
purchase on the card on file or by why not. So often per period and so much money per month at most; paused
while something is unpaid; after a declined card a day passes before it is tried again, and it is tried so
often only. Bought credits arm the crossing again, and nothing else does: there is no storm of top-ups.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum

from contracts import packs, prices, terms_of_sale
from contracts.models import Subscription
from creditops.lib import calendar, due, money
from creditops.lib.refusals import NotFound, Refusal
from invoicing import charged_orders, letters, purchases
from invoicing.documents import OpenMinor
from invoicing.models import AutoTopUp, CardCharge, Invoice
from ledger import balances, books, pool_books, top_up_needs
from ledger.models import Holder, Pool, ThresholdCrossing
from ledger.periods import Months

COOL_DOWN = timedelta(hours=24)
ATTEMPTS = 3
_DECLINED = "card_"


@dataclass(frozen=True)
class Wanted:
    """What is to be bought: credits of the pool's unit, net in minor units of `currency`."""

    credits: int
    price_minor: int
    currency: str


def buy_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: fewer credits are left than wanted, by the crossing `<customer id>-<crossing id>`."""
    customer, _, key = subject.partition("-")
    crossing = ThresholdCrossing.objects.get(customer_id=int(customer), id=int(key))
    answer(crossing, at=recorded_at)


def answer(crossing: ThresholdCrossing, *, at: datetime) -> AutoTopUp:
    """Buy what the rule in force says, or write down why not. Once per crossing."""
    pool = Pool.objects.select_related("holder__customer", "unit", "customer").get(
        customer_id=crossing.customer_id, id=crossing.pool_id
    )
    with transaction.atomic():
        found = _locked(crossing, pool, at)
        if found.state in (AutoTopUp.State.BOUGHT, AutoTopUp.State.SKIPPED):
            return found
        invoice = Invoice.objects.filter(source=_source(found)).first()
        if invoice is not None:  # bought meanwhile, with a charge that had to be waited for
            return _bought(found, invoice, at)
        rule = terms_of_sale.in_force(pool.holder, at)["auto_top_up"]
        if rule is None or _left(pool, at) >= rule["below"]:
            return _leave(found, "It is not wanted any more.", at)
        wanted = _wanted(pool, rule, at)
        if wanted is None:
            return _refuse(found, "Nothing is sold for it: there is no such pack, or no price.", at)
        why_not = _why_not_now(pool, rule, wanted, at)
        return _pause(found, pool, why_not, at) if why_not else _buy(found, pool, wanted, at)


def spent_minor(holder: Holder, currency: str, at: datetime) -> int:
    """What a customer's automatic top-ups of this calendar month came to, net, in minor units."""
    first = calendar.month_start(calendar.local_date(at, holder.time_zone))
    bought = AutoTopUp.objects.filter(
        customer_id=holder.customer_id,
        state=AutoTopUp.State.BOUGHT,
        currency=currency,
        decided_at__gte=calendar.local_midnight(first, holder.time_zone),
    )
    return int(bought.aggregate(sum=Sum("amount_minor", default=0))["sum"])


def _locked(crossing: ThresholdCrossing, pool: Pool, at: datetime) -> AutoTopUp:
    """The row of the crossing, under the locks of all that a purchase touches: months, the pool."""
    today = books.date_of(at, books.current(at))
    Months([today], received_on=today)
    pool_books.lock([(pool.customer_id, pool.id)], at)
    AutoTopUp.objects.bulk_create(
        [
            AutoTopUp(
                customer_id=crossing.customer_id,
                holder=pool.holder,
                crossing_id=crossing.id,
                crossed_at=crossing.crossed_at,
            )
        ],
        ignore_conflicts=True,
    )
    return AutoTopUp.objects.select_for_update(of=("self",)).get(
        customer_id=crossing.customer_id, crossing_id=crossing.id
    )


def _left(pool: Pool, at: datetime) -> int:
    return balances.of_pool(pool, as_of=at, known_at=at).left


def _why_not_now(pool: Pool, rule: dict[str, Any], wanted: Wanted, at: datetime) -> str:
    """Why nothing is bought now, though it is wanted; empty if it may be."""
    if _unpaid(pool, at):
        return "Something is unpaid; it pauses until that is paid."
    if _bought_in_period(pool.holder, at) >= rule["times"]:
        return f"It bought {rule['times']} times in this period, as often as it may."
    return _beyond_money(pool, rule, wanted, at)


def _unpaid(pool: Pool, at: datetime) -> bool:
    """Whether a subscription of the holder is past due, or an invoice of the customer overdue."""
    behind = Subscription.objects.filter(holder=pool.holder, past_due_since__isnull=False)
    today = books.date_of(at, books.current(at))
    late = Invoice.objects.filter(customer_id=pool.customer_id, due_date__lt=today)
    return behind.exists() or late.annotate(left=OpenMinor("pk")).filter(left__gt=0).exists()


def _bought_in_period(holder: Holder, at: datetime) -> int:
    """How often it bought in the running period of the holder; without one in the calendar month."""
    term = holder.terms.filter(
        customer_id=holder.customer_id, starts_at__lte=at, ends_at__gt=at
    ).first()
    first = calendar.month_start(calendar.local_date(at, holder.time_zone))
    since = term.starts_at if term else calendar.local_midnight(first, holder.time_zone)
    return AutoTopUp.objects.filter(
        holder=holder, customer_id=holder.customer_id, state=AutoTopUp.State.BOUGHT,
        decided_at__gte=since,
    ).count()  # fmt: skip


def _wanted(pool: Pool, rule: dict[str, Any], at: datetime) -> Wanted | None:
    """What the rule buys and what it costs; None where nothing is sold for it."""
    currency = pool.customer.currency
    if "pack" in rule:
        try:
            pack = packs.find(rule["pack"], currency, at)
        except NotFound:
            return None
        return Wanted(pack.credits, pack.price_minor, currency)
    price = prices.in_force(currency, at)
    if price is None:
        return None
    credits = rule["credits"] if "credits" in rule else rule["up_to"] - _left(pool, at)
    return Wanted(credits, prices.price_minor(price, credits), currency)


def _beyond_money(pool: Pool, rule: dict[str, Any], wanted: Wanted, at: datetime) -> str:
    """Why it costs too much; empty if it does not."""
    if rule["money"] is None:
        return ""
    scale = 10 ** money.exponent(wanted.currency)
    most = int(money.decimal(rule["money"]) * scale)
    if spent_minor(pool.holder, wanted.currency, at) + wanted.price_minor <= most:
        return ""
    limit = money.for_people(most, wanted.currency)
    return f"It would pass {limit} in this month, which is all that it may spend."


def _leave(found: AutoTopUp, why: str, at: datetime) -> AutoTopUp:
    """Nothing is bought for this crossing, now or later."""
    found.state, found.reason, found.decided_at = AutoTopUp.State.SKIPPED, why[:300], at
    found.save(update_fields=["state", "reason", "attempts", "decided_at"])
    return found


def _refuse(found: AutoTopUp, why: str, at: datetime) -> AutoTopUp:
    """The same, and the customer is told why."""
    _tell(letters.TOP_UP_FAILED, found, [why], at)
    return _leave(found, why, at)


def _pause(found: AutoTopUp, pool: Pool, why: str, at: datetime) -> AutoTopUp:
    """Nothing is bought now; a day later it is looked at again. The customer is told once."""
    if found.reason != why:
        _tell(letters.TOP_UP_FAILED, found, [why], at)
    found.reason = why[:300]
    found.save(update_fields=["state", "reason", "attempts"])
    due.plan(
        top_up_needs.BUY, f"{found.customer_id}-{found.crossing_id}", at + COOL_DOWN,
        rank=due.BILLING, group=pool.customer.code,
    )  # fmt: skip
    return found


def _buy(found: AutoTopUp, pool: Pool, wanted: Wanted, at: datetime) -> AutoTopUp:
    order = purchases.Order(
        holder=pool.holder,
        credits=wanted.credits,
        price_minor=wanted.price_minor,
        currency=wanted.currency,
        pay=purchases.CARD,
        source=_source(found),
        unit=pool.unit.code,
    )
    found.attempts += 1
    try:
        bought = charged_orders.buy(order, by="auto top-up", at=at)
    except Refusal as refusal:
        return _not_bought(found, pool, refusal, at)
    if isinstance(bought, CardCharge):
        return _wait(found, pool, at)
    return _bought(found, bought.invoice, at)


def _source(found: AutoTopUp) -> str:
    """The act of buying, once per crossing."""
    return f"auto-top-up:{found.customer_id}:{found.crossing_id}"


def _wait(found: AutoTopUp, pool: Pool, at: datetime) -> AutoTopUp:
    """A gateway charges the card first, and the purchase follows by itself; it is looked at later."""
    found.reason = "The card is being charged."
    found.save(update_fields=["state", "reason", "attempts"])
    due.plan(
        top_up_needs.BUY, f"{found.customer_id}-{found.crossing_id}", at + COOL_DOWN,
        rank=due.BILLING, group=pool.customer.code,
    )  # fmt: skip
    return found


def _bought(found: AutoTopUp, invoice: Invoice, at: datetime) -> AutoTopUp:
    """Write down what was bought, and tell the customer."""
    line = invoice.lines.get()
    found.state, found.reason, found.decided_at = AutoTopUp.State.BOUGHT, "", at
    found.credits, found.amount_minor = line.credits or 0, line.amount_minor
    found.currency, found.invoice = invoice.currency, invoice
    found.save()
    paid = money.for_people(invoice.total_minor, invoice.currency)
    said = f"{found.credits:,} credits for {paid}, on your card: invoice {invoice.number}."
    _tell(
        letters.TOP_UP, found, [said, "You set this in your portal, and can change it there."], at
    )
    return found


def _not_bought(found: AutoTopUp, pool: Pool, refusal: Refusal, at: datetime) -> AutoTopUp:
    """A declined card cools down and is tried again, a few times; any other no is final."""
    if not refusal.code.startswith(_DECLINED) or found.attempts >= ATTEMPTS:
        return _refuse(found, refusal.detail, at)
    found.state = AutoTopUp.State.DECLINED
    return _pause(found, pool, refusal.detail, at)


def _tell(kind: str, found: AutoTopUp, sentences: list[str], at: datetime) -> None:
    letters.write(kind, found.customer_id, found.holder.code, sentences, at=at)
