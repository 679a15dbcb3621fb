"""Answers what one method of a door needs, takes, answers and refuses: declared once, beside it.

The door itself reads its scope, body and query from here (`accounts/api/callers.py`), and the API's
description is made from it (`description.py`), so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from creditops.lib.api import forms

_Method = TypeVar("_Method", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of a door; written above it as a decorator.

    Attributes:
        scope: what the key must be allowed to do.
        answers: the type of the answer (`shapes.py`); a media type for a file.
        status: of the answer.
        waits: what was asked for may wait for somebody to agree: then 202, and the same answer.
        body, query: the forms of what is sent.
        messages: instead of `body`: what each media type carries, as types of msgspec.
        headers: that it reads, each with what it says.
        refuses: codes of the rules that may say no (409).
        unreadable: codes of what may not be meant (422), besides `body_invalid` and its like.
        vendors_own: of the vendor itself, so not for keys that are bound to a customer.
        keyed: takes an Idempotency-Key; only methods that write look at it.
    """

    scope: str
    answers: Any
    status: int = 200
    waits: bool = False
    body: type[forms.Body] = forms.Nothing
    query: type[forms.Query] = forms.Query
    messages: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    refuses: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    vendors_own: bool = False
    keyed: bool = True

    def __call__(self, method: _Method) -> _Method:
        vars(method)["operation"] = self
        return method


def of(view: object, method: str) -> Operation | None:
    """What `view` does on an HTTP method; None where it has no such method."""
    found: Operation | None = getattr(getattr(view, method.lower(), None), "operation", None)
    return found
