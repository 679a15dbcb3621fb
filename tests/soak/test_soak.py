"""Parts of the machine die at random while usage comes in: nothing is lost and nothing counted twice.

CREDITOPS_SOAK_SECONDS says for how long, CREDITOPS_SOAK_SEED which parts; `make soak` is ten minutes.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random, randrange

import pytest

from ledger import units
from tests.database.processes import reachable_folder
from tests.soak.machine import Machine
from tests.soak.senders import CUSTOMERS, Sender

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("CREDITOPS_SOAK_SECONDS", "20"))
SEED = int(os.environ.get("CREDITOPS_SOAK_SEED", randrange(10**6)))
SENDERS = 3
# From where the machine is back until something is killed again.
LIVES_SECONDS = (0.2, 4.0)
CREDITS = 10**9


@pytest.fixture
def machine() -> Iterator[Machine]:
    with reachable_folder() as folder:
        (folder / "data").mkdir()
        made = Machine(folder / "data")
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def key(machine: Machine) -> str:
    """A key of the machine's API; three customers have a billion credits each."""
    machine.manage("migrate", "--verbosity=0")
    made = machine.manage("api_key", "create", "soak", "--scope=admin")
    machine.start()
    unit = {"id": units.CREDITS, "name": "AI credits"}
    assert machine.ask("POST", "/units", made, unit)[0] == 201
    for customer in CUSTOMERS:
        who = {"id": customer, "name": customer.title(), "country": "US", "currency": "USD",
               "time_zone": "UTC", "segment": "self_serve"}  # fmt: skip
        assert machine.ask("POST", "/customers", made, who)[0] == 201
        grant = {"customer": customer, "credits": CREDITS, "kind": "promo", "reason": "soak"}
        status, answer = machine.ask("POST", "/grants", made, grant)
        assert status == 201, answer
    return made


def test_what_was_acknowledged_is_counted_exactly_once_whatever_died(
    machine: Machine, key: str, tmp_path: Path
):
    print(f"\n{SECONDS:,.0f} s, seed {SEED}")
    senders = [Sender(machine, key, number) for number in range(SENDERS)]
    for sender in senders:
        sender.start()

    _kill_for(SECONDS, machine)
    for sender in senders:
        sender.stopping.set()
    for sender in senders:
        sender.join()

    assert [sender.failure for sender in senders] == [None] * SENDERS
    assert sum(machine.killed.values()) > 0
    credits, events = Counter[str](), Counter[str]()
    for sender in senders:
        credits += sender.credits
        events += sender.events
    print(f"{sum(events.values()):,} events, killed: {machine.killed}")
    for customer in CUSTOMERS:
        status, answer = machine.ask("GET", f"/customers/{customer}/balance", key)
        assert status == 200
        [balance] = answer["balances"]
        assert balance["used"] == credits[customer]
        assert balance["available"] == CREDITS - credits[customer]
    assert _stored(machine, key) == events
    machine.manage("verify")


def _kill_for(seconds: float, machine: Machine) -> None:
    random, end = Random(SEED), time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(random.uniform(*LIVES_SECONDS))
        machine.kill_something(random)
        machine.wait()


def _stored(machine: Machine, key: str) -> Counter[str]:
    """Events by customer, as the API tells them of the last thirty days."""
    found: Counter[str] = Counter()
    for customer in CUSTOMERS:
        status, answer = machine.ask("GET", f"/customers/{customer}/usage", key)
        assert status == 200, answer
        found[customer] = sum(row["events"] for row in answer["series"])
    return found
