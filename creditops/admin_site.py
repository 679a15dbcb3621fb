"""The admin site of the vendor's staff: one way in, home is the desk, nobody else ever sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]  # Unfold has no types
    """Unfold's site with the pages of the desk; the login is the one that everybody uses."""

    site_title = site_header = "CreditOps"
    index_title = "Today"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The pages of the desk stand beside those of the models."""
        from creditops.desk import urls

        return [*urls.patterns(self), *super().get_urls()]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """As Django's; but for somebody who is logged in and not on the staff nothing is here."""
        inner = super().admin_view(view, cacheable)

        def staff_only(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            outsider = request.user.is_authenticated and not self.has_permission(request)
            if outsider or _is_nonsense(request):
                raise Http404
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return staff_only

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """As Django's, made when a page looks at it: those with our own sidebar never do."""
        made = super().get_app_list
        return SimpleLazyObject(lambda: made(request, app_label))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Home: what needs somebody today."""
        from creditops.desk import home

        return home.page(request, self)

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The login of the whole program, coming back to where one wanted to go."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
            wanted = reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(wanted)
        if request.user.is_authenticated:
            raise Http404
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': wanted})}")


def _is_nonsense(request: HttpRequest) -> bool:
    """Whether an address holds a NUL, for which no database can look."""
    asked = [request.path_info, *(value for _, values in request.GET.lists() for value in values)]
    return any("\0" in part for part in asked)
