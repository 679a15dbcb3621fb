"""Answers what blocks still carry of what was paid for them. Pure.

A block with a cost layer of its own carries its cost less what was released (M4). Blocks that share
one carry it in turn, in the order of their numbers: each what its credits would release after those of
the blocks before it. So the parts add up to the layer's value to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import groupby

from creditops.lib import money


@dataclass(frozen=True)
class Standing:
    """A block on its cost layer: `came` credits came to the layer with it, `rest` of them are there."""

    block_id: int
    layer_id: int
    quantity: int
    cost_minor: int
    came: int
    rest: int


@dataclass(frozen=True)
class Value:
    """What a block's credits cost when they came to their layer, and what of it is not released."""

    cost_minor: int
    left_minor: int
    unit_cost: Fraction


def of(blocks: Iterable[Standing], rounding: str = money.HALF_UP) -> dict[int, Value]:
    """The values of blocks by id, as the books round; of a shared layer all blocks have to be there."""
    found: dict[int, Value] = {}
    ordered = sorted(blocks, key=lambda block: (block.layer_id, block.block_id))
    for _, of_layer in groupby(ordered, key=lambda block: block.layer_id):
        found |= _on_one_layer(list(of_layer), rounding)
    return found


def _on_one_layer(blocks: list[Standing], rounding: str) -> dict[int, Value]:
    layer = blocks[0]
    came = 0
    gone = layer.quantity - sum(block.rest for block in blocks)
    found = {}
    for block in blocks:
        found[block.block_id] = Value(
            _between(layer, came, block.came, rounding),
            _between(layer, gone, block.rest, rounding),
            Fraction(layer.cost_minor, layer.quantity),
        )
        came += block.came
        gone += block.rest
    return found


def _between(layer: Standing, start: int, credits: int, rounding: str) -> int:
    """What the layer releases from `start` on over so many credits."""
    released = partial(money.released, layer.cost_minor, layer.quantity, rounding=rounding)
    return released(start + credits) - released(start)
