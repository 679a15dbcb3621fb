"""Answers what a buyer of credits should know, in sentences for the documents that sell them (S78)."""

from __future__ import annotations

from datetime import datetime

from contracts import rate_words, terms_of_sale
from creditops.lib import calendar, languages, printed
from ledger import balances
from ledger.models import Holder


def of(
    holder: Holder, at: datetime, *, ends_at: datetime | None, renewed: bool = False
) -> list[str]:
    """What actions cost now, when credits end, and what becomes of what is left.

    Args:
        holder: whose credits are sold.
        ends_at: when the credits of this document end; None: it sells none.
        renewed: whether a contract may carry them over, by its setting.
    """
    language = holder.customer.language
    cards = rate_words.cards(balances.pools_of(holder), at, language).values()
    said = [*dict.fromkeys(languages.say(language, "rates", card=card) for card in cards)]
    if ends_at is not None and not renewed:
        last = printed.day(calendar.last_day(ends_at, holder.time_zone), language)
        said.append(languages.say(language, "usable_until", day=last))
    order = languages.say(language, "oldest_first")
    if renewed:
        settings = terms_of_sale.in_force(holder, at)
        order = f"{order} {terms_of_sale.rollover_words(settings, language)}"
    return [*said, order, languages.say(language, "not_paid_out")]
