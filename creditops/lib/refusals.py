"""Answers how a rule says no: one exception with a stable code and a sentence that people can act on.

Doors translate it: the API answers 409 (422 where the body could not be read as meant), the admin
shows the sentence, the command line prints it. docs/refusals.md lists the codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (`path`, dotted), which rule (`code`), what to do (`detail`)."""

    path: str
    code: str
    detail: str


@dataclass(eq=False)
class Refusal(Exception):
    """A rule says no, and nothing was written.

    Attributes:
        code: stable, lower case with underscores; clients may branch on it.
        detail: a sentence fit for finance staff: what, where, what to do.
        problems: the single faults of a body that has several.
        unreadable: the input could not be read as meant (422), rather than refused by a rule (409).
    """

    code: str
    detail: str
    problems: list[Problem] = field(default_factory=list)
    unreadable: bool = False

    def __str__(self) -> str:
        return self.detail


class NotFound(Refusal):
    """What was asked for does not exist, or not for the one who asks: doors answer 404."""

    def __init__(self, what: str, name: object) -> None:
        super().__init__("not_found", f"There is no {what} {name!r}.")
