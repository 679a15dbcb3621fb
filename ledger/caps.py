"""Does the lifting of overage caps: asked for by a refused event, approved by a person (O2)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from creditops.lib import approvals
from creditops.lib.refusals import Refusal
from ledger import pool_books, thresholds
from ledger.limits import HolderKey
from ledger.models import CapLift, Holder, Pool, PoolTerm, Term

LIFT = "overage.lift"


def ask_for_lift(holder: HolderKey, *, at: datetime) -> None:
    """Leave one open request to lift the cap of the holder's running term (S63).

    After the last term nothing is asked: the refused event was of a term that is over.
    """
    term = Term.objects.filter(
        customer_id=holder.customer_id,
        holder_id=holder.holder_id,
        starts_at__lte=at,
        ends_at__gt=at,
    ).first()
    if term is None:
        return
    approvals.request(
        kind=LIFT,
        subject=_subject(holder.code, term),
        summary=f"Usage of {holder.code} was refused for its overage cap in term {term.number}.",
        content={"contract": holder.code, "term": term.number},
        by="usage",
        at=at,
    )


def lift(holder: Holder, *, unit_id: int, cap: int, by: str, reason: str, at: datetime) -> CapLift:
    """Set the overage cap of the running term, from `at` on.

    Args:
        holder: a contract.
        unit_id: of the pool.
        cap: the new cap in credits, of the whole term.
        by: the overage authoriser who approves it.

    It answers the request that waits for it, if one does. Raises Refusal `no_running_term`. A lower
    cap undoes nothing; it only stops more (L20).
    """
    with transaction.atomic():
        pool = Pool.objects.get(customer_id=holder.customer_id, holder=holder, unit_id=unit_id)
        lines = pool_books.lock([(pool.customer_id, pool.id)], at)
        running = Term.objects.filter(
            customer_id=holder.customer_id, holder=holder, starts_at__lte=at, ends_at__gt=at
        ).first()
        if (
            running is None
            or not PoolTerm.objects.filter(
                customer_id=holder.customer_id, pool=pool, term=running
            ).exists()
        ):
            raise Refusal(
                "no_running_term",
                f"{holder.code} has no term running with a commitment, so no overage to allow.",
            )
        made = CapLift.objects.create(
            customer_id=holder.customer_id,
            pool=pool,
            term=running,
            cap=cap,
            effective_at=at,
            recorded_at=at,
            approved_by=by,
            reason=reason,
        )
        approvals.answer(
            kind=LIFT, subject=_subject(holder.code, running), by=by, at=at, reason=reason
        )
        line = lines[pool.customer_id, pool.id]
        pool_books.add_detail([line], at)
        line.lay_out(at, "cap lifted")
        armings = thresholds.rearm(line, at)
        thresholds.write(thresholds.notice(line, at), armings)
        pool_books.save([line], batch_id=None, recorded_at=at)
    return made


def _subject(contract: str, term: Term) -> str:
    """What a request is about: one is open at a time per term."""
    return f"{contract}/{term.number}"
