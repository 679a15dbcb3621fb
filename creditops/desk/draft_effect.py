"""Answers what a draft would have made of the last whole month, in a few figures (S17)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from contracts import rate_drafts, studies
from contracts.models import RateDraft
from contracts.studies import Scenario
from creditops.desk import study_words
from creditops.desk.deeds.deed import Figures
from creditops.lib import calendar
from ledger import books


def last_month(at: datetime) -> tuple[date, date]:
    """The first and the last day of the month that ended last, in the books' zone."""
    today = books.date_of(at, books.current(at))
    last = calendar.month_start(today) - timedelta(days=1)
    return calendar.month_start(last), last


def figures(draft: RateDraft, at: datetime) -> Figures:
    """Revenue and credits of the last whole month's usage, before and after."""
    first, last = last_month(at)
    zone = books.current(at).time_zone
    start, end = (calendar.local_midnight(day, zone) for day in (first, last + timedelta(days=1)))
    scenario = Scenario(str(draft), rate_drafts.items_of(draft))
    [study] = studies.run(draft.card.code, [scenario], first=start, last=end, at=at)
    month = f"{first:%B %Y}"
    return [
        (f"{label}, {month}", f"{said} ({note})")
        for label, said, note in study_words.figures(study)
    ]
