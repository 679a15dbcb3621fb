"""Does usage: events corrected and made void, exceptions let in or written off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib.admin_columns import address_of
from creditops.lib.refusals import NotFound, Refusal
from ledger import balances, corrections, exceptions, explain
from ledger.models import Pool, UsageEvent, UsageException


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
        balance = balances.of_pool(pool, as_of=self.at, known_at=self.at)
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
        return addresses.of_list(UsageException)

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
