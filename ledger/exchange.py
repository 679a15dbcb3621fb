"""Does the rates between currencies, and answers what an amount is in the books' currency (V19).

A rate holds from its instant until the next one of the same two currencies, whichever way round it is
written. What was translated keeps its rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from creditops.lib import money
from creditops.lib.refusals import Refusal
from ledger import books
from ledger.exchange_files import Quoted
from ledger.models import ExchangeRate

# Both sides of a rate have to fit the database's whole numbers, with twelve decimals.
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Taken:
    """What became of a file: rates read, and how many of them were new."""

    read: int
    published: int


def publish(
    *,
    from_currency: str,
    to_currency: str,
    rate: str,
    effective_from: datetime,
    by: str,
    at: datetime,
    origin: str = "",
) -> ExchangeRate:
    """Publish a rate: 1 `from_currency` = `rate` `to_currency`, from `effective_from` on.

    Args:
        rate: exact decimal text, more than 0, up to a million, with at most 12 decimals.
        effective_from: may lie in the past as far as nothing was translated since.
        origin: who says so: the ECB, a bank.

    Raises Refusal `rate_unfit`, `rate_of_one_currency`, `rate_touches_the_past`, or what a currency or
    a decimal is refused with.
    """
    exact = money.decimal(rate)
    if not 0 < exact <= _LARGEST:
        raise Refusal(
            "rate_unfit",
            f"{rate} is no exchange rate. Write how many {to_currency} one {from_currency} costs: more "
            f"than 0, at most {_LARGEST:,}.",
        )
    scaled = exact * 10 ** money.exponent(to_currency) / 10 ** money.exponent(from_currency)
    if from_currency == to_currency:
        raise Refusal("rate_of_one_currency", f"{from_currency} needs no rate to itself.")
    try:
        with transaction.atomic():
            return ExchangeRate.objects.create(
                from_currency=from_currency,
                to_currency=to_currency,
                rate=rate,
                num=scaled.numerator,
                den=scaled.denominator,
                effective_from=effective_from,
                origin=origin,
                recorded_at=at,
                published_by=by,
            )
    except IntegrityError as error:
        if "never_touches_the_past" not in str(error):
            raise
        raise Refusal(
            "rate_touches_the_past",
            f"Amounts were translated between {from_currency} and {to_currency} since "
            f"{effective_from:%Y-%m-%d %H:%M} already, and keep their rate. Choose a later instant.",
        ) from error


def take_in(quotes: Sequence[Quoted], *, by: str, at: datetime, origin: str = "") -> Taken:
    """Publish the rates of a file, all of them or none; what is known already is left alone.

    Args:
        origin: of those that name none.

    Raises as `publish`, naming the rate.
    """
    published = 0
    with transaction.atomic():
        for quoted in quotes:
            if _known(quoted):
                continue
            try:
                publish(
                    from_currency=quoted.from_currency,
                    to_currency=quoted.to_currency,
                    rate=quoted.rate,
                    effective_from=quoted.effective_from,
                    origin=quoted.origin or origin,
                    by=by,
                    at=at,
                )
            except Refusal as refusal:
                which = f"{quoted.from_currency} to {quoted.to_currency} from "
                raise Refusal(
                    refusal.code,
                    f"{which}{quoted.effective_from:%Y-%m-%d %H:%M}: {refusal.detail}",
                ) from refusal
            published += 1
    return Taken(len(quotes), published)


def _known(quoted: Quoted) -> bool:
    """Whether the newest rate of the two currencies from that instant says the same."""
    same = ExchangeRate.objects.filter(
        from_currency=quoted.from_currency,
        to_currency=quoted.to_currency,
        effective_from=quoted.effective_from,
    )
    newest = same.order_by("-id").first()
    return newest is not None and newest.rate == quoted.rate


def rate(currency: str, at: datetime) -> Fraction:
    """How many minor units of the books' currency one of `currency` is at `at`, exact.

    Before the first known rate it is that one: the past is not known better. Raises Refusal
    `currency_without_rate`.
    """
    return _rate(currency, books.current(at).currency, at)


def _rate(currency: str, ours: str, at: datetime) -> Fraction:
    if currency == ours:
        return Fraction(1)
    either_way = Q(from_currency=currency, to_currency=ours) | Q(
        from_currency=ours, to_currency=currency
    )
    known = ExchangeRate.objects.filter(either_way)
    found = known.filter(effective_from__lte=at).order_by("-effective_from", "-id").first()
    found = found or known.order_by("effective_from", F("id").desc()).first()
    if found is None:
        raise _no_rate(currency, ours)
    exact = Fraction(found.num, found.den)
    return exact if found.from_currency == currency else 1 / exact


def functional(minor: int, currency: str, at: datetime) -> int:
    """An amount in minor units of the books' currency, at the rate in force at `at`, rounded once.

    Raises Refusal `currency_without_rate`.
    """
    current = books.current(at)
    return money.rounded(minor * _rate(currency, current.currency, at), current.rounding)


def check(currency: str, at: datetime) -> None:
    """Refuse to sell in a currency that the books can't value at `at`: `currency_without_rate`."""
    ours = books.current(at).currency
    if currency == ours:
        return
    known = ExchangeRate.objects.filter(effective_from__lte=at)
    if not known.filter(
        Q(from_currency=currency, to_currency=ours) | Q(from_currency=ours, to_currency=currency)
    ).exists():
        raise _no_rate(currency, ours)


def _no_rate(currency: str, ours: str) -> Refusal:
    return Refusal(
        "currency_without_rate",
        f"The books are kept in {ours} and there is no exchange rate for {currency} yet. Publish one, "
        f"or sell in {ours}.",
    )
