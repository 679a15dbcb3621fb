"""Does the opening of holders, their pools and terms, and finds who pays for an event."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from accounts.models import Customer
from creditops.lib.refusals import NotFound
from ledger import books, open_items
from ledger.models import CostLayer, CreditUnit, Holder, Pool, PoolState, PoolTerm, Term


def add(
    customer: Customer,
    *,
    code: str,
    time_zone: str,
    at: datetime,
    kind: str = Holder.Kind.CONTRACT,
    is_default: bool = False,
) -> Holder:
    """Open the holder of a contract or subscription known as `code`."""
    return Holder.objects.create(
        customer=customer,
        code=code,
        kind=kind,
        time_zone=time_zone,
        is_default=is_default,
        opened_at=at,
    )


def pay_as_you_go(customer: Customer, at: datetime) -> Holder:
    """The customer's open contract, for credits without a contract; made on demand."""
    holder = Holder.objects.filter(customer=customer, kind=Holder.Kind.OPEN).first()
    if holder is not None:
        return holder
    Holder.objects.bulk_create(
        [
            Holder(
                customer=customer,
                code=customer.code,
                kind=Holder.Kind.OPEN,
                time_zone=customer.time_zone,
                opened_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    return Holder.objects.get(customer=customer, kind=Holder.Kind.OPEN)


def find(code: str) -> Holder:
    """The holder known as `code`. Raises NotFound."""
    holder = Holder.objects.select_related("customer").filter(code=code).first()
    if holder is None:
        raise NotFound("contract", code)
    return holder


def find_of(customer: Customer, code: str) -> Holder:
    """The customer's own holder known as `code`. Raises NotFound, also for somebody else's."""
    holder = find(code)
    if holder.customer_id != customer.id:
        raise NotFound("contract", code)
    return holder


def pool(holder: Holder, unit: CreditUnit, at: datetime) -> Pool:
    """The holder's pool of `unit`, made on demand."""
    wanted = {"customer_id": holder.customer_id, "holder": holder, "unit": unit}
    found = Pool.objects.filter(**wanted).first()
    if found is not None:
        return found
    with transaction.atomic():
        Pool.objects.bulk_create([Pool(**wanted, opened_at=at)], ignore_conflicts=True)
        made = Pool.objects.get(**wanted)
        PoolState.objects.bulk_create(
            [PoolState(pool=made, customer_id=holder.customer_id)], ignore_conflicts=True
        )
    return made


def begin_term(holder: Holder, *, starts_at: datetime, ends_at: datetime) -> Term:
    """Append a term to the holder's chain; the first follows nothing, each other the one before."""
    before = Term.objects.filter(customer_id=holder.customer_id, holder=holder).last()
    return Term.objects.create(
        customer_id=holder.customer_id,
        holder=holder,
        number=1 if before is None else before.number + 1,
        starts_at=starts_at,
        ends_at=ends_at,
        follows=None if before is None else before.ends_at,
    )


def commit(
    term: Term,
    pool: Pool,
    *,
    commitment: int,
    price_minor: int,
    currency: str,
    price_functional_minor: int,
    at: datetime,
    valued: bool = True,
) -> PoolTerm:
    """Record what a pool's term obliges to; overage of it is valued at the same price (O4).

    Args:
        commitment: credits.
        price_minor, currency: what they cost, net, in minor units.
        price_functional_minor: the same in the books' currency.
        valued: whether overage has that price as it is used; grace use has none yet.
    """
    layer = CostLayer.objects.create(
        customer_id=pool.customer_id,
        kind=CostLayer.Kind.OVERAGE,
        quantity=commitment,
        cost_minor=price_minor if valued else 0,
        currency=currency,
        cost_functional_minor=price_functional_minor if valued else 0,
        recorded_at=at,
    )
    forget_layouts(pool.customer_id, [pool.id], at)
    current = books.current(at)
    if currency != current.currency:
        open_items.expect_month_end(pool.customer, books.date_of(at, current), current.time_zone)
    return PoolTerm.objects.create(
        customer_id=pool.customer_id,
        term=term,
        pool=pool,
        commitment=commitment,
        price_minor=price_minor,
        currency=currency,
        overage_layer_id=layer.id,
        recorded_at=at,
    )


def forget_layouts(customer_id: int, pool_ids: list[int], at: datetime) -> None:
    """Have these pools laid out anew before anything is drawn from `at` on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_poolstate SET relay_at = LEAST(relay_at, %s)"
            " WHERE customer_id = %s AND pool_id = ANY (%s)",
            [at, customer_id, pool_ids],
        )


def forget_layouts_of(scope: str, at: datetime) -> None:
    """Have the pools in a policy's scope laid out anew from `at` on: their settings change."""
    kind, _, code = scope.partition(":")
    condition = {
        "books": "true",
        "customer": "customer_id = (SELECT id FROM accounts_customer WHERE code = %(code)s)",
        "contract": "(customer_id, pool_id) IN (SELECT p.customer_id, p.id FROM ledger_holder h"
        " JOIN ledger_pool p ON (p.customer_id, p.holder_id) = (h.customer_id, h.id)"
        " WHERE h.code = %(code)s)",
    }[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_poolstate SET relay_at = LEAST(relay_at, %(at)s),"  # noqa: S608  one of three texts above
            f" valid_until = LEAST(valid_until, %(at)s) WHERE {condition}",
            {"at": at, "code": code},
        )
