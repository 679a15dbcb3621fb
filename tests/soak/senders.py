"""Programs that send usage and never give up: what is not acknowledged is sent again, word for word."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from random import Random

from tests.soak.machine import Machine

CUSTOMERS = ("acme", "brightpixel", "corvid")
LARGEST_BATCH = 200
GIVES_UP_SECONDS = 180
_PAUSE_SECONDS = 0.2


class Sender(threading.Thread):
    """Sends batches of events until it is told to stop; then it finishes the one in hand."""

    def __init__(self, machine: Machine, key: str, number: int) -> None:
        super().__init__(name=f"sender {number}")
        self.machine, self.key, self.number = machine, key, number
        self.random = Random(number)
        self.stopping = threading.Event()
        # What was acknowledged: credits and events by customer; and messages that came twice.
        self.credits: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.repeated = 0
        self.tries = 0
        self.failure: Exception | None = None
        self._batch = 0

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self._send_one()
        except Exception as error:
            self.failure = error

    def _send_one(self) -> None:
        batch = self._events()
        self._until_acknowledged(batch)
        for event in batch:
            self.events[str(event["customer"])] += 1
            self.credits[str(event["customer"])] += int(str(event["quantity"]))
        if self.random.random() < 0.2:
            answer = self._until_acknowledged(batch)
            assert answer["duplicates"] == len(batch), answer
            self.repeated += len(batch)

    def _until_acknowledged(self, batch: list[dict[str, object]]) -> dict[str, int]:
        deadline = time.monotonic() + GIVES_UP_SECONDS
        while True:
            self.tries += 1
            try:
                status, answer = self.machine.ask(
                    "POST", "/events?results=problems", self.key, {"events": batch}
                )
            except (OSError, http.client.HTTPException) as error:
                status, answer = 0, {"error": str(error)}
            if status == http.HTTPStatus.OK:
                counted = dict(answer)
                assert counted["received"] == len(batch), counted
                assert counted["applied"] + counted["duplicates"] == len(batch), counted
                return counted
            # Nothing else than "not now" is an answer to good events.
            assert status in (0, 429, 500, 502, 503, 504), (status, answer)
            assert time.monotonic() < deadline, f"not taken in for {GIVES_UP_SECONDS} s: {answer}"
            time.sleep(_PAUSE_SECONDS)

    def _events(self) -> list[dict[str, object]]:
        self._batch += 1
        size = self.random.randint(1, LARGEST_BATCH)
        return [
            {
                "id": f"{self.number}-{self._batch}-{n}",
                "customer": self.random.choice(CUSTOMERS),
                "meter": "credits",
                "quantity": self.random.randint(0, 9),
                "user": f"u{self.random.randint(0, 30)}",
            }
            for n in range(size)
        ]
