"""Does the bases of all admin pages: nobody adds, changes or deletes, unless a page says who may.

| base | for | who may change |
|---|---|---|
| `ReadOnlyAdmin` | books, counters, queues, records that only verbs change | nobody, no superuser |
| `HotRowAdmin` | the same, for rows keyed by customer and id | nobody |
| `RecordAdmin` | ordinary facts: a customer's address, the seller's profile | whoever has its verb |
| `HouseholdAdmin` | rows of libraries: the schedule of the beat | superusers |

What else may be done with a row is a page of the desk, offered by `creditops/lib/offers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from creditops.lib import admin_columns, offers, verbs
from creditops.lib.admin_lists import CappedPaginator, RowList, attach, filter_of
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import Refusal

ROWS_PER_PAGE = 50


class HouseAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold has no types
    """What every admin page of the house has in common. Deny by default.

    Attributes:
        hidden: fields that no page shows: secrets, bytes.
        named_by: foreign keys that the name of a row (`__str__`) reads; fetched with it.
        hot: whether its key is customer and id.
    """

    hidden: ClassVar[Sequence[str]] = ()
    named_by: ClassVar[Sequence[str]] = ()
    hot: ClassVar[bool] = False

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = ROWS_PER_PAGE
    list_max_show_all = ROWS_PER_PAGE
    list_fullwidth = True
    list_filter_submit = True
    show_facets = ShowFacets.NEVER
    actions: Any = ()
    change_form_template = "admin/row.html"

    def fetch(self, rows: Sequence[Any]) -> None:
        """Fetch what a list shows beside its rows: by default the rows that its columns name."""
        foreign = {field.name for field in self.model._meta.fields if field.is_relation}
        attach(rows, [*self.named_by, *(n for n in self.list_display if n in foreign)])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RowList]:
        """Our own list."""
        return RowList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns, each as its field asks for; the first leads to the row, so it is no link of
        its own."""
        first, *others = super().get_list_display(request)
        named = admin_columns.of_name(self.model, first) or self.column(first)
        return [named, *(self.column(name) for name in others)]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """The filters, each as its field asks for."""
        return [filter_of(self.model, name) for name in super().get_list_filter(request)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Every field but the hidden ones and its key, unless a page names its own."""
        own = [field.name for field in self.model._meta.fields if not field.primary_key]
        named = self.fields or own
        return [self.column(name) for name in named if name not in self.hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All of them."""
        return self.get_fields(request, obj)

    def column(self, name: Any) -> Any:
        """How a field is shown; what is a method here stays one."""
        known = not isinstance(name, str) or hasattr(self, name)
        return name if known else admin_columns.of(self.model, name)

    def offered(self, request: HttpRequest, row: Any) -> list[dict[str, str]]:
        """What this viewer may do with a row: buttons with title, icon and path."""
        return offers.of_row(row, request.user)

    def tables(self, row: Any) -> list[Listing]:
        """What belongs to a row and is shown below it."""
        return []

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row, with the rows that its page names."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            attach([row], [f.name for f in row._meta.fields if f.is_relation])
        return row

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """The page of a row, with what may be done with it."""
        row = kwargs.get("obj")
        if row is not None:
            context["offers"] = self.offered(request, row)
            context["tables"] = self.tables(row)
            context["subtitle"] = None
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with what may be done above it."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if hasattr(response, "context_data"):
            response.context_data["actions_list"] = offers.of_list(self.model, request.user)
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed the row is told by the audit, not by notes of the admin."""
        raise Http404

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A list cannot be asked about what no page shows: its answers would tell."""
        if lookup.partition("__")[0] in self.hidden:
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """What is not there, or not for you, is not found."""
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit is the one record of changes."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit is the one record of changes."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The audit is the one record of changes."""


class ReadOnlyAdmin(HouseAdmin):
    """Rows that are looked at, never edited, by nobody."""


class HotRowAdmin(ReadOnlyAdmin):
    """Rows keyed by customer and id: their addresses read `<customer>-<id>`."""

    hot = True

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The row of this customer with this id; nothing for any other address."""
        customer, _, own = object_id.partition("-")
        if not all(part.isascii() and part.isdecimal() for part in (customer, own)):
            return None
        rows = self.get_queryset(request).filter(customer_id=int(customer), pk=int(own))
        row = rows.first()
        if row is not None:
            attach([row], [f.name for f in row._meta.fields if f.is_relation])
        return row


class RecordAdmin(HouseAdmin):
    """Ordinary facts that whoever has `verb` may change, by one call of a work function.

    Attributes:
        verb: who may; empty: nobody.
        changeable: the fields of the form; all others are only read.
    """

    verb: ClassVar[str] = ""
    changeable: ClassVar[Sequence[str]] = ()

    def write(self, row: Any, values: Mapping[str, Any]) -> None:
        """Call the work function that changes `values` of `row`."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has the verb."""
        return bool(self.verb) and verbs.may(request.user, self.verb)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """As everywhere, with inputs for what may be changed."""
        if not self.has_change_permission(request, obj):
            return super().get_fields(request, obj)
        own = [field.name for field in self.model._meta.fields if not field.primary_key]
        named = self.fields or own
        return [
            name if name in self.changeable else self.column(name)
            for name in named
            if name not in self.hidden
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What the form has no input for."""
        return [f for f in self.get_fields(request, obj) if f not in self.changeable]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """One call into work; nothing to write is no call."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if changed:
            self.write(obj, changed)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; a Refusal is shown above it, with everything as it was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form; the second time it says what the work function refused."""
        form = super().get_form(request, obj, change, **kwargs)
        refusal: Refusal | None = getattr(request, "refusal", None)
        if refusal is None:
            return form
        said = refusal.detail

        class Refused(form):  # type: ignore[misc, valid-type]
            def clean(self) -> Any:
                raise ValidationError(said)

        return Refused


class HouseholdAdmin(HouseAdmin):
    """Rows of libraries and of the house itself, for superusers only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return self.has_add_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Inputs for those who may change it."""
        if self.has_change_permission(request, obj):
            return list(super(HouseAdmin, self).get_fields(request, obj))
        return super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Nothing for those who may change it."""
        if self.has_change_permission(request, obj):
            return list(self.readonly_fields)
        return super().get_readonly_fields(request, obj)
