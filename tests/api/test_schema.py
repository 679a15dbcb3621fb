"""`/schema`: the API's description is valid, whole, and made from what the doors declare."""

import json

from django.test import Client
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from accounts.models import ApiKey
from creditops.api import nowhere, schema, urls
from tests.api import promises
from tests.test_docs import ROOT


def test_everyone_may_read_it_and_it_is_openapi_3_1():
    answer = Client().get("/api/v1/schema")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["openapi"] == "3.1.0"
    validate_schema(answer.json())


def test_it_is_made_without_a_warning():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(public=True)

    assert not GENERATOR_STATS


def test_every_address_of_the_api_is_in_it():
    described = {path.removeprefix("/api/v1/") for path in promises.description()["paths"]}
    served = {
        _template(str(entry.pattern))
        for entry in urls.urlpatterns
        if entry.callback not in (schema.answer, nowhere.answer)
    }

    assert described == served - {"webhooks/stripe"}  # its programs are the gateway's own
    assert get_resolver().resolve("/api/v1/check").route == "api/v1/check"


def _template(route: str) -> str:
    for converter in ("str:", "int:"):
        route = route.replace(f"<{converter}", "{")
    return route.replace(">", "}")


def test_every_operation_says_what_it_does_who_may_and_what_can_go_wrong():
    for method, path, found in promises.operations():
        where = f"{method} {path}"
        ((scope,),) = [needed["key"] for needed in found["security"]]
        assert found["summary"][0].isupper(), where
        assert not found["summary"].endswith("."), where
        assert scope in ApiKey.Scope.values, where
        assert f"`{scope}`" in found["description"], where
        assert {"401", "403", "404", "422", "503"} <= set(found["responses"]), where
        assert ("413" in found["responses"]) == (method != "get"), where


def test_who_is_told_to_come_back_is_told_when():
    for method, path, found in promises.operations():
        for status in ("429", "503"):
            assert "Retry-After" in found["responses"][status]["headers"], f"{method} {path}"


def test_the_headers_that_a_cloud_event_may_stand_in_are_told():
    sent = promises.description()["paths"]["/api/v1/events"]["post"]

    assert {told["name"] for told in sent["parameters"] if told["in"] == "header"} == {
        "ce-id", "ce-source", "ce-specversion", "ce-subject", "ce-time", "ce-type",
    }  # fmt: skip


def test_operation_ids_are_unique():
    ids = [found["operationId"] for _, _, found in promises.operations()]

    assert len(set(ids)) == len(ids)


def test_every_schema_in_it_is_a_valid_json_schema():
    for name, found in promises.description()["components"]["schemas"].items():
        Draft202012Validator.check_schema(found)
        assert found.get("description"), name


def test_every_code_that_it_names_stands_in_the_list_of_refusals():
    listed = (ROOT / "docs" / "refusals.md").read_text()
    text = json.dumps([found["responses"] for _, _, found in promises.operations()])
    codes = {
        code
        for answers in json.loads(text)
        for answer in answers.values()
        for media in answer.get("content", {}).values()
        for code in media["schema"].get("properties", {}).get("code", {}).get("enum", [])
    }

    assert [code for code in sorted(codes) if f"`{code}`" not in listed] == []
