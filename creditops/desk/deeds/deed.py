"""Does an act of the staff: what is typed becomes one call into work, rehearsed before it is done.

A rehearsal is the call itself, in a transaction that is rolled back: what the confirmation page says
is what will be written, and a Refusal comes before anything is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction

from creditops.desk import written
from creditops.desk.fields import DeskForm
from creditops.lib.admin_tables import Listing

# What a page says in figures: label and text.
Figures = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Done:
    """What was done: a sentence that names what was written, and where to go on from there.

    `secret` is shown this once, on a page of its own.
    """

    sentence: str
    address: str
    secret: str = ""


@dataclass(frozen=True)
class Change:
    """A figure before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Effect:
    """What an act will do: figures that change, what is written, what to think of."""

    changes: list[Change]
    listings: list[Listing]
    sentence: str
    touched: list[Listing] = field(default_factory=list)
    notes: Sequence[str] = field(default_factory=tuple)


class Deed:
    """One thing that staff may do, about one subject or about nothing that exists yet.

    Attributes:
        name: in its address.
        title: of its page.
        verb: who may.
        button: what the button says.
        about: a sentence for whoever opens the page.
        form: what is typed.
        keyed: whether its address names a subject.
        live: whether `facts` follow what is typed.
        danger: whether it ends something.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    verb: ClassVar[str]
    button: ClassVar[str]
    about: ClassVar[str] = ""
    form: ClassVar[type[DeskForm]]
    keyed: ClassVar[bool] = True
    live: ClassVar[bool] = False
    danger: ClassVar[bool] = False
    template: ClassVar[str] = "desk/deed.html"

    def __init__(self, key: str, user: Any, at: datetime) -> None:
        """Find the subject. Raises NotFound, or Refusal where nothing can be done with it."""
        self.user, self.at = user, at
        self.subject: Any = self.find(key)

    def find(self, key: str) -> Any:
        """What the act is about, by the key in the address."""
        return None

    @property
    def heading(self) -> str:
        """The head of its page."""
        return self.title

    def home(self) -> str:
        """Where one goes who does not do it."""
        raise NotImplementedError

    def initial(self) -> dict[str, Any]:
        """What the form begins with."""
        return {}

    def make_form(self, data: Any = None) -> DeskForm:
        """The form; its choices may depend on the subject."""
        return self.form(data) if data is not None else self.form(initial=self.initial())

    def facts(self, values: dict[str, Any]) -> Figures:
        """What follows from what is typed, as far as it is; reads only."""
        return ()

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """What is worth a second look before it is done; reads only."""
        return ()

    def figures(self, values: dict[str, Any]) -> Figures:
        """How the subject stands; asked before and after."""
        return ()

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Whom it touches who is not its subject; asked before, reads only."""
        return []

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """The one call into work."""
        raise NotImplementedError


def rehearse(deed: Deed, values: dict[str, Any], *, by: str, at: datetime) -> Effect:
    """What `deed` would do: it is done and taken back. Raises what it would be refused with."""
    notes = deed.notes(values)
    with transaction.atomic():
        touched = deed.touched(values)
        before, start = dict(deed.figures(values)), written.mark()
        done = deed.do(values, by=by, at=at)
        after, found = deed.figures(values), written.since(start, at)
        changes = [Change(label, before.get(label, "–"), said) for label, said in after]
        effect = Effect(changes, found.listings(), done.sentence, touched, notes)
        transaction.set_rollback(True)
    return effect
