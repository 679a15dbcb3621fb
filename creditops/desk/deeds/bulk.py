"""Does backfills: usage of the past taken into the books as one, or reversed as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from creditops.desk import fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib.admin_columns import address_of
from ledger import backfills
from ledger.models import Backfill

# What is more than this waits for the next run of due work, and is seen on the backfill's page.
TAKEN_IN_PLACE, VOIDED_IN_PLACE = 1_000, 100


class OfBackfill(Deed):
    """An act on a backfill."""

    form = fields.ReasonForm
    verb = "close_backfill"
    live = True

    def find(self, key: str) -> Backfill:
        """By its name."""
        return backfills.find(key)

    @property
    def heading(self) -> str:
        """Which one."""
        return f"{self.title}: {self.subject.name}"

    def home(self) -> str:
        """Its page."""
        return str(address_of(self.subject))

    def figures(self, values: dict[str, Any]) -> Figures:
        """How it stands."""
        found = backfills.standing(self.subject)
        state = Backfill.objects.get(pk=self.subject.pk).get_state_display()
        return (
            ("State", state),
            ("Rows that wait unseen", f"{found.waiting:,}"),
            *((f"Messages {status}", f"{n:,}") for status, n in sorted(found.statuses.items())),
            ("Void events", f"{found.void:,}"),
            ("Credits that it draws", f"{found.credits:,}"),
        )

    def facts(self, values: dict[str, Any]) -> Figures:
        """From when to when, and how much."""
        found = backfills.standing(self.subject)
        times = (("First event", found.first), ("Last event", found.last))
        return [
            ("Rows that wait unseen", f"{found.waiting:,}"),
            ("Credits that it draws", f"{found.credits:,}"),
            *((label, f"{time:%Y-%m-%d %H:%M} UTC") for label, time in times if time is not None),
        ]

    def _work(self, size: int, most: int, at: datetime) -> str:
        """Do it in place where that is quick; says how it stands then."""
        if size <= most:
            backfills.work(self.subject, now=lambda: at)
        state = Backfill.objects.get(pk=self.subject.pk).get_state_display()
        return f"{self.subject.name} is {state}."


class CloseBackfill(OfBackfill):
    """Take what waits in a backfill into the books."""

    name = "close-backfill"
    title = "Close a backfill"
    button = "Take it into the books"
    about = (
        "Everything that waits is judged and drawn by its own time, as received today: what is too late "
        "is let in with your reason, what falls into a closed month posts today. Until then nothing of "
        "it is seen by a balance, an alert or a customer."
    )

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """How long it takes."""
        return _slowly(self.subject.rows.count(), TAKEN_IN_PLACE, "rows are taken in")

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Say so, and do it if it is small."""
        size = self.subject.rows.count()
        backfills.close(self.subject, by=by, reason=values["reason"], at=at)
        return Done(self._work(size, TAKEN_IN_PLACE, at), self.home())


class ReverseBackfill(OfBackfill):
    """Make everything void that came from a backfill."""

    name = "reverse-backfill"
    title = "Reverse a backfill"
    button = "Reverse all of it"
    about = (
        "Every event of it is made void, for good, with your reason; what still waits is thrown away, "
        "what was set aside is written off. The books keep all of it. To load it again, take another "
        "source: ids stay taken for ever."
    )
    danger = True

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """How long it takes."""
        return _slowly(self._drawn(), VOIDED_IN_PLACE, "events are made void")

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Say so, and do it if it is small."""
        size = self._drawn()
        backfills.reverse(self.subject, by=by, reason=values["reason"], at=at)
        return Done(self._work(size, VOIDED_IN_PLACE, at), self.home())

    def _drawn(self) -> int:
        found = backfills.standing(self.subject)
        return found.statuses.get("applied", 0) - found.void


def _slowly(size: int, most: int, what: str) -> Sequence[str]:
    if size <= most:
        return ()
    return (
        f"{size:,} {what} piece by piece by the runs of due work; its page shows how far they are.",
    )
