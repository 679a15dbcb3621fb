"""Does the collecting of what subscriptions owe: by the card on file, or as it arrives (Q1, Q3, Q6, V3).

Invoice, payment and credits are one transaction, as with purchases: a plan can be cancelled, so nothing is
owed for a period before it is paid, and a card that is declined leaves no invoice and no number. Grace use
is owed when it happened: its invoice stands, paid or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import transaction

from accounts.models import Customer
from contracts import subscriptions, terms_of_sale
from contracts.models import PlanCharge, PlanVersion, Subscription
from creditops.lib import calendar, languages, money, printed
from creditops.lib.refusals import Refusal
from invoicing import cards, charges, documents, issuing, payments, sale_notes, seller, tax
from invoicing.charges import Wanted
from invoicing.issuing import Document, Line
from invoicing.models import CardCharge, Invoice, InvoiceLine, Payment
from ledger import books, exchange, graces, grants, holders, pool_books
from ledger.grants import Grant
from ledger.models import Block, Holder, Pool
from ledger.periods import Months

# How a gateway's no begins, whatever its reason.
_DECLINED = "card_"
THEN = "invoicing.plan_charged"
_KINDS = {
    PlanCharge.Kind.PERIOD: InvoiceLine.Kind.SUBSCRIPTION,
    PlanCharge.Kind.UPGRADE: InvoiceLine.Kind.UPGRADE,
    PlanCharge.Kind.GRACE: InvoiceLine.Kind.GRACE,
}


@dataclass(frozen=True)
class Cost:
    """What something comes to, in minor units of `currency`."""

    net_minor: int
    tax_minor: int
    currency: str

    @property
    def total_minor(self) -> int:
        """What is paid."""
        return self.net_minor + self.tax_minor


def cost(
    customer: Customer,
    net_minor: int,
    currency: str,
    at: datetime,
    *,
    holder: Holder | None = None,
    used: bool = False,
) -> Cost:
    """What a charge of `net_minor` comes to for a customer, with the tax that is due with it, at `at`.

    Args:
        holder: whose credits it pays for; None: of a subscription that is still to begin.
        used: they are used already, beyond the balance: taxed in any case.
    """
    vendor = seller.profile()
    if used:
        applied = tax.of(customer, vendor, at, product=issuing.CREDITS)
    else:
        applied = tax.of_credits(customer, vendor, at, holder=holder)
    return Cost(net_minor, applied.on([net_minor]), currency)


def collect(charge: PlanCharge, *, at: datetime) -> bool:
    """Charge the card on file; the credits come with the payment.

    Returns whether it is paid; a declined card leaves a note on the charge and nothing else, and so does
    a tax that has to be told first: other work of the customer does not wait for it. Where a
    gateway has to be asked first, its charge is left as a row, and `go_on` goes on with the outcome.
    """
    try:
        collect_now(charge, at=at)
    except cards.CardWaits as waits:
        ask_gateway(charge, waits, at)
        return False
    except Refusal as refusal:
        declined = refusal.code.startswith(_DECLINED)
        if not declined and refusal.code not in issuing.HOLDS:
            raise
        PlanCharge.objects.filter(pk=charge.pk).update(
            attempts=charge.attempts + declined, problem=refusal.detail[:300]
        )
        charge.refresh_from_db()
        return False
    return True


def collect_now(charge: PlanCharge, *, at: datetime) -> None:
    """Charge the card on file, or refuse with what the gateway says (`card_declined`); then nothing is
    left of it. Charged once: what is paid already stays as it is."""
    with transaction.atomic():
        found = _locked(charge, at)
        if found.state != PlanCharge.State.OPEN:
            return
        invoice = invoice_of(found) or _deliver(found, prepaid=True, at=at)
        if invoice is not None and documents.open_minor(invoice):
            _record(invoice, Payment.Method.CARD, cards.charge(invoice, at=at), "card on file", at)
        _settle(found, at)
    charge.refresh_from_db()


def go_on(reference: str, at: datetime) -> PlanCharge:
    """Go on with what the gateway has decided about a card's charge; returns what it was to pay."""
    made = charges.find(reference)
    charge = PlanCharge.objects.select_related("subscription").get(pk=made.content["charge"])
    if made.state != CardCharge.State.SUCCEEDED:
        PlanCharge.objects.filter(pk=charge.pk).update(
            attempts=charge.attempts + 1, problem=made.said[:300]
        )
        charge.refresh_from_db()
        return charge
    with transaction.atomic():
        found = _locked(charge, at)
        invoice = invoice_of(found)
        if invoice is not None:
            _take(made, invoice, found, at)
        elif found.state != PlanCharge.State.OPEN:  # nothing is owed for it any more
            charges.keep_as_money(made, by=made.asked_by, at=at)
        else:
            _deliver_for(made, found, at)
    charge.refresh_from_db()
    return charge


def _deliver_for(made: CardCharge, charge: PlanCharge, at: datetime) -> None:
    """Deliver what a card has paid for; where that can't be any more its money stands on account."""
    try:
        collect_now(charge, at=at)
    except Refusal:  # what it paid for is over or costs something else by now
        charges.keep_as_money(made, by=made.asked_by, at=at)


def _take(made: CardCharge, invoice: Invoice, charge: PlanCharge, at: datetime) -> None:
    """Take a card's money for an invoice that stands already; what was paid otherwise meanwhile leaves it
    on account. Once."""
    if not charges.is_received(made):
        charges.receive(made, invoice, at=at)
    if charge.state == PlanCharge.State.OPEN and not documents.open_minor(invoice):
        _settle(charge, at)


def ask_gateway(charge: PlanCharge, waits: cards.CardWaits, at: datetime) -> None:
    """Leave the card's charge as a row, for the outbox to send; `go_on` goes on with the outcome."""
    assert waits.invoice is not None
    charges.ask(
        Wanted(
            customer=waits.invoice.customer,
            source=charge.source,
            amount_minor=waits.amount_minor,
            currency=waits.invoice.currency,
            what=waits.what,
            then=THEN,
            content={"charge": charge.pk},
        ),
        by="card on file",
        at=at,
    )


def pay(
    charge: PlanCharge, *, amount_minor: int, currency: str, reference: str, by: str, at: datetime
) -> Invoice:
    """Record a transfer for a charge that the card did not pay: its invoice is issued with it.

    Args:
        amount_minor, currency: what arrived; the whole charge with its tax.
        reference: the bank's, unique.

    Raises Refusal `charge_settled`, `charge_not_whole`, `payment_currency`, `payment_known`.
    """
    with transaction.atomic():
        found = _locked(charge, at)
        if found.state != PlanCharge.State.OPEN:
            raise Refusal("charge_settled", f"{found} is {found.get_state_display()} already.")
        invoice = invoice_of(found) or _deliver(found, prepaid=False, at=at)
        if invoice is None:
            raise Refusal("charge_settled", f"{found} costs nothing.")
        if amount_minor != documents.open_minor(invoice) and found.kind != PlanCharge.Kind.GRACE:
            whole = f"{money.text(invoice.total_minor, invoice.currency)} {invoice.currency}"
            raise Refusal(
                "charge_not_whole", f"A plan is paid as a whole: {whole}. Nothing was recorded."
            )
        payments.record(
            invoice, amount_minor=amount_minor, currency=currency,
            method=Payment.Method.TRANSFER, reference=reference, by=by, at=at,
        )  # fmt: skip
        if not documents.open_minor(invoice):
            _settle(found, at)
    charge.refresh_from_db()
    return invoice


def issue_grace(charge: PlanCharge, *, at: datetime) -> Invoice:
    """Issue the invoice of grace use: it is owed, whether the card works or not."""
    with transaction.atomic():
        found = _locked(charge, at)
        line = Line(
            kind=InvoiceLine.Kind.GRACE,
            text=_words("line_grace", found),
            amount_minor=found.amount_minor,
            credits=found.credits,
            unit_price=_unit_price(found.version),
            period_from=_first_day(found),
            period_to=_last_day(found),
        )
        return issuing.issue(_document(found, line, prepaid=False, at=at), at=at)


def invoice_of(charge: PlanCharge) -> Invoice | None:
    """The invoice of a charge, if it has one: a charge that waits for its payment has none."""
    found: Invoice | None = Invoice.objects.filter(source=charge.source).first()
    return found


def lapse(charge: PlanCharge, *, at: datetime) -> None:
    """Nothing is owed by it any more: its period is over and gave nothing."""
    charge.state, charge.settled_at = PlanCharge.State.LAPSED, at
    charge.save(update_fields=["state", "settled_at"])


def open_charges(subscription: Subscription) -> list[PlanCharge]:
    """What is to be paid, the oldest first; grace use before what comes with it."""
    waiting = subscription.charges.filter(state=PlanCharge.State.OPEN)
    return list(waiting.select_related("subscription__customer", "version__plan", "term"))


def _locked(charge: PlanCharge, at: datetime) -> PlanCharge:
    """The charge as it stands now, under the locks of all that it may touch, in the one order: months,
    pools, the subscription."""
    today = books.date_of(at, books.current(at))
    Months([today], received_on=today)
    subscription = subscriptions.find(charge.subscription.code)
    pool = subscriptions.pool_of(subscription, at)
    pool_books.lock([(pool.customer_id, pool.id)], at)
    locked = subscriptions.lock(subscription)
    found = PlanCharge.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    found.subscription = locked
    return found


def _deliver(charge: PlanCharge, *, prepaid: bool, at: datetime) -> Invoice | None:
    """Grant what the charge pays for and issue its invoice; None for a free plan, which has none (S48).

    Under the locks of `_locked`.
    """
    subscription, version = charge.subscription, charge.version
    if charge.term.ends_at <= at:
        raise Refusal("period_over", f"The period of {charge} is over: nothing is owed for it.")
    pool = subscriptions.pool_of(subscription, at)
    if charge.kind == PlanCharge.Kind.PERIOD:
        if not version.price_minor:
            _grant_free(charge, pool, at)
            return None
        holders.commit(
            charge.term, pool, commitment=version.credits, price_minor=version.price_minor,
            currency=charge.currency, at=at, valued=False,
            price_functional_minor=exchange.functional(version.price_minor, charge.currency, at),
        )  # fmt: skip
    began = charge.kind == PlanCharge.Kind.PERIOD and not charge.attempts
    block = _grant(charge, pool, charge.term.starts_at if began else at, at)
    if charge.kind == PlanCharge.Kind.UPGRADE:
        graces.settle(pool, charge.term, block, base=version.credits, at=at)
    return issuing.issue(_document(charge, _line(charge, block), prepaid=prepaid, at=at), at=at)


def _grant(charge: PlanCharge, pool: Pool, effective_at: datetime, at: datetime) -> Block:
    holder = charge.subscription.holder
    wanted = Grant(
        kind=Block.Kind.PAID,
        credits=charge.credits,
        source=charge.source,
        effective_at=effective_at,
        expires_at=terms_of_sale.end_of_credits(holder, effective_at),
        cost_minor=charge.amount_minor,
        cost_functional_minor=exchange.functional(charge.amount_minor, charge.currency, at),
        currency=charge.currency,
        term=charge.term,
        by=charge.subscription.started_by,
        reason=f"{charge.version.plan}: {charge.get_kind_display()} {charge.term.number}",
    )
    return grants.issue(pool, [wanted], at=at)[0]


def _grant_free(charge: PlanCharge, pool: Pool, at: datetime) -> Block:
    """The allowance of a free plan, for its period."""
    wanted = Grant(
        kind=Block.Kind.PROMO,
        credits=charge.credits,
        source=charge.source,
        effective_at=charge.term.starts_at,
        expires_at=charge.term.ends_at,
        term=charge.term,
        promo_policy="ZERO_COST",
        by=charge.subscription.started_by,
        reason=f"{charge.version.plan}: period {charge.term.number}",
    )
    return grants.issue(pool, [wanted], at=at)[0]


def _line(charge: PlanCharge, block: Block) -> Line:
    upgrade = charge.kind == PlanCharge.Kind.UPGRADE
    price = charge.amount_minor, charge.credits * 10 ** money.exponent(charge.currency)
    return Line(
        kind=_KINDS[PlanCharge.Kind(charge.kind)],
        text=_words("line_upgrade" if upgrade else "line_plan", charge),
        amount_minor=charge.amount_minor,
        credits=charge.credits,
        unit_price=money.decimal_text(Fraction(*price)),
        block=block,
        period_from=_first_day(charge),
        period_to=_last_day(charge),
    )


def _first_day(charge: PlanCharge) -> date:
    return calendar.local_date(charge.term.starts_at, charge.subscription.time_zone)


def _last_day(charge: PlanCharge) -> date:
    return calendar.last_day(charge.term.ends_at, charge.subscription.time_zone)


def _unit_price(version: PlanVersion) -> str:
    scale = version.credits * 10 ** money.exponent(version.currency)
    return money.decimal_text(Fraction(version.price_minor, scale))


def _document(charge: PlanCharge, line: Line, *, prepaid: bool, at: datetime) -> Document:
    subscription = charge.subscription
    today = books.date_of(at, books.current(at))
    days = terms_of_sale.in_force(subscription.holder, at)["invoice_terms_days"]
    return Document(
        customer=subscription.customer,
        holder=subscription.holder,
        lines=[line],
        currency=charge.currency,
        due_date=today if prepaid else today + timedelta(days=days),
        source=charge.source,
        prepaid=prepaid,
        receivable_at=at,
        notes=[*_why(charge), *sale_notes.of(subscription.holder, at, ends_at=_end(line))],
    )


def _why(charge: PlanCharge) -> list[str]:
    """Why this is charged, for its reader."""
    if charge.kind == PlanCharge.Kind.PERIOD:
        return []
    return [
        _words("why_upgrade" if charge.kind == PlanCharge.Kind.UPGRADE else "why_grace", charge)
    ]


def _words(key: str, charge: PlanCharge) -> str:
    """A text about a charge, in the customer's language."""
    language = charge.subscription.customer.language
    credits = printed.credits(charge.credits, language)
    return languages.say(language, key, plan=charge.version.plan, credits=credits)


def _end(line: Line) -> datetime | None:
    """When the credits that a line sells end; None: it sells none."""
    if line.block is None:
        return None
    granted = line.block.changes.get(customer_id=line.block.customer_id, no=1)
    ends_at: datetime | None = granted.expires_at
    return ends_at


def _record(invoice: Invoice, method: str, reference: str, by: str, at: datetime) -> None:
    payments.record(
        invoice, amount_minor=documents.open_minor(invoice), currency=invoice.currency,
        method=method, reference=reference, by=by, at=at,
    )  # fmt: skip


def _settle(charge: PlanCharge, at: datetime) -> None:
    """It is paid: the plan that it paid for is in force, and with the last debt the subscription is."""
    charge.state, charge.settled_at, charge.problem = PlanCharge.State.PAID, at, ""
    charge.save(update_fields=["state", "settled_at", "problem"])
    subscription = charge.subscription
    if charge.kind != PlanCharge.Kind.GRACE:
        subscription.version = charge.version
    owes = subscription.charges.filter(state=PlanCharge.State.OPEN).exists()
    if subscription.status in subscriptions.UNPAID and not owes:
        subscription.status, subscription.past_due_since = Subscription.Status.ACTIVE, None
    subscription.save(update_fields=["version", "status", "past_due_since"])
