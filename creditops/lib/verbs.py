"""Answers whether somebody may do something: a permission is a verb, whatever model carries it."""

from __future__ import annotations

from typing import Any


def may(user: Any, verb: str) -> bool:
    """Whether `user`, a person or nobody, may do `verb` (`record_payment`): staff whose role has it,
    and superusers.

    An empty verb is what everybody on the staff may.
    """
    if not (user.is_active and user.is_staff):
        return False
    if not verb or user.is_superuser:
        return True
    return any(name.endswith(f".{verb}") for name in user.get_all_permissions())
