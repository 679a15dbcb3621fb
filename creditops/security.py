"""Does the guarding of pages: what a browser may load for them, and that nothing private is kept.

The other headers are Django's own (settings): nosniff, Referrer-Policy, X-Frame-Options, HSTS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse

_STRICT = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
}
# The admin's interface evaluates expressions in its pages and sets styles on elements.
_ADMIN = _STRICT | {
    "img-src": "'self' data:",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
}


def _policy(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def with_origins(
    *, scripts: Sequence[str], frames: Sequence[str], connections: Sequence[str]
) -> str:
    """The strict policy, and other origins for one page that can't do without them."""
    return _policy(
        _STRICT
        | {
            "script-src": " ".join(["'self'", *scripts]),
            "frame-src": " ".join(frames),
            "connect-src": " ".join(["'self'", *connections]),
        }
    )


STRICT_POLICY, ADMIN_POLICY = _policy(_STRICT), _policy(_ADMIN)
ADMIN_PREFIX = "/admin/"


class SecurityHeaders:
    """Sets Content-Security-Policy, and `Cache-Control: no-store` where a view set nothing else.

    Static files do not come here: they are answered before, and may be kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        in_admin = request.path.startswith(ADMIN_PREFIX)
        response.setdefault("Content-Security-Policy", ADMIN_POLICY if in_admin else STRICT_POLICY)
        response.setdefault("Cache-Control", "no-store")
        return response
