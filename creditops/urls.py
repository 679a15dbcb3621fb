"""Answers which door an address leads to."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from creditops import health, metrics
from creditops.login import Login

# For machines: no login, no cookie.
_machines: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
]

# For programs: an API key, JSON.
_programs: list[URLPattern | URLResolver] = [
    path("api/v1/", include("creditops.api.urls")),
]

# For the vendor's staff.
_staff: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]

# For everyone who logs in, and for customers' people.
_people: list[URLPattern | URLResolver] = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include("creditops.portal.urls")),
]

urlpatterns = [*_machines, *_programs, *_staff, *_people]
