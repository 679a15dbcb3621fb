"""Does the letter before credits end: how many, until when, what they would still buy, and whether they
roll over (F5, S38, S47); in the customer's language."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from accounts import recipients
from contracts import rate_words, terms_of_sale
from creditops.lib import calendar, languages, mail, printed
from ledger import units
from ledger.models import ExpiryNotice, Pool


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Deliver a letter from the outbox: to the customer's administrators and finance people.

    It says what was so when the notice was made, whenever it goes out.
    """
    notice = ExpiryNotice.objects.get(customer_id=payload["customer"], id=payload["notice"])
    pool = Pool.objects.select_related("holder__customer", "unit", "customer").get(
        customer_id=notice.customer_id, id=notice.pool_id
    )
    words = languages.words(pool.customer.language)
    mail.send(
        "expiry",
        to=recipients.of_invoices(notice.customer_id),
        context={
            "headline": words["expiry_headline"].format(
                credits=_credits(notice.credits, pool), day=_last_day(notice, pool)
            ),
            "customer": pool.customer.name,
            "holder": pool.holder.code,
            "sentences": [_until(notice, pool), *_rollover(notice, pool)],
            "buys_words": words["expiry_buys"],
            "buys": _buys(notice, pool),
            "why": words["expiry_why"],
        },
    )


def _until(notice: ExpiryNotice, pool: Pool) -> str:
    """Until when they can be used, by the clocks of the contract."""
    zone, language = pool.holder.time_zone, pool.customer.language
    day = _last_day(notice, pool)
    local = notice.ends_at.astimezone(ZoneInfo(zone))
    if local.time() == time():
        return languages.say(language, "usable_until", day=f"{day} ({zone})")
    return languages.say(language, "usable_until_time", day=day, time=f"{local:%H:%M} ({zone})")


def _rollover(notice: ExpiryNotice, pool: Pool) -> list[str]:
    """What a renewal does with them, by the setting of then."""
    language = pool.customer.language
    settings = terms_of_sale.in_force(pool.holder, notice.noticed_at)
    if not notice.rolling or settings["rollover"] == "NONE":
        return [languages.say(language, "expiry_no_rollover")]
    sentences = [terms_of_sale.rollover_words(settings, language)]
    lost = notice.credits - notice.rolling
    if lost:
        sentences.append(
            languages.say(language, "expiry_not_all_roll", credits=_credits(lost, pool))
        )
    return sentences


def _buys(notice: ExpiryNotice, pool: Pool) -> list[str]:
    """What they would still buy, action by action: "Image: 1,200"."""
    return [
        f"{worth.name}: {printed.credits(worth.times, pool.customer.language)}"
        for worth in rate_words.still_buys(pool, notice.credits, notice.noticed_at)
        if worth.times
    ]


def _last_day(notice: ExpiryNotice, pool: Pool) -> str:
    """The last day on which they can be used."""
    last = calendar.last_day(notice.ends_at, pool.holder.time_zone)
    return printed.day(last, pool.customer.language)


def _credits(count: int, pool: Pool) -> str:
    """So many of the pool's unit."""
    language = pool.customer.language
    number = printed.credits(count, language)
    if pool.unit.code != units.CREDITS:
        return f"{number} {pool.unit.name}"
    key = "one_credit" if count == 1 else "many_credits"
    return languages.say(language, key, credits=number)
