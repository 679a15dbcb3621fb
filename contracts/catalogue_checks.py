"""Answers what is worth a second look in a catalogue: one side has to be simple (S20, S22, S23). Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.models import RateCard
from ledger.models import Rate
from ledger.tariffs import ENTITLING

CHEAPEST_IS_NOT_ONE = "CHEAPEST_ACTION_IS_NOT_ONE_CREDIT"
SINGLE_IS_NOT_ONE = "SINGLE_OUTPUT_IS_NOT_ONE_CREDIT"
BOTH_SIDES_COMPLEX = "BOTH_SIDES_COMPLEX"

Warnings = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """What an action asks for, as far as these checks care."""

    kind: str
    credits: int
    per: int = 1


def warnings(mode: str, actions: Sequence[Asked], ratios: Collection[Fraction] = ()) -> Warnings:
    """What is worth a second look: (code, sentence) each.

    Args:
        mode: of `RateCard.Mode`: one credit buys one output, or one pool and many rates.
        actions: everything on the card.
        ratios: how many credits one unit of money buys, each that is on offer in one currency; more
            than one, or one that is no whole number, is a dollar side that needs a table too.
    """
    return [*_cheapest(actions), *_single(mode, actions), *_both_sides(mode, actions, ratios)]


def _cheapest(actions: Sequence[Asked]) -> Warnings:
    rates = [a.credits for a in actions if a.kind in (Rate.Kind.FIXED, Rate.Kind.PACK)]
    if not rates or min(rates) == 1:
        return []
    said = (
        f"The cheapest action costs {min(rates)} credits. One credit should be one unit of the "
        "cheapest action."
    )
    return [(CHEAPEST_IS_NOT_ONE, said)]


def _single(mode: str, actions: Sequence[Asked]) -> Warnings:
    drawn = [a for a in actions if a.kind not in ENTITLING]
    if mode != RateCard.Mode.SINGLE or all((a.credits, a.per) == (1, 1) for a in drawn):
        return []
    said = (
        "The card says that one credit buys one output, but not every action costs one credit. Price "
        "each at one credit, or let the card have many rates."
    )
    return [(SINGLE_IS_NOT_ONE, said)]


def _both_sides(mode: str, actions: Sequence[Asked], ratios: Collection[Fraction]) -> Warnings:
    simple = len(ratios) <= 1 and all(ratio.denominator == 1 for ratio in ratios)
    many = len({Fraction(a.credits, a.per) for a in actions}) > 1
    if mode != RateCard.Mode.MULTI or simple or not many:
        return []
    said = (
        "Actions have many rates, and a credit has more than one price. Nobody can tell what an action "
        "costs: keep one side simple, like $1 = 100 credits."
    )
    return [(BOTH_SIDES_COMPLEX, said)]
