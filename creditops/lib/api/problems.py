"""Answers errors as RFC 9457 problems: one shape, a stable code, what is wrong where."""

from __future__ import annotations

import logging
from math import ceil
from typing import Any, NotRequired, TypedDict

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from creditops.lib.api import forms, reading
from creditops.lib.refusals import NotFound, Problem, Refusal

MEDIA_TYPE = "application/problem+json"
TITLES = {
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Not here",
    409: "Refused by a rule",
    411: "How long?",
    413: "Too large",
    415: "No such form",
    422: "Can't be read as meant",
    429: "Too fast",
    503: "Busy",
}
# After a lock that was not given; after a database that is not there, or may not write.
_SOON_SECONDS, _LATER_SECONDS = 1, 5
_READ_ONLY = "25006"

_log = logging.getLogger(__name__)


class FaultShown(TypedDict):
    """One thing that is wrong: where (dotted), which rule, what to do."""

    path: str
    code: str
    detail: str


class ProblemShown(TypedDict):
    """An error (RFC 9457). `code` is stable; docs/refusals.md lists the codes."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: NotRequired[list[FaultShown]]


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error that a caller can cause becomes a problem."""
    if isinstance(error, exceptions.ValidationError):
        error = forms.refusal(error)
    if isinstance(error, Refusal):
        return _refusal(error)
    if isinstance(error, RequestDataTooBig):
        largest = reading.LARGEST_BODY_BYTES // 2**20
        return problem(
            413, "body_too_large", f"The body is larger than {largest} MiB. Send it in parts."
        )
    if isinstance(error, Http404):
        return problem(404, "not_found", "There is nothing here.")
    if isinstance(error, PermissionDenied):
        return problem(403, "permission_denied", "You may not do this.")
    if isinstance(error, ProtectedError):
        return problem(409, "in_use", "This is in use and can't be removed.")
    if isinstance(error, DatabaseError | InterfaceError) and _is_away(error):
        return _busy(error)
    if isinstance(error, exceptions.APIException):
        return _other(error)
    return None


def problem(code: int, name: str, detail: str, errors: list[Problem] | None = None) -> Response:
    """A problem document with this HTTP status, stable code and sentence."""
    body: ProblemShown = {
        "type": f"urn:creditops:problem:{name}",
        "title": TITLES.get(code, "Error"),
        "status": code,
        "code": name,
        "detail": detail,
    }
    if errors:
        body["errors"] = [
            {"path": error.path, "code": error.code, "detail": error.detail} for error in errors
        ]
    return Response(body, status=code, content_type=MEDIA_TYPE)


def _refusal(refusal: Refusal) -> Response:
    status = 422 if refusal.unreadable else 409
    if isinstance(refusal, NotFound):
        status = 404
    return problem(status, refusal.code, refusal.detail, refusal.problems)


def _is_away(error: Exception) -> bool:
    """Whether the database can't do its part for the moment: a lock or a statement that took too
    long, a connection that is gone, a server that starts, ends, is full or has become a standby."""
    if isinstance(error, InternalError):
        return _state(error) == _READ_ONLY
    return isinstance(error, OperationalError | InterfaceError)


def _busy(error: Exception) -> Response:
    """Nothing was acknowledged, so the caller may and shall send the same again."""
    _log.exception("the database did not do its part")
    state = _state(error)
    waits = _LATER_SECONDS if state is None or state == _READ_ONLY else _SOON_SECONDS
    found = problem(503, "busy", "The books are busy. Send the same request again in a moment.")
    found["Retry-After"] = str(waits)
    return found


def _state(error: Exception) -> str | None:
    """PostgreSQL's code of an error; None where there was no server to tell one."""
    return getattr(error.__cause__, "sqlstate", None)


def _other(error: exceptions.APIException) -> Response:
    code = error.status_code
    detail = str(error.detail)
    if isinstance(error, exceptions.UnsupportedMediaType):
        detail = f"{detail} Send application/json, as it is, without Content-Encoding."
    found = problem(code, str(error.default_code), detail)
    if isinstance(error, exceptions.UnsupportedMediaType):
        found["Accept-Encoding"] = "identity"
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        found.status_code = exceptions.NotAuthenticated.status_code
        found["WWW-Authenticate"] = "Bearer"
    wait = getattr(error, "wait", None)
    if wait is not None:
        # The second is what Lago's clients obey.
        found["Retry-After"] = found["X-RateLimit-Reset"] = str(ceil(wait))
    return found
