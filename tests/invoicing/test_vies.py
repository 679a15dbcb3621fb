"""The authority's service, played by a small server that answers as it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from invoicing import vies

GOOD = {
    "countryCode": "FR", "vatNumber": "40303265045", "valid": True, "name": "SA SODIMAS",
    "requestIdentifier": "WAPIAAAAX1",
}  # fmt: skip


class Service:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.answer: bytes = b""
        self.status = 200
        self.asked: list[Any] = []
        self.address = ""


@pytest.fixture
def service() -> Iterator[Service]:
    played = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            played.asked.append(json.loads(self.rfile.read(length)))
            self.send_response(played.status)
            self.end_headers()
            self.wfile.write(played.answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    played.address = f"http://127.0.0.1:{server.server_port}/check"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield played
    server.shutdown()
    server.server_close()


def ask(service: Service, tax_id: str = "fr 40 303 265 045", own: str = "DE136695976"):
    return vies.authority(requester=lambda: own, address=service.address)(tax_id)


def test_an_id_is_asked_about_on_behalf_of_the_sellers_own(service):
    service.answer = json.dumps(GOOD).encode()

    answer = ask(service)

    assert service.asked == [
        {
            "countryCode": "FR", "vatNumber": "40303265045",
            "requesterMemberStateCode": "DE", "requesterNumber": "136695976",
        }
    ]  # fmt: skip
    assert (answer.valid, answer.name, answer.reference) == (True, "SA SODIMAS", "WAPIAAAAX1")


def test_a_no_is_a_no(service):
    service.answer = json.dumps({"valid": False, "name": "---"}).encode()

    answer = ask(service, own="")

    assert (answer.valid, answer.name, answer.reference) == (False, "", "")
    assert service.asked == [{"countryCode": "FR", "vatNumber": "40303265045"}]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b'{"actionSucceed": false, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}'),
        (200, b'{"valid": null}'),
        (200, b"<html>"),
        (200, b""),
        (500, b"{}"),
    ],
)
def test_an_answer_that_says_neither_is_no_answer(service, status, answer):
    service.status, service.answer = status, answer

    with pytest.raises(OSError, match=r"."):
        ask(service)
