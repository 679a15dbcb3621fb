"""Answers whether requests and answers are as the API's own description says they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from creditops.api import schema
from creditops.lib.api import problems

FILES = ("application/pdf", "application/xml")
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document as it is served."""
    return json.loads(schema.document())


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every (method, path, operation) of the document."""
    for path, item in description()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation that a real address belongs to; the one with the fewest parameters wins."""
    found = [
        (template.count("{"), found)
        for known, template, found in operations()
        if known == method.lower() and _pattern(template).fullmatch(path)
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def check(method: str, path: str, sent: Any, answer: Any) -> None:
    """Assert that an answer, and the request that it accepted, are as described.

    Args:
        path: without its query.
        sent: the request's body as JSON; None if it is no JSON.
        answer: Django's response.
    """
    described = operation(method, path)
    media = answer["Content-Type"].partition(";")[0]
    if described is None or answer.status_code == 405:
        assert media == problems.MEDIA_TYPE
        assert_fits({"$ref": "#/components/schemas/Problem"}, answer.json())
        return
    assert str(answer.status_code) in described["responses"], answer.content
    content = described["responses"][str(answer.status_code)]["content"]
    assert media in content
    if media not in FILES:
        assert_fits(content[media]["schema"], answer.json())
    if answer.status_code < 300 and sent is not None:
        carried = described.get("requestBody", {"content": {}})["content"]
        assert_fits(carried.get("application/json", {"schema": {}})["schema"], sent)


def assert_fits(wanted: dict[str, Any], value: Any) -> None:
    """Assert that a value fits a schema of the document, and has no field that it does not name."""
    root = {**wanted, "components": {"schemas": _closed_components()}}
    faults = [
        f"{fault.json_path}: {fault.message}"
        for fault in Draft202012Validator(root).iter_errors(value)
    ]
    assert faults == []


@cache
def _closed_components() -> dict[str, Any]:
    schemas = description()["components"]["schemas"]
    return {name: _closed(schema) for name, schema in schemas.items()}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """An object that may have more fields later may not have any now that are not described."""
    return {"additionalProperties": False, **schema} if "properties" in schema else schema


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[a-z]+\}", "[^/]+", template))
