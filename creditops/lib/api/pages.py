"""Answers with pages of a list by keyset: `?limit=&cursor=`, total order, nothing shown twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from creditops.lib.api.forms import Cursor
from creditops.lib.api.shapes import Page

_M = TypeVar("_M", bound=Model)
_Shown = TypeVar("_Shown")


def page(
    rows: QuerySet[_M], query: Mapping[str, Any], show: Callable[[_M], _Shown], *, key: str = "id"
) -> Page[_Shown]:
    """One page of `rows`, newest first.

    Args:
        query: what `forms.Paged` read: `limit`, and `cursor` behind which the page begins.
        show: a row as the API shows it.
        key: unique, indexed, grows with every row.
    """
    limit = query["limit"]
    if "cursor" in query:
        rows = rows.filter(**{f"{key}__lt": query["cursor"]})
    found = list(rows.order_by(f"-{key}")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return {
        "results": [show(row) for row in found],
        "next": Cursor.at(getattr(found[-1], key)) if more else None,
    }
