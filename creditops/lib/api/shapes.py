"""Answers what the API's answers look like: JSON Schema from the types that the doors return.

A door returns a `TypedDict` named after what it shows (`BlockShown`); the type checker holds the
code to it, the API's description is made from it, and tests hold real answers to the description.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NotRequired,
    TypedDict,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema = dict[str, Any]
# Makes the schema of a TypedDict known under the type's name; returns what refers to it.
Register = Callable[[Any, Callable[[], Schema]], Schema]


class Keywords(dict[str, Any]):
    """Further keywords of a schema: `Annotated[str, Keywords(format="date")]`."""

    def __hash__(self) -> int:  # type: ignore[override]  # Annotated wants it hashable
        return id(self)


def one_of(values: Iterable[str]) -> Keywords:
    """One of these texts."""
    return Keywords(enum=[str(value) for value in values])


Instant = Annotated[str, Keywords(format="date-time", examples=["2026-01-31T09:00:00Z"])]
Day = Annotated[str, Keywords(format="date", examples=["2026-01-31"])]
Money = Annotated[str, Keywords(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["1250.00"])]
Currency = Annotated[str, Keywords(pattern="^[A-Z]{3}$", examples=["USD"])]

_BASIC = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
_Row = TypeVar("_Row")


class Page(TypedDict, Generic[_Row]):
    """A page of a list: `next` is the cursor of the page after it, null on the last one."""

    results: list[_Row]
    next: str | None


def of(hint: Any, register: Register) -> Schema:
    """The JSON Schema of a type.

    Args:
        hint: text, whole numbers, truth, `None`, `Any`, `Literal`, `Annotated` with further
            keywords, unions, lists, dicts, TypedDicts, pages of them.
        register: keeps the schemas of TypedDicts.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in _BASIC:
        return {"type": _BASIC[hint]}
    if origin is Annotated:
        return {**of(arguments[0], register), **arguments[1]}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [of(each, register) for each in arguments]}
    if origin is list:
        return {"type": "array", "items": of(arguments[0], register)}
    if origin is dict:
        return {"type": "object", "additionalProperties": of(arguments[1], register)}
    if origin is Page:
        rows = {"type": "array", "items": of(arguments[0], register)}
        return _object(Page, {"results": rows, "next": of(str | None, register)}, {})
    if is_typeddict(hint):
        return register(hint, lambda: _typed(hint, register))
    raise TypeError(f"{hint!r} has no JSON Schema")


def _typed(hint: Any, register: Register) -> Schema:
    always, sometimes = {}, {}
    for name, field in get_type_hints(hint, include_extras=True).items():
        if get_origin(field) is NotRequired:
            sometimes[name] = of(get_args(field)[0], register)
        else:
            always[name] = of(field, register)
    return _object(hint, always, sometimes)


def _object(hint: Any, always: dict[str, Schema], sometimes: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": " ".join((hint.__doc__ or "").split()),
        "properties": {**always, **sometimes},
        "required": list(always),
    }
