"""Answers whether the books are signed: finance and the auditor sign how revenue is recognised (S71).

Until they have, every journal entry is a draft, however it came about, and no month can be closed.
With the signature what was a draft stands as posted: that is what is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from creditops.lib import clock, policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal

SETTING = "go_live_signed"
DRAFT, POSTED = "draft", "posted"


@dataclass(frozen=True)
class Signature:
    """Who signed which document, on which day, and from when it acts."""

    names: tuple[str, ...]
    signed_on: date
    document: str
    since: datetime


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            SETTING,
            False,
            policy_values.signature,
            "controller and auditor",
            "Who signed how revenue is recognised, on which day, in which document. Until then every "
            "journal entry is a draft, and no month can be closed.",
            books_only=True,
            guard=_stays_signed,
        )
    )


def signature(at: datetime) -> Signature | None:
    """The signature in force at `at`; None: the books are not signed. One query."""
    row = policies.in_force([], at).set_rows.get(SETTING)
    if row is None or not row.value:
        return None
    said = row.value
    return Signature(
        tuple(said["names"]), date.fromisoformat(said["date"]), said["document"], row.effective_at
    )


def state(at: datetime) -> str:
    """What journal entries are at `at`: drafts, or posted."""
    return DRAFT if signature(at) is None else POSTED


def warning() -> str:
    """What reports on books that are not signed say; empty where they are."""
    if signature(clock.now()) is not None:
        return ""
    return (
        "These books are not signed yet: every entry is a draft. The controller and the auditor "
        "sign in the settings."
    )


def check(at: datetime) -> None:
    """Refuse what only signed books take. Raises Refusal `books_not_signed`."""
    if signature(at) is None:
        raise Refusal(
            "books_not_signed",
            "The books are not signed yet: their entries are drafts. The controller and the auditor "
            "sign in the settings before a month can be closed.",
        )


def _stays_signed(value: Any, effective_at: datetime, at: datetime) -> None:
    if value is False and signature(effective_at) is not None:
        raise Refusal(
            "books_are_signed",
            "Books that are signed stay signed. Sign a new document instead.",
        )
