"""Does the introduction of people to the audit: whoever is logged in acts under their e-mail.

Only for requests that may write, so that reading costs no statement. The reason is the one that the
page asked for, if it did.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from creditops.lib import audit, clock

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
REASON = "reason"


def introduce(
    answer: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a person's unsafe request is audited as theirs, with its instant and reason."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return answer(request)
        reason = request.POST.get(REASON, "")
        with audit.acting(request.user.email, at=clock.now(), reason=reason):
            return answer(request)

    return middleware
