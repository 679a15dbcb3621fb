"""Answers how the API is described: OpenAPI 3.1, generated from what the doors declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from creditops.lib.api import operations, problems, shapes
from creditops.lib.api.operations import Operation
from creditops.lib.api.shapes import Schema

_READS = ("GET", "HEAD")
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="Any text of yours, 1 to 255 signs. The same request with the same key is done once "
    "and answered alike, with `Idempotency-Replayed: true`.",
)
# What may happen to any request of its kind: status -> codes.
_ALWAYS = {
    401: ("not_authenticated", "authentication_failed"),
    403: ("permission_denied",),
    404: ("not_found",),
    429: ("rate_limited",),
    503: ("busy",),
}
# Nothing was acknowledged; the same may be sent again after so many seconds.
_COME_BACK_AFTER = (429, 503)
_COME_BACK: Schema = {
    "headers": {
        "Retry-After": {
            "description": "Seconds after which the same request may be sent again.",
            "schema": {"type": "integer", "minimum": 1},
        }
    }
}
_WITH_BODY = {
    411: ("length_required",),
    413: ("body_too_large", "batch_too_large"),
    415: ("unsupported_media_type",),
}


class Description(AutoSchema):
    """The description of one operation, from its `Operation`, its docstring and its forms."""

    @property
    def operation(self) -> Operation:
        """What the described method declares."""
        found = operations.of(self.view, self.method)
        if found is None:
            raise TypeError(f"{self.method} {self.path} declares no operation")
        return found

    def get_operation_id(self) -> str:
        """`get_customers_customer_balance`: the method and the path, so it is unique and stays."""
        words = self.path.removeprefix("/api/v1/").replace("{", "").replace("}", "")
        return f"{self.method.lower()}_{words.replace('/', '_').replace('-', '_')}"

    def get_summary(self) -> str:
        return self._told()[0]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        told = [*self._told()[1:], f"Needs the scope `{self.operation.scope}`."]
        if self.operation.vendors_own:
            told.append("Not for keys that are bound to a customer.")
        return " ".join(told)

    def get_auth(self) -> Any:
        return [{"key": [str(self.operation.scope)]}]

    def get_override_parameters(self) -> list[Any]:
        query = self.operation.query
        return [
            *([query] if query().fields else []),
            *([_IDEMPOTENCY_KEY] if self._keyed else []),
            *(
                OpenApiParameter(name, location=OpenApiParameter.HEADER, description=told)
                for name, told in self.operation.headers.items()
            ),
        ]

    def get_request_serializer(self) -> Any:
        carried = self.operation.messages
        if not carried:
            return self.operation.body
        return {media: self._any_of(kinds) for media, kinds in carried.items()}

    def get_response_serializers(self) -> Any:
        answers, status = self.operation.answers, self.operation.status
        if isinstance(answers, str):
            return {(status, answers): {"type": "string", "format": "binary"}}
        shape = shapes.of(answers, self._register)
        return {status: shape} | ({HTTPStatus.ACCEPTED: shape} if self.operation.waits else {})

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        described: Any = super().get_operation(*args, **kwargs)
        responses = described["responses"]
        for status, answer in responses.items():
            answer["description"] = HTTPStatus(int(status)).phrase
        for status, codes in self._problems():
            responses[str(status)] = {
                "description": problems.TITLES[status],
                "content": {problems.MEDIA_TYPE: {"schema": self._problem(codes)}},
            } | (_COME_BACK if status in _COME_BACK_AFTER else {})
        described["responses"] = dict(sorted(responses.items()))
        return described

    @property
    def _writes(self) -> bool:
        return self.method not in _READS

    @property
    def _keyed(self) -> bool:
        return self._writes and self.operation.keyed

    def _told(self) -> list[str]:
        """The method's docstring: its first sentence, then the rest."""
        text = " ".join((getattr(self.view, self.method.lower()).__doc__ or "").split())
        first, dot, rest = text.partition(". ")
        return [first.removesuffix("."), rest] if dot else [first.removesuffix(".")]

    def _problems(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each status that a problem may have here, with its codes."""
        yield from _ALWAYS.items()
        replayed = ("idempotency_conflict",) if self._keyed else ()
        if self.operation.refuses or replayed:
            yield 409, (*self.operation.refuses, *replayed)
        if self._writes:
            yield from _WITH_BODY.items()
        yield 422, self._unreadable()

    def _unreadable(self) -> tuple[str, ...]:
        codes = [*self.operation.unreadable, "query_invalid"]
        if self._writes:
            codes += ["body_unreadable"]
            codes += [] if self.operation.messages else ["body_invalid"]
        if self._keyed:
            codes += ["idempotency_key_invalid"]
        return tuple(codes)

    def _problem(self, codes: tuple[str, ...]) -> Schema:
        """A problem with one of these codes."""
        reference = shapes.of(problems.ProblemShown, self._register)
        return reference | {"properties": {"code": {"enum": sorted(codes)}}}

    def _any_of(self, kinds: tuple[Any, ...]) -> Schema:
        """What a body of messages may be: any of these types of msgspec."""
        schemas, named = msgspec.json.schema_components(
            kinds, ref_template="#/components/schemas/{name}"
        )
        for name, schema in named.items():
            self.registry.register_on_missing(_component(name, schema))
        return {"anyOf": list(schemas)} if len(schemas) > 1 else schemas[0]

    def _register(self, kind: Any, make: Callable[[], Schema]) -> Schema:
        """Keep the schema of a type under its name: `BlockShown` is known as `Block`."""
        component = _component(kind.__name__.removesuffix("Shown"), {}, kind)
        if component not in self.registry:
            self.registry.register(component)
            component.schema = make()
        return component.ref


def _component(name: str, schema: Schema, kind: object = Schema) -> ResolvedComponent:
    schemas = ResolvedComponent.SCHEMA
    return ResolvedComponent(name, schemas, schema=schema, object=kind)  # type: ignore[no-untyped-call]
