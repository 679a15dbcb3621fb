"""Does charges of cards: each is first a row, then asked of the gateway, then decided, once.

Asking and deciding are apart: no transaction that decides anything waits for a gateway. The outbox sends a
charge in two steps, so that its id at the gateway is stored before money can move; an answer that is lost
is asked for again. What is decided follows from what the gateway says last about a charge that did not
succeed yet: a success is never undone by news that come late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Customer
from creditops.lib import due, locks, outbox
from creditops.lib.refusals import NotFound, Refusal
from invoicing import cards, documents, house_gateway, receipts
from invoicing.gateway import GatewaySilent, Order, Outcome
from invoicing.models import CardCharge, Invoice, Payment, Receipt
from invoicing.receipts import Arrival

PREPARE, CHARGE = "invoicing.charge_prepare", "invoicing.charge"
ASK_AGAIN = "invoicing.charge_ask"
LETTER = "invoicing.charge_letter"
# After a lost answer: 1, 2, 4 ... minutes, at most a day.
_FIRST_PAUSE = timedelta(minutes=1)
_DOUBLINGS_MAX = 10
_STATE = CardCharge.State
_WRITTEN_ABOUT = (_STATE.CONFIRM, _STATE.DECLINED)


@dataclass(frozen=True)
class Wanted:
    """A charge that is wanted.

    Attributes:
        customer: whose card.
        source: the act that it pays for, unique: it succeeds once.
        amount_minor, currency: how much.
        what: for people.
        invoice: that it settles; None: an act that waits for its money.
        then: due work that goes on with the outcome; its subject is the charge's reference.
        content: what that work needs.
    """

    customer: Customer
    source: str
    amount_minor: int
    currency: str
    what: str
    invoice: Invoice | None = None
    then: str = ""
    content: dict[str, Any] = field(default_factory=dict)


def ask_for(invoice: Invoice, *, by: str, at: datetime) -> CardCharge:
    """Leave a charge for what is open of an invoice; one that is under way is given back.

    Raises Refusal `nothing_open` or `card_missing`.
    """
    open_minor = documents.open_minor(invoice)
    if not open_minor:
        raise Refusal("nothing_open", f"Nothing of {invoice.number} is open.")
    before = CardCharge.objects.filter(invoice=invoice, state=_STATE.SUCCEEDED).count()
    return ask(
        Wanted(
            customer=invoice.customer,
            source=f"pay:{invoice.number}:{before + 1}",
            amount_minor=open_minor,
            currency=invoice.currency,
            what=f"Invoice {invoice.number}",
            invoice=invoice,
        ),
        by=by,
        at=at,
    )


def ask(wanted: Wanted, *, by: str, at: datetime) -> CardCharge:
    """Leave a charge as a row; the outbox sends it. One that is under way or succeeded is given back.

    Raises Refusal `card_missing`.
    """
    card = cards.on_file(wanted.customer)
    if card is None:
        raise Refusal(
            "card_missing", f"{wanted.customer.code} has no card on file. Ask for one first."
        )
    with transaction.atomic():
        locks.hold(f"charge:{wanted.source}")
        known = CardCharge.objects.filter(source=wanted.source).order_by("attempt")
        alive = known.filter(state__in=(*CardCharge.OPEN, _STATE.SUCCEEDED)).first()
        if alive is not None:
            return alive
        attempt = known.count() + 1
        made: CardCharge = CardCharge.objects.create(
            reference=f"{wanted.source}/{attempt}",
            customer=wanted.customer,
            invoice=wanted.invoice,
            source=wanted.source,
            attempt=attempt,
            amount_minor=wanted.amount_minor,
            currency=wanted.currency,
            what=wanted.what[:300],
            gateway=card.gateway,
            payer=card.payer,
            token=card.token,
            then=wanted.then,
            content=wanted.content,
            asked_at=at,
            asked_by=by,
        )
        outbox.add(PREPARE, made.reference, {}, at=at)
    return made


def prepare(reference: str, payload: dict[str, Any], at: datetime) -> None:
    """Make a charge known to its gateway, without charging; no answer is tried again by the outbox."""
    charge = find(reference)
    if charge.state != _STATE.WAITING:
        return
    if not _is_wanted(charge):
        decide(reference, Outcome(_STATE.GIVEN_UP, said=_PAID_OTHERWISE), at=at)
        return
    try:
        gateway_id = cards.gateway_of(charge).prepare(_order(charge))
    except Refusal as refusal:
        decide(reference, Outcome(_STATE.DECLINED, refusal.code, refusal.detail), at=at)
        return
    CardCharge.objects.filter(pk=charge.pk, state=_STATE.WAITING).update(
        state=_STATE.READY, gateway_id=gateway_id
    )
    outbox.add(CHARGE, reference, {}, at=at)


def send(reference: str, payload: dict[str, Any], at: datetime) -> None:
    """Have a prepared charge made, if it is still wanted."""
    charge = find(reference)
    if charge.state not in (_STATE.READY, _STATE.ASKED):
        return
    gateway = cards.gateway_of(charge)
    asked = gateway.charge if _is_wanted(charge) else gateway.give_up
    try:
        outcome = asked(charge.gateway_id)
    except GatewaySilent as silent:
        outcome = _silence(silent)
    decide(reference, outcome, at=at)


def ask_again(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: ask for the outcome of a charge that has none yet; one never made is made now."""
    reference, _, _ = subject.rpartition("~")
    charge = find(reference)
    if charge.state not in (_STATE.ASKED, _STATE.READY):
        return
    try:
        gateway = cards.gateway_of(charge)
        outcome = gateway.look(charge.gateway_id)
        if outcome.state == _STATE.READY:
            outcome = gateway.charge(charge.gateway_id)
    except (
        GatewaySilent,
        Refusal,
    ) as silent:  # a failure here would hold up the customer's other work
        outcome = _silence(silent)
    decide(reference, outcome, at=recorded_at)


def decide(reference: str, outcome: Outcome, *, at: datetime) -> CardCharge:
    """Write down how a charge stands, with all that follows, in one transaction.

    A charge that succeeded stays so; any other follows what is told. Money of a success settles the
    charge's invoice, or waits for the act that it was made for.
    """
    with transaction.atomic():
        charge: CardCharge = CardCharge.objects.select_for_update().get(reference=reference)
        if charge.state == _STATE.SUCCEEDED or _is_late(charge, outcome):
            return charge
        changed = charge.state != outcome.state
        charge.state, charge.code, charge.said = outcome.state, outcome.code, outcome.said
        charge.tries += 1
        if outcome.state not in CardCharge.OPEN:
            charge.decided_at = at
        charge.save(update_fields=["state", "code", "said", "tries", "decided_at"])
        if outcome.state == _STATE.ASKED:
            _plan_to_ask(charge, at)
        elif outcome.state == _STATE.SUCCEEDED and charge.invoice is not None:
            receive(charge, charge.invoice, at=at)
        if changed and outcome.state in _WRITTEN_ABOUT:
            outbox.add(LETTER, f"{reference}~{charge.tries}", {"reference": reference}, at=at)
        if charge.then and outcome.state not in CardCharge.OPEN:
            due.plan(charge.then, reference, at, rank=due.BILLING, group=charge.customer.code)
    return charge


def look_again(charge: CardCharge, *, at: datetime) -> CardCharge:
    """Ask the gateway how a charge stands, after its holder did something there.

    Raises GatewaySilent.
    """
    return decide(charge.reference, cards.gateway_of(charge).look(charge.gateway_id), at=at)


def secret_of(charge: CardCharge) -> str:
    """What lets the holder's browser confirm this charge with the gateway.

    Raises GatewaySilent, or Refusal `nothing_to_confirm`.
    """
    outcome = cards.gateway_of(charge).look(charge.gateway_id)
    if outcome.state != _STATE.CONFIRM or not outcome.secret:
        raise Refusal("nothing_to_confirm", "This payment needs no confirmation any more.")
    return outcome.secret


def answer_for_test(charge: CardCharge, *, agrees: bool, at: datetime) -> CardCharge:
    """What the holder of a test card says about a charge that waits for that.

    Raises Refusal `nothing_to_confirm`.
    """
    if charge.gateway != house_gateway.NAME or charge.state != _STATE.CONFIRM:
        raise Refusal("nothing_to_confirm", "This payment needs no confirmation any more.")
    no = Outcome(_STATE.DECLINED, "authentication_failed", "Its holder did not confirm it.")
    return decide(charge.reference, Outcome(_STATE.SUCCEEDED) if agrees else no, at=at)


def receive(charge: CardCharge, invoice: Invoice, *, at: datetime) -> None:
    """Settle an invoice with a charge's money; what is too much by now (paid otherwise meanwhile) stands
    on account. Raises Refusal `payment_known` where it was received before."""
    receipts.record_for(
        invoice,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        method=Payment.Method.CARD,
        reference=charge.reference,
        by=charge.asked_by,
        at=at,
    )


def is_received(charge: CardCharge) -> bool:
    """Whether a charge's money is in the books: by a payment, or on account."""
    known = (Payment.objects, Receipt.objects)
    return any(rows.filter(reference=charge.reference).exists() for rows in known)


def keep_as_money(charge: CardCharge, *, by: str, at: datetime) -> None:
    """Put the money of a charge whose act can't be done any more on the customer's account."""
    arrival = Arrival(
        charge.customer, charge.amount_minor, charge.currency, Payment.Method.CARD,
        charge.reference, said=charge.what,
    )  # fmt: skip
    receipts.record(arrival, shares=[], by=by, at=at)


def find(reference: str) -> CardCharge:
    """The charge of this reference. Raises NotFound."""
    found: CardCharge | None = (
        CardCharge.objects.select_related("customer", "invoice").filter(reference=reference).first()
    )
    if found is None:
        raise NotFound("charge", reference)
    return found


_PAID_OTHERWISE = "It was paid otherwise before the card was charged."


def _is_wanted(charge: CardCharge) -> bool:
    """Whether its invoice still has open what would be charged."""
    return charge.invoice is None or documents.open_minor(charge.invoice) >= charge.amount_minor


def _is_late(charge: CardCharge, outcome: Outcome) -> bool:
    """Whether news tell of a time before what is known: nothing goes back, nor from an end elsewhere."""
    if outcome.state == _STATE.SUCCEEDED:
        return False
    if charge.state not in CardCharge.OPEN or outcome.state == _STATE.WAITING:
        return True
    return outcome.state == _STATE.READY


def _silence(silent: Exception) -> Outcome:
    return Outcome(_STATE.ASKED, "silent", f"No answer yet; it is asked again. {silent}"[:300])


def _plan_to_ask(charge: CardCharge, at: datetime) -> None:
    doublings: int = 2 ** min(charge.tries - 1, _DOUBLINGS_MAX)
    due.plan(
        ASK_AGAIN, f"{charge.reference}~{charge.tries}", at + _FIRST_PAUSE * doublings,
        rank=due.BILLING, group=charge.customer.code,
    )  # fmt: skip


def _order(charge: CardCharge) -> Order:
    return Order(
        charge.reference, charge.payer, charge.token, charge.amount_minor, charge.currency,
        charge.what,
    )  # fmt: skip
