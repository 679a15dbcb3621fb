"""Answers whether a caller goes too fast: counts per key in the cache that all web processes share.

A limit is so many per window of time; windows begin at whole multiples of their length. What comes
while the count is below the limit is taken whole, so that a batch larger than the limit gets in too.
Where the cache is away nobody is kept out: a limit protects the books, it is not one of their rules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from math import ceil

from django.core.cache import caches
from redis.exceptions import RedisError
from rest_framework.exceptions import ErrorDetail, Throttled

# How many in how many seconds.
Rate = tuple[int, int]

_log = logging.getLogger(__name__)


class TooFast(Throttled):
    """More than the deployment allows this key for now: 429, with the seconds to wait."""

    default_code = "rate_limited"

    def __init__(self, what: str, rate: Rate, wait: float) -> None:
        most, seconds = rate
        super().__init__()
        # Not DRF's own sentence, and given here only: with `wait` it would be put behind this one.
        self.wait = wait
        self.detail = ErrorDetail(
            f"This API key may send {most:,} {what} in {seconds:,} s. Nothing of this request was "
            f"taken. Send it again in {ceil(wait)} s.",
            self.default_code,
        )


def keep(rate: Rate | None, what: str, who: str, *, at: datetime, count: int) -> None:
    """Count `count` of `what` for `who`, unless they have used up their limit already.

    Args:
        rate: the limit; None for none.
        what: what is counted, as the refusal says it: `requests`.
        count: 0 only asks.

    Raises TooFast with the seconds until the window ends.
    """
    if rate is None:
        return
    most, seconds = rate
    window, spent = divmod(at.timestamp(), seconds)
    name = f"pace:{what}:{who}:{seconds}:{int(window)}"
    if _reached(lambda: _counted(name, count, most, seconds)):
        raise TooFast(what, rate, seconds - spent)


def _counted(name: str, count: int, most: int, seconds: int) -> bool:
    """Whether the limit was reached before; else counted. The step is atomic in the cache."""
    shared = caches["shared"]
    shared.add(name, 0, timeout=2 * seconds)
    return bool(shared.incr(name, count) - count >= most)


def _reached(asked: Callable[[], bool]) -> bool:
    try:
        return asked()
    except (RedisError, OSError, ValueError):
        # ValueError: the count expired, or was pushed out, between two steps.
        _log.exception("requests are not counted for the moment")
        return False
