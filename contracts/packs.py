"""Does packs: sizes of credits at a fixed price, for whoever buys more without a quote."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.models.customer import CODE
from contracts.models import Pack
from creditops.lib import money
from creditops.lib.refusals import NotFound, Refusal
from ledger import units


def publish(
    *,
    code: str,
    name: str,
    credits: int,
    price_minor: int,
    currency: str,
    effective_from: datetime,
    by: str,
    at: datetime,
    unit: str = units.CREDITS,
) -> Pack:
    """Put a pack on sale from `effective_from` on; the same code and currency replaces it then.

    Args:
        code: by which programs order it.
        credits: how many of `unit` it holds.
        price_minor: net, in minor units of `currency`.

    Raises Refusal `pack_code_invalid`, `pack_in_the_past`, `pack_not_positive`, `price_negative` or
    `pack_exists`.
    """
    money.exponent(currency)
    try:
        CODE(code)
    except ValidationError as error:
        raise Refusal("pack_code_invalid", f"{code!r}: {error.messages[0]}") from error
    if credits <= 0:
        raise Refusal("pack_not_positive", "A pack holds at least one credit.")
    if price_minor < 0:
        raise Refusal("price_negative", "The price of a pack can't be below zero.")
    return _write(
        Pack(
            code=code, name=name or code, unit=units.ensure(unit), currency=currency,
            credits=credits, price_minor=price_minor, effective_from=effective_from,
            published_at=at, published_by=by,
        )
    )  # fmt: skip


def withdraw(code: str, currency: str, *, effective_from: datetime, by: str, at: datetime) -> Pack:
    """Take a pack off sale from `effective_from` on. Raises NotFound, Refusal `pack_in_the_past` or
    `pack_exists`."""
    known = find(code, currency, effective_from)
    return _write(
        Pack(
            code=code, name=known.name, unit=known.unit, currency=currency, credits=known.credits,
            price_minor=known.price_minor, on_sale=False, effective_from=effective_from,
            published_at=at, published_by=by,
        )
    )  # fmt: skip


def find(code: str, currency: str, at: datetime) -> Pack:
    """The pack on sale as `code` in `currency` at `at`. Raises NotFound."""
    known = _versions(at).filter(code=code, currency=currency).last()
    if known is None or not known.on_sale:
        raise NotFound("pack", code)
    return known


def on_sale(currency: str, at: datetime) -> list[Pack]:
    """The packs that can be bought in `currency` at `at`, the smallest first."""
    newest = {pack.code: pack for pack in _versions(at).filter(currency=currency)}
    return sorted(
        (pack for pack in newest.values() if pack.on_sale), key=lambda p: (p.credits, p.code)
    )


def _versions(at: datetime) -> QuerySet[Pack]:
    found: QuerySet[Pack] = Pack.objects.select_related("unit").filter(effective_from__lte=at)
    return found


def _write(pack: Pack) -> Pack:
    if pack.effective_from < pack.published_at:
        raise Refusal("pack_in_the_past", "A pack can't act in the past. Choose now or later.")
    same = {"code": pack.code, "currency": pack.currency, "effective_from": pack.effective_from}
    if Pack.objects.filter(**same).exists():
        raise Refusal("pack_exists", f"Pack {pack.code} has a version from that instant already.")
    pack.save()
    return pack
