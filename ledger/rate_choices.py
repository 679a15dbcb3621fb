"""Does the customer's choice between an action at its old rate and its improved successor (R2, S55).

No choice means stay. An action that a later version of the card no longer has is retired: from then on
its use has no price unless the customer chose another one, so `open_questions` tells who has to choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from creditops.lib.refusals import Refusal
from ledger.models import Holder, RateChoice
from ledger.tariffs import ENTITLING, CompiledTariff, PriceBook


@dataclass(frozen=True)
class Question:
    """An action that ends, and the actions among which the customer has to choose by then."""

    item: str
    ends_at: datetime
    offered: list[str]


def choose(
    holder: Holder, *, item: str, to: str, effective_at: datetime, by: str, at: datetime
) -> RateChoice:
    """From `effective_at` on rate usage of `item` as `to`; the newest choice counts, back included.

    Args:
        holder: a contract's.
        item, to: actions on its rate card; `to` on the version that is in force then.
        by: who of the customer chose.

    Raises Refusal `choice_in_the_past`, `item_not_on_card` or `choice_exists`.
    """
    if effective_at < at:
        raise Refusal("choice_in_the_past", "A choice can't act in the past. Choose now or later.")
    book = _book(holder)
    _check_on_card(holder, book.tariff(holder.id, at), book.tariff(holder.id, effective_at), item)
    _check_on_card(holder, book.tariff(holder.id, effective_at), None, to)
    try:
        with transaction.atomic():
            return RateChoice.objects.create(
                customer_id=holder.customer_id,
                holder=holder,
                item=item,
                chosen_item=to,
                effective_at=effective_at,
                recorded_at=at,
                chosen_by=by,
            )
    except IntegrityError as error:
        if "once_per_instant" not in str(error):
            raise
        raise Refusal(
            "choice_exists", f"There is a choice for {item!r} from that instant already."
        ) from error


def items(holder: Holder, at: datetime) -> list[str]:
    """The actions of the holder's rate card at `at`, and of its versions that are to come."""
    book = _book(holder)
    versions = [book.tariff(holder.id, instant) for instant in (at, *book.turns(holder.id, at))]
    return list(dict.fromkeys(item for version in versions for item in items_of(version)))


def open_questions(holder: Holder, at: datetime) -> list[Question]:
    """The actions that end with a published version and for which the customer has not chosen."""
    return questions(_book(holder), holder.id, at)


def questions(book: PriceBook, holder_id: int, at: datetime) -> list[Question]:
    """The same for a holder of `book`; no query but for tariffs that this process has not met."""
    now = book.tariff(holder_id, at)
    found: dict[str, Question] = {}
    for instant in book.turns(holder_id, at) if now is not None else ():
        offered = items_of(book.tariff(holder_id, instant))
        for item in items_of(now):
            if item not in offered and book.chosen(holder_id, item, instant) not in offered:
                found.setdefault(item, Question(item, instant, offered))
    return list(found.values())


def _check_on_card(
    holder: Holder, tariff: CompiledTariff | None, other: CompiledTariff | None, item: str
) -> None:
    if item not in (*items_of(tariff), *items_of(other)):
        raise Refusal(
            "item_not_on_card", f"{item!r} is no action on the rate card of {holder.code} then."
        )


def items_of(tariff: CompiledTariff | None) -> list[str]:
    """The actions of a version that usage is rated by, in the card's order."""
    rates = [] if tariff is None else tariff.all_rates()
    return list(dict.fromkeys(rate.item for rate in rates if rate.kind not in ENTITLING))


def _book(holder: Holder) -> PriceBook:
    return PriceBook.read([(holder.customer_id, holder.id)])
