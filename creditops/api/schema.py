"""`/schema`: the description of the API, for everyone."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document as JSON."""
    return HttpResponse(document(), content_type="application/json")


@cache
def document() -> bytes:
    """The OpenAPI document; made once, it changes only with the program."""
    made = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    written: bytes = OpenApiJsonRenderer().render(made, renderer_context={})
    return written
