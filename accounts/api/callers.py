"""Answers who calls the API and whether they may: keys, scopes, and the base of every view."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    PermissionDenied,
    UnsupportedMediaType,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access, keys
from accounts.models import ApiKey, Customer
from creditops.lib import audit, clock, idempotency
from creditops.lib.api import forms, operations, pace, reading
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import OneForm
from creditops.lib.refusals import NotFound, Refusal

Scope = ApiKey.Scope

_SCHEME = "bearer"
_LONGEST_KEY = 255
# Enough to tell keys apart, in one book and in another that counts in the same cache.
_SIGNS_OF_DIGEST = 16


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer <key>`; revoked and expired keys are nobody's."""

    def authenticate(self, request: Request) -> tuple[ApiKey, None] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME:
            return None
        key = keys.find(secret.strip(), clock.now())
        if key is None:
            raise AuthenticationFailed(
                "This API key is not valid: it was never made, has expired, or was revoked."
            )
        return key, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Waiting(dict[str, Any]):
    """The body of an answer that is 202: what was asked for waits for somebody to agree."""


class ApiView(APIView):
    """The base of API doors. Each method declares what it is with `Operation`.

    Before a method runs, `key`, `operation` and `query` are there and the scope is known to be given;
    `given()` reads the body, `once()` does a writing request.
    """

    authentication_classes = (BearerKey,)
    content_negotiation_class = OneForm

    operation: Operation
    query: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key: object = request.user
        if not isinstance(key, ApiKey):
            raise NotAuthenticated("Send `Authorization: Bearer <key>`.")
        self.operation = self._declared(request)
        self._needs_scope()
        self.keep_pace("requests", settings.API_RATE_LIMIT, 1)
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType(request.headers["Content-Encoding"])
        reading.take_in_pieces(request._request)
        for name, value in kwargs.items():
            if "\0" in str(value):
                raise NotFound(name, value)
        self.query = forms.query(self.operation.query, request.query_params.dict())

    @property
    def key(self) -> ApiKey:
        """The caller's key."""
        key: ApiKey = self.request.user  # type: ignore[assignment]
        return key

    @property
    def by(self) -> str:
        """The caller, as books and audit name it."""
        return f"key:{self.key.name}"

    def keep_pace(self, what: str, rate: pace.Rate | None, count: int) -> None:
        """Count what the caller does. Raises TooFast where its limit is reached already."""
        pace.keep(rate, what, self.key.digest[:_SIGNS_OF_DIGEST], at=clock.now(), count=count)

    def given(self) -> dict[str, Any]:
        """The values of the body, by the operation's form. Raises Refusal `body_invalid`."""
        return forms.body(self.operation.body, self.request.data)

    def customer(self, code: str) -> Customer:
        """The customer of this code, if the caller may see it; else it does not exist."""
        found = access.customers(self.key).filter(code=code).first()
        if found is None:
            raise NotFound("customer", code)
        return found

    def whose(self, code: str | None) -> Customer:
        """The customer that a list is asked of; a key that is bound to one need not name it."""
        if code is not None:
            return self.customer(code)
        if self.key.customer is None:
            raise Refusal("customer_missing", "Say whose: ?customer=<id>.", unreadable=True)
        return self.key.customer

    def once(self, effect: Callable[[datetime], Mapping[str, Any]]) -> Response:
        """Do a writing request, audited as its key's; with an Idempotency-Key at most once.

        Args:
            effect: does the work at the given instant, returns the body of the answer.
        """
        at, name = clock.now(), self.request.headers.get("Idempotency-Key")
        with audit.acting(self.by, at=at):
            if name is None:
                body = effect(at)
                return Response(body, status=self._status(body))
            return self._keyed(name, effect, at)

    def _keyed(
        self, name: str, effect: Callable[[datetime], Mapping[str, Any]], at: datetime
    ) -> Response:
        if not 0 < len(name) <= _LONGEST_KEY:
            raise Refusal(
                "idempotency_key_invalid",
                f"An Idempotency-Key has 1 to {_LONGEST_KEY} signs.",
                unreadable=True,
            )
        given = idempotency.once(
            owner=self.by,
            key=name,
            request=_described(self.request),
            at=at,
            effect=lambda: self._written(effect(at)),
        )
        response = Response(json.loads(given.body), status=given.status)
        if given.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    def _written(self, body: Mapping[str, Any]) -> tuple[int, str]:
        return self._status(body), json.dumps(body)

    def _status(self, body: Mapping[str, Any]) -> int:
        return HTTPStatus.ACCEPTED if isinstance(body, Waiting) else self.operation.status

    def _declared(self, request: Request) -> Operation:
        method = request.method or ""
        found = operations.of(self, method)
        if found is None:
            raise MethodNotAllowed(method)
        return found

    def _needs_scope(self) -> None:
        needed = self.operation.scope
        if not {needed, Scope.ADMIN} & set(self.key.scopes):
            raise PermissionDenied(f"This API key lacks the scope {needed}.")
        if self.operation.vendors_own and self.key.customer is not None:
            raise PermissionDenied(
                f"This API key is bound to {self.key.customer.code}; what is asked for is the vendor's."
            )


def _described(request: Request) -> dict[str, Any]:
    """A request as far as it has to be the same to be a repetition."""
    plain: HttpRequest = request._request
    return {
        "method": plain.method,
        "path": plain.path,
        "body": json.loads(json.dumps(request.data, default=str)),
    }
