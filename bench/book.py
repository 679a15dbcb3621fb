"""Answers what is measured on: one contract, and usage that is the same in every run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from contracts.models import Contract
from creditops.demo import code_completion
from ledger.messages import Message

START = datetime(2026, 1, 1, tzinfo=UTC)
_SEED = 1


def open_contract() -> Contract:
    """A code-completion service's contract, in an empty book."""
    return code_completion.sign(START)


def usage(first: int, number: int) -> list[Message]:
    """So many completions, one a second, the first of them being number `first`."""
    draw = Random(_SEED + first)
    return [
        Message(
            source="bench",
            key=str(n),
            customer=code_completion.CUSTOMER,
            meter=code_completion.METER,
            time=START + timedelta(seconds=n),
            data={
                "context_tokens": Decimal(draw.randint(1, 4_000)),
                "generated_tokens": Decimal(draw.randint(1, 60)),
            },
        )
        for n in range(first, first + number)
    ]
