"""Does usage: events corrected and made void, exceptions let in or written off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from creditops.desk import addresses, asked, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib.admin_columns import address_of
from creditops.lib.refusals import NotFound, Refusal
from ledger import corrections, exceptions, explain, holds, set_aside, totals
from ledger.models import Hold, Pool, UsageEvent, UsageException


class CorrectForm(fields.DeskForm):
    """To how many, and why."""

    credits = fields.Credits(label="Credits", help_text="the right number; 0 gives all of it back")
    reason = fields.reason("stands on the correction, for ever")


class OfEvent(Deed):
    """An act on a usage event that drew credits."""

    def find(self, key: str) -> UsageEvent:
        """The event."""
        event = explain.find(key)
        if event.status != UsageEvent.Status.APPLIED or event.pool_id is None:
            raise Refusal("correction_of_nothing", f"{event.key} drew nothing.")
        return event

    @property
    def heading(self) -> str:
        """Which event."""
        return f"{self.title}: {self.subject.key}, {self.subject.customer.name}"

    def home(self) -> str:
        """The event's page."""
        return str(address_of(self.subject))

    def figures(self, values: dict[str, Any]) -> Figures:
        """The event's credits, and the balance of its pool."""
        event = self.subject
        pools = Pool.objects.filter(customer_id=event.customer_id, id=event.pool_id)
        pool = pools.select_related("unit", "holder").get()
        balance = totals.of_pool(pool, self.at)
        return (
            ("Credits of the event", f"{explain.credits(event):,}"),
            (f"Available in {balance.holder}", f"{balance.available:,}"),
            ("Used", f"{balance.used:,}"),
            ("Overage", f"{balance.overage:,}"),
        )


class CorrectUsage(OfEvent):
    """Make an event smaller or larger."""

    name = "correct-usage"
    title = "Correct an event"
    verb = "correct_usage"
    button = "Correct the event"
    about = "The event stays as it was; the correction stands beside it, and posts today."
    form = CorrectForm

    def initial(self) -> dict[str, Any]:
        """What it is now."""
        return {"credits": explain.credits(self.subject)}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Correct it."""
        made = corrections.correct(
            self.subject, credits=values["credits"], by=by, reason=values["reason"], at=at
        )
        said = f"Correction {made.no} of {self.subject.key}: {made.credits:,} credits."
        return Done(said, self.home())


class VoidUsage(OfEvent):
    """Make an event void, for good."""

    name = "void-usage"
    title = "Void an event"
    verb = "correct_usage"
    button = "Void the event"
    about = "It gives everything back and is final: a void event cannot be corrected again."
    form = fields.ReasonForm
    danger = True

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Void it."""
        made = corrections.void(self.subject, by=by, reason=values["reason"], at=at)
        return Done(f"{self.subject.key} is void (correction {made.no}).", self.home())


class ReleaseHold(Deed):
    """Give a hold's credits back before it lapses by itself."""

    name = "release-hold"
    title = "Release a hold"
    verb = "correct_usage"
    button = "Release the hold"
    about = (
        "Its credits are there again for everybody; the work it was for is reported as an event."
    )
    form = fields.DeskForm

    def find(self, key: str) -> Hold:
        """One that is open."""
        found = holds.find(key)
        state = holds.state(found, self.at)
        if state != holds.OPEN:
            raise Refusal("hold_ended", f"Hold {found.code} was {state} already.")
        return found

    @property
    def heading(self) -> str:
        """Which hold, and whose."""
        return f"{self.title}: {self.subject.code}, {self.subject.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What is held, and what is free."""
        known = totals.of_pool(self.subject.pool, self.at)
        return (
            (f"Available in {known.holder}", f"{known.available:,}"),
            ("Held", f"{known.held:,}"),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Release it."""
        holds.release(self.subject, at=at)
        return Done(f"Hold {self.subject.code} is released.", self.home())


class OfException(Deed):
    """An act on a message that was set aside."""

    form = fields.ReasonForm

    def find(self, key: str) -> UsageException:
        """One that nobody ended yet."""
        if not (key.isascii() and key.isdecimal()):
            raise NotFound("exception", key)
        rows = UsageException.objects.select_related("source", "end").filter(pk=int(key))
        found: UsageException | None = rows.first()
        if found is None:
            raise NotFound("exception", key)
        if hasattr(found, "end"):
            raise Refusal("exception_ended", f"{found.key} was ended already: {found.end.outcome}.")
        return found

    @property
    def heading(self) -> str:
        """Which message, and what is wrong with it."""
        return f"{self.title}: {self.subject.key} ({self.subject.code.replace('_', ' ')})"

    def home(self) -> str:
        """The list of what was set aside."""
        return addresses.of("exceptions")

    def facts(self, values: dict[str, Any]) -> Figures:
        """The message."""
        body = self.subject.body
        return [(name.capitalize(), str(said)) for name, said in body.items()]


class LetIn(OfException):
    """Let a message in that could not be placed, now that it can."""

    name = "let-in-exception"
    title = "Let an exception in"
    verb = "correct_usage"
    button = "Let it in"
    about = "It is judged and drawn now, by its own time, whatever its age."

    def find(self, key: str) -> UsageException:
        """Conflicts are not let in: the event is there already."""
        found = super().find(key)
        if found.kind == UsageException.Kind.CONFLICT:
            raise Refusal("exception_conflict", "The event is stored with another content already.")
        return found

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Let it in; what still cannot be placed is refused."""
        done = exceptions.apply([self.subject], by=by, reason=values["reason"], at=at)
        if done.still:
            code = next(iter(done.still)).replace("_", " ")
            raise Refusal("exception_stays", f"It still cannot be placed: {code}.")
        status = next(iter(done.statuses), "ended")
        return Done(f"{self.subject.key} was let in: {status}.", self.home())


class WriteOff(OfException):
    """Let a message go."""

    name = "write-off-exception"
    title = "Write an exception off"
    verb = "correct_usage"
    button = "Write it off"
    about = "The message is kept, with your reason; nothing is drawn for it."
    danger = True

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write it off."""
        exceptions.write_off(self.subject, by=by, reason=values["reason"], at=at)
        return Done(f"{self.subject.key} is written off.", self.home())


class OfExceptions(Deed):
    """An act on many messages that were set aside: those that were ticked, or all that were asked for."""

    form = fields.ReasonForm
    live = True

    def find(self, key: str) -> list[UsageException]:
        """Those that wait still, the earliest first."""
        wanted = asked.find(key)
        rows = (
            set_aside.chosen(wanted)
            if isinstance(wanted, list)
            else set_aside.to_end(wanted, at=self.at)
        )
        found = [row for row in rows if self.concerns(row)]
        if not found:
            raise NotFound("exception that waits", key)
        return found

    def concerns(self, row: UsageException) -> bool:
        """Whether the act can be done with this one."""
        return True

    @property
    def heading(self) -> str:
        """How many."""
        return f"{self.title}: {len(self.subject):,}"

    def home(self) -> str:
        """The list."""
        return addresses.of("exceptions")

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """That there may be more."""
        if len(self.subject) < set_aside.AT_ONCE:
            return ()
        return (
            f"These are the {set_aside.AT_ONCE:,} that waited longest. Do it again for the others, or "
            "use the command line.",
        )

    def facts(self, values: dict[str, Any]) -> Figures:
        """How many of each reason, and from when to when."""
        counts = Counter(row.code.replace("_", " ") for row in self.subject)
        times = [row.event_time or row.received_at for row in self.subject]
        return [
            *((reason.capitalize(), f"{number:,}") for reason, number in counts.most_common()),
            ("First", f"{min(times):%Y-%m-%d %H:%M} UTC"),
            ("Last", f"{max(times):%Y-%m-%d %H:%M} UTC"),
        ]


class LetInMany(OfExceptions):
    """Let messages in that could not be placed, now that they can."""

    name = "let-in-exceptions"
    title = "Let exceptions in"
    verb = "correct_usage"
    button = "Let them in"
    about = (
        "They are judged and drawn now, by their own times, whatever their age. What still cannot be "
        "placed stays in the list."
    )

    def concerns(self, row: UsageException) -> bool:
        """Conflicts are not let in: the event is there already."""
        return row.kind != UsageException.Kind.CONFLICT

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Let them in; if none can be placed, that is refused."""
        done = exceptions.apply(self.subject, by=by, reason=values["reason"], at=at)
        if not done.statuses:
            codes = ", ".join(sorted(done.still)).replace("_", " ") or "ended already"
            raise Refusal("exception_stays", f"None of them can be placed: {codes}.")
        told = [f"{number:,} {status}" for status, number in done.statuses.items()]
        told += [
            f"{number:,} stay: {code.replace('_', ' ')}" for code, number in done.still.items()
        ]
        return Done(f"{', '.join(told)}.", self.home())


class WriteOffMany(OfExceptions):
    """Let messages go."""

    name = "write-off-exceptions"
    title = "Write exceptions off"
    verb = "correct_usage"
    button = "Write them off"
    about = "The messages are kept, with your reason; nothing is drawn for them."
    danger = True

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write them off."""
        number = exceptions.write_off_all(self.subject, by=by, reason=values["reason"], at=at)
        return Done(f"{number:,} written off.", self.home())
