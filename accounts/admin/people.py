"""The staff's pages of people. Only superusers say who is on the staff, in which role, with which
password; whoever manages customers may rename a customer's person or lock one out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.admin.narrowing import CustomerFilter, CustomerRows
from accounts.models import Membership, Person
from creditops.lib import clock, verbs
from creditops.lib.admin import HouseAdmin, ReadOnlyAdmin
from creditops.lib.admin_columns import link, named
from creditops.lib.admin_tables import Listing

_OF_CUSTOMERS = ("name", "is_active")
_OF_ALL = ("email", "name", "is_active", "is_staff", "is_superuser", "groups")
_VERB = "manage_customers"


class NewPerson(UserCreationForm):  # type: ignore[misc]  # Unfold has no types
    """A new login, with its password."""

    class Meta:
        model = Person
        fields = ("email", "name", "is_staff", "groups")


def _told_at(membership: Membership) -> str:
    """From which consumption on the person is told."""
    percent = membership.notify_at_percent
    return "never" if percent is None else f"{percent} % used"


@admin.register(Person)
class PersonAdmin(HouseAdmin, UserAdmin):  # type: ignore[type-arg, misc]
    """People. What a form does not offer cannot be posted either."""

    form = UserChangeForm
    add_form = NewPerson
    change_password_form = AdminPasswordChangeForm
    list_display = (
        "name", named("mail", "E-mail", lambda p: p.email, "email"),
        named("login", "Login", lambda p: "works" if p.is_active else "locked out"),
        named("side", "Works for", lambda p: "the vendor" if p.is_staff else "a customer"),
        "role", "last_login",
    )  # fmt: skip
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("name", "id")
    filter_horizontal = ()
    fieldsets = None
    add_fieldsets = ()

    @admin.display(description="Role")
    def role(self, person: Person) -> str:
        """The staff roles."""
        return ", ".join(group.name for group in person.groups.all()) or "–"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With their roles, in one query."""
        return super().get_queryset(request).prefetch_related("groups")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers; a customer's people are let in on a page of the desk."""
        return verbs.may(request.user, "") and bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers; of a customer's people also whoever manages customers."""
        if self.has_add_permission(request):
            return True
        return obj is not None and not obj.is_staff and verbs.may(request.user, _VERB)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What one sees of a person; a new one has a form of its own."""
        if obj is None:
            return ["email", "name", "is_staff", "groups", "password1", "password2"]
        return [*_OF_ALL, self.column("joined_at"), self.column("last_login")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All that is not for this viewer to change."""
        if obj is None:
            return []
        changeable = _OF_ALL if self.has_add_permission(request) else _OF_CUSTOMERS
        return [name for name in self.get_fields(request, obj) if name not in changeable]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """One, without a head."""
        return [(None, {"fields": self.get_fields(request, obj)})]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """The page that sets a password: superusers."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new login has its instant."""
        if not change:
            obj.joined_at = clock.now()
        super().save_model(request, obj, form, change)

    def offered(self, request: HttpRequest, row: Any) -> list[dict[str, str]]:
        """Superusers set passwords."""
        found = super().offered(request, row)
        if self.has_add_permission(request):
            path = reverse("admin:auth_user_password_change", args=[row.pk])
            found.append({"title": "Set a password", "icon": "password", "path": path})
        return found

    def tables(self, row: Person) -> list[Listing]:
        """Where the person belongs."""
        memberships = row.memberships.select_related("customer")
        rows = [(link(m.customer), m.get_role_display(), _told_at(m)) for m in memberships]
        return [Listing("Customers", ("Customer", "Role", "Told at"), rows)] if rows else []


@admin.register(Membership)
class MembershipAdmin(CustomerRows, ReadOnlyAdmin):
    """What people are at customers."""

    named_by = ("person", "customer")
    list_display = ("person", "customer", "role", named("told_at", "Told at", _told_at))
    list_filter = (CustomerFilter, "role")
    search_fields = ("person__email", "person__name", "customer__code", "customer__name")
