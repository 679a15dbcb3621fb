"""Does the close of months, step by step; opening one again is asked for, and another person agrees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from creditops.close import month_end, points
from creditops.close.points import Checklist, Point, State
from creditops.desk import addresses, fields, key_figures
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from ledger import closing, posting
from ledger.models import AccountingPeriod, JournalEntry

_VERB = "close_period"


def _month(key: str) -> date:
    """The month of an address. Raises NotFound."""
    try:
        return date.fromisoformat(f"{key}-01")
    except ValueError as error:
        raise NotFound("month", key) from error


class _OfMonth(Deed):
    """An act on a month."""

    verb = _VERB
    form = fields.ReasonForm

    def find(self, key: str) -> date:
        """The month."""
        return _month(key)

    @property
    def heading(self) -> str:
        """Which month."""
        return f"{self.title}: {self.subject:%B %Y}"

    def home(self) -> str:
        """The month's page."""
        return addresses.of("close_of", f"{self.subject:%Y-%m}")


class BeginClose(_OfMonth):
    """Begin to close a month: everybody sees it, what waits is posted."""

    name = "begin-close"
    title = "Begin to close"
    button = "Begin"
    about = "Usage that waits is posted. The month still takes entries, until it is closed."

    def figures(self, values: dict[str, Any]) -> Figures:
        """What the journal says."""
        return _figures(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Begin."""
        made = closing.begin(self.subject, by=by, at=at)
        return Done(f"{made} is being closed.", self.home())


class LetPointPass(Deed):
    """Let a month close with an open point of its checklist."""

    name = "let-pass"
    title = "Let a point pass"
    verb = _VERB
    button = "Let it pass"
    about = "It holds for the figures as they stand. Where they change, somebody has to look again."

    class form(fields.DeskForm):  # noqa: N801  what a deed is typed into
        """Why."""

        reason = fields.reason("stands on the month's checklist, for ever")

    def find(self, key: str) -> Point:
        """An open point of a month, by `2026-05/exceptions`."""
        month, _, code = key.partition("/")
        self.month = _month(month)
        found = next((p for p in points.of(self.month, at=self.at).points if p.code == code), None)
        if found is None:
            raise NotFound("point", key)
        if found.state is not State.OPEN:
            raise Refusal("point_not_open", f"{found.title}: {found.stood}. Nothing has to pass.")
        return found

    @property
    def heading(self) -> str:
        """Which point."""
        return f"{self.month:%B %Y}: {self.subject.title}"

    def home(self) -> str:
        """The month's page."""
        return addresses.of("close_of", f"{self.month:%Y-%m}")

    def facts(self, values: dict[str, Any]) -> Figures:
        """How it stands."""
        return [("How it stands", self.subject.stood)]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Let it pass."""
        made = month_end.let_pass(
            self.month, self.subject.code, by=by, reason=values["reason"], at=at
        )
        return Done(f"{self.subject.title}: let pass for {made.period}.", self.home())


class CloseMonth(_OfMonth):
    """Close a month of the books: usage that waits is posted, then nothing any more."""

    name = "close-month"
    title = "Close a month"
    button = "Close the month"
    about = (
        "Usage that waits is posted first. What arrives later for the month posts on its own day, marked as "
        "about an earlier month."
    )
    danger = True

    def notes(self, values: dict[str, Any]) -> list[str]:
        """What stops it."""
        found: Checklist = points.of(self.subject, at=self.at)
        return [f"{point.title}: {point.stood}" for point in found.open]

    def figures(self, values: dict[str, Any]) -> Figures:
        """What the journal says."""
        return _figures(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Close it."""
        made = month_end.close(self.subject, by=by, at=at, reason=values["reason"])
        return Done(f"{made} is closed.", self.home())


class ReopenMonth(_OfMonth):
    """Ask for a closed month to be opened again; another person has to agree."""

    name = "reopen-month"
    title = "Open a month again"
    button = "Ask for it"
    about = (
        "Entries can be posted into the month again until it is closed anew. Finance or the controller has "
        "to agree, somebody else than you."
    )
    danger = True

    def find(self, key: str) -> date:
        """A month that is closed."""
        month = _month(key)
        period = closing.find(month)
        if period.state != AccountingPeriod.State.CLOSED:
            raise Refusal("period_not_closed", f"{period} is not closed: nothing has to be opened.")
        return month

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Ask for it."""
        asked: Approval = closing.request_reopening(
            self.subject, by=by, reason=values["reason"], at=at
        )
        return Done(f"Asked for: {asked.summary}", self.home())


class PostUsage(Deed):
    """Post the usage that waits to the journal."""

    name = "post-usage"
    title = "Post usage"
    verb = _VERB
    button = "Post it"
    about = "Each pool's draws since the last posting, by date. A close does the same by itself."
    form = fields.ReasonForm
    keyed = False

    def home(self) -> str:
        """The journal."""
        return addresses.of_list(JournalEntry)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What the journal says."""
        return key_figures.of_the_books(self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Post it."""
        entries = posting.run(at)
        return Done(f"{entries:,} entries of usage are posted.", self.home())


def _figures(month: date, at: datetime) -> Figures:
    last = date.fromordinal(calendar.add_months(month, 1).toordinal() - 1)
    entries = JournalEntry.objects.filter(posting_date__range=(month, last)).count()
    return [("Entries of the month", f"{entries:,}"), *key_figures.of_the_books(at)]
