"""Answers how credits behave, in sentences: order of use, rollover, expiry, what happens at zero (S78)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from contracts import terms_of_sale
from ledger.limits import Limits
from ledger.line import OBSERVE, SOFT
from ledger.models import Holder, Pool


@dataclass(frozen=True)
class Standing:
    """What the rules of a pool depend on: its running term's last day, and its overage cap."""

    last_day: date | None
    cap: int | None


def of(pool: Pool, limits: Limits, standing: Standing, at: datetime) -> list[str]:
    """The rules of a pool, one sentence each; one query."""
    settings = terms_of_sale.in_force(pool.holder, at)
    first = "those that expire first" if limits.rules.expiry_first else "the oldest"
    rules = [f"Free credits are used first; of those you paid for, {first}."]
    if pool.holder.kind == Holder.Kind.OPEN:
        rules.append(_life(settings["validity"]))
    else:
        if standing.last_day is not None:
            rules.append(
                f"Credits of the running term can be used through {standing.last_day:%-d %b %Y} "
                f"({pool.holder.time_zone})."
            )
        rules.append(terms_of_sale.rollover_words(settings))
    rules.append(_at_zero(limits, standing))
    rules.append(
        f"Use counts at the time when it happened; reports may arrive up to "
        f"{limits.rules.late_window.days} days later."
    )
    return rules


def _life(validity: dict[str, object]) -> str:
    months = "1 month" if validity["months"] == 1 else f"{validity['months']} months"
    if validity["rule"] == "CALENDAR_MONTH":
        return f"Credits live {months}, the month of purchase being the first."
    return f"Credits live {months} from the purchase to the day."


def _at_zero(limits: Limits, standing: Standing) -> str:
    if limits.rules.enforcement == OBSERVE:
        return "Use is only recorded for now; nothing is drawn from your credits."
    if limits.rules.enforcement == SOFT and standing.cap:
        return (
            f"When credits run out, use may go on for {standing.cap:,} credits more. "
            "It is invoiced at the end of the term, at the price of the commitment."
        )
    return "When credits run out, further use is refused. Nothing is bought by itself."
