"""Does quotes: drafted, revised, sent to the customer, until they are answered or over.

A draft may be changed. What is sent, or waits for somebody to agree, says the same for ever; a change is
a new version, which takes the place of the one before. `quote_answers` has what customers do with it,
`quote_activation` what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Customer
from contracts import quote_checks, quote_guards, quote_papers, quote_terms
from contracts.models import Contract, Quote, QuoteVersion
from contracts.quote_terms import QuoteTerms
from creditops.lib import approvals, calendar, due, outbox
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal

KIND = "contracts.quote"
MAIL = "contracts.quote_mail"
EXPIRY = "contracts.quote_expiry"

_Status = QuoteVersion.Status
_OPEN = (_Status.DRAFT, _Status.IN_APPROVAL, _Status.SENT)
_CODE = re.compile(r"Q-([0-9]{6,18})", re.ASCII)


@dataclass(frozen=True)
class Sent:
    """What became of a version: sent, or waits for a second person, for these reasons."""

    version: QuoteVersion
    reasons: Sequence[str] = ()

    @property
    def waits(self) -> bool:
        """Whether somebody has to agree first."""
        return bool(self.reasons)


def draft(
    customer: Customer,
    terms: QuoteTerms,
    *,
    open_until: date,
    by: str,
    at: datetime,
    renews: Contract | None = None,
    renews_term: int | None = None,
    cloned_from: Quote | None = None,
) -> QuoteVersion:
    """Draft a new quote.

    Args:
        open_until: the last day to accept, in the terms' zone.
        renews, renews_term: the contract and the number of its term, after which this would begin.

    Returns its first version. Raises Refusal of `quote_checks.check`.
    """
    quote_checks.check(terms, open_until=open_until, at=at, renews=renews)
    with transaction.atomic():
        quote = Quote.objects.create(
            customer=customer,
            renews=renews,
            renews_term=renews_term,
            cloned_from=cloned_from,
            made_at=at,
            made_by=by,
        )
        return _write(quote, 1, terms, open_until, by, at)


def revise(
    quote: Quote, terms: QuoteTerms, *, open_until: date, by: str, at: datetime
) -> QuoteVersion:
    """Change what a quote says: a draft in place; what was sent or answered by a newer version, which
    takes its place at once.

    Raises Refusal `quote_accepted`, or of `quote_checks.check`.
    """
    quote_checks.check(terms, open_until=open_until, at=at, renews=quote.renews)
    with transaction.atomic():
        newest = locked(quote)
        if newest.status == _Status.ACCEPTED:
            raise Refusal(
                "quote_accepted",
                f"{quote} was accepted: it can't be changed any more. Amend its contract, or clone it.",
            )
        if newest.status == _Status.DRAFT:
            return _change(newest, terms, open_until, by, at)
        supersede(newest, by=by, at=at)
        return _write(quote, newest.number + 1, terms, open_until, by, at)


def clone(quote: Quote, *, customer: Customer, by: str, at: datetime) -> QuoteVersion:
    """Draft a new quote that says the same, for the same customer or another, open as long."""
    newest = newest_of(quote)
    terms = quote_terms.read(newest.terms)
    days = max(1, (newest.open_until - calendar.local_date(newest.made_at, terms.time_zone)).days)
    today = calendar.local_date(at, terms.time_zone)
    terms = quote_checks.moved(terms, to=max(terms.starts_on, today))
    return draft(
        customer, terms, open_until=today + timedelta(days=days), by=by, at=at, cloned_from=quote
    )


def send(
    version: QuoteVersion, *, by: str, at: datetime, vendor: Mapping[str, Any], site: str = ""
) -> Sent:
    """Send a draft: its document is printed and kept, and it can be accepted from then on.

    Args:
        vendor: who offers, as printed: the floors above know the legal entity.
        site: the address of this program as customers reach it; with it, and a recipient's e-mail in
            the terms, a letter with a link goes out.

    Returns what became of it: beyond `by`'s limits it waits for another person, who sends it by agreeing.
    Raises Refusal `quote_not_a_draft`, `quote_over`, `pdf_unavailable`, or of `quote_checks.check`.
    """
    terms = quote_terms.read(version.terms)
    with transaction.atomic():
        newest = locked(version.quote)
        _check_draft(newest, version)
        quote_checks.check(terms, open_until=newest.open_until, at=at, renews=newest.quote.renews)
        paid = quote_guards.paid_today(newest.quote.renews, at)
        reasons = quote_guards.reasons(terms, by=by, at=at, paid_today=paid)
        if reasons:
            _ask(newest, reasons, by=by, at=at, site=site)
            return Sent(newest, reasons)
        _send(newest, by=by, approved_by="", at=at, vendor=vendor, site=site)
        return Sent(newest)


def send_approved(
    approval: Approval, *, by: str, at: datetime, vendor: Mapping[str, Any]
) -> QuoteVersion:
    """Send the version that somebody asked for, after `by` agreed to it.

    Raises Refusal `quote_changed` where it says something else by now, or is not waiting any more.
    """
    content = approval.content
    with transaction.atomic():
        newest = locked(find(content["quote"]))
        same = (newest.number, newest.terms_hash) == (content["version"], content["terms_hash"])
        if not same or newest.status != _Status.IN_APPROVAL:
            raise Refusal(
                "quote_changed",
                f"{newest.quote} does not wait for this any more. Reject the request.",
            )
        _send(
            newest, by=approval.requested_by, approved_by=by, at=at, vendor=vendor,
            site=content["site"],
        )  # fmt: skip
        return newest


def take_back(approval: Approval) -> None:
    """Let the version become a draft again: the second person said no."""
    with transaction.atomic():
        newest = locked(find(approval.content["quote"]))
        if newest.number == approval.content["version"] and newest.status == _Status.IN_APPROVAL:
            newest.status = _Status.DRAFT
            newest.save(update_fields=["status"])


def supersede(version: QuoteVersion, *, by: str, at: datetime) -> None:
    """Have a newer version take its place; what waits for an approval waits no more."""
    if version.status not in _OPEN:
        return
    if version.status == _Status.IN_APPROVAL:
        asked = Approval.objects.filter(
            kind=KIND, subject=version.name, state=Approval.State.OPEN
        ).first()
        if asked is not None and asked.requested_by != by:
            approvals.reject(asked.pk, by=by, at=at, reason="A newer version takes its place.")
    version.status = _Status.SUPERSEDED
    version.save(update_fields=["status"])


def expire_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: version `subject` (its id) can't be accepted from `due_at` on, if it is still open."""
    with transaction.atomic():
        version = QuoteVersion.objects.select_related("quote").get(pk=subject)
        newest = locked(version.quote)
        if newest.pk == version.pk and newest.status == _Status.SENT:
            newest.status = _Status.EXPIRED
            newest.save(update_fields=["status"])


def find(code: str) -> Quote:
    """The quote known as `code`. Raises NotFound."""
    read = _CODE.fullmatch(code)
    found = _quotes().filter(pk=int(read[1])).first() if read else None
    if found is None:
        raise NotFound("quote", code)
    return found


def newest_of(quote: Quote) -> QuoteVersion:
    """What the quote says now."""
    return QuoteVersion.objects.filter(quote=quote).latest("number")


def open_until(version: QuoteVersion) -> datetime:
    """The first instant at which it can't be accepted any more."""
    day = version.open_until + timedelta(days=1)
    return calendar.local_midnight(day, version.terms["time_zone"])


def locked(quote: Quote) -> QuoteVersion:
    """The quote's newest version, that nobody else changes until the transaction ends."""
    Quote.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    return (
        QuoteVersion.objects.select_related("quote__customer", "quote__renews")
        .filter(quote=quote)
        .latest("number")
    )


def _quotes() -> QuerySet[Quote]:
    return Quote.objects.select_related("customer", "renews")


def _write(
    quote: Quote, number: int, terms: QuoteTerms, until: date, by: str, at: datetime
) -> QuoteVersion:
    return QuoteVersion.objects.create(
        quote=quote, number=number, made_at=at, made_by=by, open_until=until, **_stored(terms)
    )


def _change(
    version: QuoteVersion, terms: QuoteTerms, until: date, by: str, at: datetime
) -> QuoteVersion:
    stored = {**_stored(terms), "open_until": until, "made_at": at, "made_by": by}
    for name, value in stored.items():
        setattr(version, name, value)
    version.save(update_fields=list(stored))
    return version


def _stored(terms: QuoteTerms) -> dict[str, Any]:
    plain = quote_terms.written(terms)
    return {
        "terms": plain,
        "terms_hash": quote_terms.digest(plain),
        "currency": terms.currency,
        "credits": terms.credits,
        "price_minor": terms.price_minor,
        "list_minor": terms.list_minor,
    }


def _check_draft(newest: QuoteVersion, wanted: QuoteVersion) -> None:
    if newest.pk != wanted.pk or newest.status != _Status.DRAFT:
        raise Refusal(
            "quote_not_a_draft",
            f"{newest} is {newest.get_status_display()}. Revise the quote, and send the new version.",
        )


def _ask(
    version: QuoteVersion, reasons: Sequence[str], *, by: str, at: datetime, site: str
) -> None:
    summary = f"Send {version.name} to {version.quote.customer.name}. {' '.join(reasons)}"
    approvals.request(
        kind=KIND,
        subject=version.name,
        summary=summary[:400],
        content={
            "quote": version.quote.code,
            "version": version.number,
            "terms_hash": version.terms_hash,
            "reasons": list(reasons),
            "site": site,
        },
        by=by,
        at=at,
    )
    version.status = _Status.IN_APPROVAL
    version.save(update_fields=["status"])


def _send(
    version: QuoteVersion,
    *,
    by: str,
    approved_by: str,
    at: datetime,
    vendor: Mapping[str, Any],
    site: str,
) -> None:
    if open_until(version) <= at:
        raise Refusal(
            "quote_over",
            f"{version} is open until {version.open_until}, which is past. Choose a later day.",
        )
    paper = quote_papers.keep(version, at=at, vendor=vendor)
    version.status = _Status.SENT
    version.sent_at, version.sent_by, version.approved_by = at, by, approved_by
    version.document, version.document_sha256 = paper.name, paper.sha256
    version.save(
        update_fields=[
            "status", "sent_at", "sent_by", "approved_by", "document", "document_sha256",
        ]
    )  # fmt: skip
    due.plan(
        EXPIRY, str(version.pk), open_until(version), rank=due.NOTICE,
        group=version.quote.customer.code,
    )  # fmt: skip
    if site and version.terms["recipient_email"]:
        outbox.add(MAIL, version.name, {"version": version.pk, "site": site}, at=at)
