"""Does what customers do with a quote: accept it once, refuse it, ask about it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import quote_activation, quotes
from contracts.models import Quote, QuoteAnswer, QuoteMessage, QuoteVersion
from creditops.lib.refusals import Refusal

_Status = QuoteVersion.Status
# The longest text that is kept of a customer.
TEXT_MAX = 5_000


def accept(
    version: QuoteVersion, *, name: str, email: str, ip_address: str | None, at: datetime
) -> QuoteAnswer:
    """Accept a version that was sent; its contract is made right away, in a transaction of its own.

    Args:
        name, email: of whoever accepts for the customer, as they typed it.
        ip_address: where they did; None where that is not known.

    Once: of several at the same moment one is taken. A contract that can't be made then does not undo
    the acceptance: the quote says why, and staff make it when that is mended.

    Raises Refusal `quote_accepted`, `quote_refused`, `quote_expired`, `quote_superseded`, `quote_not_sent`
    or `name_missing`.
    """
    answer = _answer(version, True, name, email, "", ip_address, at)
    quote_activation.try_to_activate(version.quote, at=at)
    return answer


def refuse(
    version: QuoteVersion,
    *,
    name: str,
    email: str,
    reason: str,
    ip_address: str | None,
    at: datetime,
) -> QuoteAnswer:
    """Refuse a version that was sent, and say why. Raises what `accept` does."""
    return _answer(version, False, name, email, reason, ip_address, at)


def ask(version: QuoteVersion, *, name: str, email: str, text: str, at: datetime) -> QuoteMessage:
    """Ask about a quote. Raises Refusal `name_missing` or `question_empty`."""
    _check_name(name)
    return _say(version.quote, True, name, email, text, at)


def reply(quote: Quote, *, by: str, text: str, at: datetime) -> QuoteMessage:
    """Write back to the customer, who reads it beside the quote. Raises Refusal `question_empty`."""
    return _say(quote, False, by, "", text, at)


def check_open(version: QuoteVersion, newest: QuoteVersion, at: datetime) -> None:
    """Refuse, kindly, what can't be answered (any more)."""
    if version.pk != newest.pk or newest.status == _Status.SUPERSEDED:
        raise Refusal(
            "quote_superseded",
            "There is a newer version of this quote. Please ask for its link.",
        )
    if newest.status in (_Status.DRAFT, _Status.IN_APPROVAL):
        raise Refusal("quote_not_sent", "This quote is not sent yet.")
    if newest.status == _Status.ACCEPTED:
        said = QuoteAnswer.objects.get(version=newest)
        raise Refusal(
            "quote_accepted",
            f"{said.name} accepted this quote already, on {said.answered_at:%Y-%m-%d}.",
        )
    if newest.status == _Status.REFUSED:
        raise Refusal("quote_refused", "This quote was refused. Please ask for a new one.")
    if newest.status == _Status.EXPIRED or quotes.open_until(newest) <= at:
        raise Refusal(
            "quote_expired",
            f"This quote was open until {newest.open_until}. Please ask for a new one.",
        )


def _answer(
    version: QuoteVersion,
    accepted: bool,
    name: str,
    email: str,
    reason: str,
    ip_address: str | None,
    at: datetime,
) -> QuoteAnswer:
    _check_name(name)
    with transaction.atomic():
        newest = quotes.locked(version.quote)
        check_open(version, newest, at)
        answer = QuoteAnswer.objects.create(
            version=newest,
            accepted=accepted,
            name=name.strip(),
            email=email,
            ip_address=ip_address,
            reason=reason[:TEXT_MAX],
            answered_at=at,
            terms_hash=newest.terms_hash,
            document_sha256=newest.document_sha256,
        )
        newest.status = _Status.ACCEPTED if accepted else _Status.REFUSED
        newest.save(update_fields=["status"])
    return answer


def _say(
    quote: Quote, of_customer: bool, name: str, email: str, text: str, at: datetime
) -> QuoteMessage:
    if not text.strip():
        raise Refusal("question_empty", "Write a few words.")
    return QuoteMessage.objects.create(
        quote=quote, of_customer=of_customer, name=name.strip(), email=email,
        text=text.strip()[:TEXT_MAX], written_at=at,
    )  # fmt: skip


def _check_name(name: str) -> None:
    if not name.strip():
        raise Refusal("name_missing", "Write your name: who speaks for the customer?")
