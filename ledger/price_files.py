"""Answers with the prices in LiteLLM's public price file: per model and measure, exact.

The file is one JSON object, model -> {"litellm_provider": ..., "input_cost_per_token": 2.5e-06, ...}.
Every number whose name speaks of a cost is a measure; a group of them (by size of a search, say) is one
measure each, `group.name`. Numbers are read as written, never as floats.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from creditops.lib.refusals import Refusal

# The file's prices are in this currency, without saying so.
CURRENCY = "USD"

_PROVIDER = "litellm_provider"
# A model of this name shows what may stand in the file.
_SAMPLE = "sample_spec"
# No price has more digits before the point or behind it than the catalogue keeps.
_DIGITS, _DECIMALS = 18, 24
_LONGEST = {"provider": 100, "model": 200, "measure": 120}


@dataclass(frozen=True)
class Price:
    """What a provider charges for one of a measure of a model, in US dollars."""

    provider: str
    model: str
    measure: str
    cost: Decimal


def read(path: Path) -> list[Price]:
    """All prices of the file, in its order. Raises Refusal `file_unreadable` or `price_unreadable`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("file_unreadable", f"{path} can't be read: {error}.") from error
    try:
        models = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refusal("file_unreadable", f"{path} is no JSON: {error}.") from error
    if not isinstance(models, dict) or not all(isinstance(m, dict) for m in models.values()):
        raise Refusal("file_unreadable", f"{path} is no price file: one object, model by model.")
    return [
        _checked(Price(str(said.get(_PROVIDER, "")), model, measure, cost))
        for model, said in models.items()
        if model != _SAMPLE and said.get(_PROVIDER)
        for measure, cost in _costs(said)
    ]


def _costs(said: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, Decimal]]:
    for name, value in said.items():
        if not group and "cost" not in name:
            continue
        if isinstance(value, dict):
            yield from _costs(value, f"{group}{name}.")
        elif isinstance(value, Decimal):
            yield f"{group}{name}", value


def _checked(price: Price) -> Price:
    """The price as the catalogue keeps it. Raises Refusal `price_unreadable`."""
    cost = price.cost
    where = f"{price.model} ({price.measure})"
    if not cost.is_finite() or cost < 0:
        raise Refusal("price_unreadable", f"{cost} is no price: {where}.")
    exponent = cost.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_DECIMALS or cost.adjusted() >= _DIGITS:
        raise Refusal("price_unreadable", f"{cost} has more digits than are kept: {where}.")
    for name, most in _LONGEST.items():
        text = getattr(price, name)
        if len(text) > most or not text.isprintable():
            raise Refusal("price_unreadable", f"The {name} of {where[:80]} is no name.")
    return price
