"""What a browser may load, and that nothing private is kept."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse

from creditops.security import ADMIN_POLICY, STRICT_POLICY, SecurityHeaders


def answered(path: str, **headers: str) -> HttpResponse:
    request = HttpRequest()
    request.path = path
    return SecurityHeaders(lambda _: HttpResponse(headers=headers))(request)


@pytest.mark.parametrize("path", ["/", "/login/", "/api/v1/events", "/administration/"])
def test_pages_load_nothing_that_is_not_ours(path: str):
    assert answered(path)["Content-Security-Policy"] == STRICT_POLICY
    assert "unsafe" not in STRICT_POLICY
    assert "frame-ancestors 'none'" in STRICT_POLICY


def test_the_admin_may_evaluate_and_style_but_load_nothing_foreign():
    assert answered("/admin/ledger/")["Content-Security-Policy"] == ADMIN_POLICY
    assert "script-src 'self' 'unsafe-eval';" in ADMIN_POLICY
    assert "style-src 'self' 'unsafe-inline'" in ADMIN_POLICY


def test_nothing_is_kept():
    assert answered("/")["Cache-Control"] == "no-store"


def test_what_a_view_says_itself_stands():
    assert answered("/", **{"Cache-Control": "max-age=60"})["Cache-Control"] == "max-age=60"


def test_the_other_headers_are_set_on_real_pages(db: None, client, settings):
    settings.SECURE_SSL_REDIRECT = False

    answer = client.get("/login/")

    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
