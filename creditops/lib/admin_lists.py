"""Does the lists of the admin: counted no further than needed, related rows fetched by customer,
filters that fit the kind of a field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.utils import parse_date_str
from unfold.views import ChangeList

from creditops.lib import admin_columns

# Rows counted at most: a list of millions opens as quickly as one of tens. Who wants to see more of
# it narrows it by customer and date.
COUNTED_MAX = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Pages over the first `COUNTED_MAX` rows."""

    template_name = "admin/pages.html"

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most `COUNTED_MAX`."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:COUNTED_MAX].count())


class RowList(ChangeList):  # type: ignore[misc]  # Unfold has no types
    """A list whose rows lead to their pages, with what their columns name already fetched."""

    def get_results(self, request: Any) -> None:
        """Fetch the page, then whatever its columns show beside it."""
        super().get_results(request)
        rows = list(cast(Any, self).result_list)
        self.result_list: list[Any] = rows
        self.model_admin.fetch(rows)
        # Nobody counted the rest, so Unfold shall not offer to show it.
        self.full_result_count = self.result_count

    @property
    def counted(self) -> str:
        """How many rows there are, as far as they were counted."""
        capped = self.result_count >= COUNTED_MAX
        return f"the first {COUNTED_MAX:,}" if capped else f"{self.result_count:,}"

    def url_for_result(self, result: Model) -> str:
        """The page of a row."""
        return str(admin_columns.address_of(result))


def attach(rows: Sequence[Any], names: Iterable[str]) -> None:
    """Set related rows on `rows`, and on those what they are named by.

    Args:
        rows: of one model.
        names: of foreign keys.

    One query for each, with the customer wherever the key of what is looked up has one.
    """
    for name in names:
        field = type(rows[0])._meta.get_field(name) if rows else None
        missing = [row for row in rows if field and not field.is_cached(row)]
        if missing:
            _attach_one(missing, field)


def _attach_one(owners: Sequence[Any], field: Any) -> None:
    keys = {key for owner in owners if (key := getattr(owner, field.attname)) is not None}
    if not keys:
        return
    model = field.related_model
    by_customer = admin_columns.is_hot(model) and hasattr(owners[0], "customer_id")
    wanted = {"pk__in": keys}
    if by_customer:
        wanted["customer_id__in"] = {owner.customer_id for owner in owners}
    found = list(model._default_manager.filter(**wanted).order_by())
    attach(found, getattr(admin.site._registry.get(model), "named_by", ()))
    by_key = {(row.customer_id if by_customer else None, row.pk): row for row in found}
    for owner in owners:
        key = (owner.customer_id if by_customer else None, getattr(owner, field.attname))
        if key in by_key:
            setattr(owner, field.name, by_key[key])


class DaysFilter(RangeDateFilter):  # type: ignore[misc]  # Unfold has no types
    """Instants between two days in UTC, both included; dates likewise."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of these days; a day that cannot be read narrows nothing."""
        first, last = (self._day(end) for end in ("from", "to"))
        wanted: dict[str, Any] = {}
        if isinstance(self.field, models.DateTimeField):
            if first:
                wanted["gte"] = datetime.combine(first, time(), UTC)
            if last:
                wanted["lt"] = datetime.combine(last + timedelta(days=1), time(), UTC)
        else:
            wanted = {"gte": first, "lte": last}
        given = {f"{self.field_path}__{way}": end for way, end in wanted.items() if end}
        return queryset.filter(**given)

    def _day(self, end: str) -> Any:
        written = self.used_parameters.get(f"{self.parameter_name}_{end}")
        return parse_date_str(written) if written else None


def filter_of(model: type[Model], name: Any) -> Any:
    """The filter that fits a field; what is a filter already stays."""
    if not isinstance(name, str):
        return name
    field: Any = model._meta.get_field(name)
    if isinstance(field, models.DateField):
        return name, DaysFilter
    if isinstance(field, models.BooleanField):
        return name, BooleanRadioFilter
    if isinstance(field, models.ForeignKey):
        return name, RelatedDropdownFilter
    return (name, ChoicesDropdownFilter) if field.choices else name
