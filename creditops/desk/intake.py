"""Answers what became of all messages ever received: applied, and the rest (S65)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from creditops.pictures.svg import element, join
from ledger import intake_counts, messages

_WIDTH, _HEIGHT = 1_000, 14
_TONES = {
    messages.APPLIED: "good",
    messages.RECORDED: "calm",
    messages.DUPLICATE: "calm",
    messages.REFUSED: "warn",
    messages.HELD: "warn",
    messages.CONFLICT: "bad",
    messages.EXCEPTION: "bad",
}


@dataclass(frozen=True)
class Share:
    """Messages of one fate."""

    status: str
    messages: int
    tone: str


@dataclass(frozen=True)
class Progress:
    """Everything received, and its parts; together they are all of it, always."""

    received: int
    shares: Sequence[Share]
    picture: SafeString


def progress() -> Progress:
    """Messages by their present fate."""
    counts = intake_counts.of()
    received = counts.pop("received")
    shares = [Share(status, number, _TONES[status]) for status, number in counts.items()]
    return Progress(received, shares, _picture(received, shares))


def _picture(received: int, shares: Sequence[Share]) -> SafeString:
    parts, at = [], 0.0
    for share in shares:
        width = _WIDTH * share.messages / received if received else 0.0
        parts.append(
            element("rect", x=at, y=0, width=width, height=_HEIGHT, class_=f"share {share.tone}")
        )
        at += width
    said = ", ".join(f"{share.messages:,} {share.status}" for share in shares if share.messages)
    return element(
        "svg", join(parts), viewBox=f"0 0 {_WIDTH} {_HEIGHT}", preserveAspectRatio="none",
        role="img", aria_label=f"{received:,} received: {said}",
    )  # fmt: skip
