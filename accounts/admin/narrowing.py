"""Answers which rows of a list belong to whom: what one may see, then one customer's."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import TextFilter

from accounts import access
from accounts.models import Customer


class CustomerRows:
    """Rows that lead to a customer: a list starts with those that the viewer may see. A mixin.

    `customer` is the lookup from a row to its customer.
    """

    customer: ClassVar[str] = "customer"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the viewer may see."""
        rows = super().get_queryset(request)  # type: ignore[misc]
        return access.visible_to(request.user, rows, customer=self.customer)


class CustomerFilter(TextFilter):  # type: ignore[misc]  # Unfold has no types
    """One customer by its code. The id is looked up first, so that hot rows are read by their key."""

    title = "customer"
    parameter_name = "customer"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the customer with this code; none for a code that nobody has."""
        code = (self.value() or "").strip()
        if not code:
            return queryset
        wanted = Customer.objects.filter(code=code).values_list("pk", flat=True).first()
        if wanted is None:
            return queryset.none()
        return queryset.filter(**{f"{self._lookup(queryset)}_id": wanted})

    def _lookup(self, queryset: QuerySet[Any]) -> str:
        registered: Any = admin.site._registry[queryset.model]
        return str(registered.customer)
