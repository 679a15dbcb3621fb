"""A live server with a book, and real clients that are run as programs of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts import keys
from accounts.models import ApiKey
from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import clock
from ledger import balances, units
from ledger.models import Pool, Rate, UsageEvent, UsageException
from tests.cast import START, customer, grant, open_pool
from tests.test_docs import ROOT

PYTHON = ROOT / ".venv" / "clients" / "bin" / "python"
PROGRAMS = Path(__file__).parent / "programs"
OPENMETER = Path(__file__).parent / "openmeter"
SECONDS_MAX = 120
# What a client must not find in the environment: its own settings, and proxies.
_FOREIGN = ("OPENMETER_", "LAGO_", "LITELLM_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass
class Server:
    """Where clients send their usage, and with which key."""

    url: str
    key: str
    pool: Pool

    def run(self, program: str, *arguments: str, **environment: str) -> Any:
        """Run a client written in Python as a user would; returns what it prints as JSON."""
        if not PYTHON.exists():
            pytest.skip("the clients are not installed: bin/clients")
        return self._run([str(PYTHON), str(PROGRAMS / program), *arguments], environment)

    def run_node(self, program: str, *arguments: str) -> Any:
        """The same for a client written in JavaScript."""
        node = shutil.which("node")
        if node is None or not (OPENMETER / "node_modules").exists():
            pytest.skip(
                "OpenMeter's SDK needs node and npm: apt-get install -y npm, then bin/clients"
            )
        return self._run([node, str(OPENMETER / program), *arguments], {})

    def _run(self, command: list[str], environment: dict[str, str]) -> Any:
        usual = {k: v for k, v in os.environ.items() if not k.upper().startswith(_FOREIGN)}
        done = subprocess.run(
            command,
            env={**usual, "SERVER": self.url, "KEY": self.key, **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def available(self) -> int:
        """The credits that acme has left."""
        (found,) = balances.of_pools([self.pool], as_of=clock.now(), known_at=clock.now())
        return found.available


@pytest.fixture
def server(live_server, transactional_db, settings) -> Server:
    """Acme with 100,000 credits, which pays 1 credit per prompt token, 2 per completion token, and
    what the model's provider charges, a credit being worth $0.001."""
    settings.SECURE_SSL_REDIRECT = False
    for meter in ("litellm_tokens", "ai-tokens"):
        units.create_meter(
            code=meter,
            name=meter,
            properties={
                "model": "text",
                "prompt_tokens": "number",
                "completion_tokens": "number",
                "cost": "number",
                "response_cost": "number",
            },
        )
    rate_cards.publish(
        card="card", version="1", items=_items(), effective_from=START, by="Sam", at=START
    )
    pool = open_pool(customer())
    grant(pool, 100_000, cost=100_00, source="b1")
    agreements.follow_rates(pool.holder, rate_cards.find("card"), at=START)
    _, secret = keys.create(name="gateway", scopes=[ApiKey.Scope.USAGE_WRITE], by="Fiona", at=START)
    return Server(live_server.url, secret, pool)


def _items() -> list[Item]:
    passed = {"kind": Rate.Kind.PASS_THROUGH, "credit_value": "0.001"}
    return [
        Item("prompt", 1, meter="litellm_tokens", property="prompt_tokens"),
        Item("completion", 2, meter="litellm_tokens", property="completion_tokens"),
        Item("tokens", 3, meter="ai-tokens", property="prompt_tokens"),
        Item("provider", meter="litellm_tokens", property="cost", **passed),
    ]


def stored() -> list[UsageEvent]:
    """The events in the book, in the order in which they came; nothing waits as an exception."""
    assert not UsageException.objects.exists()
    return list(UsageEvent.objects.select_related("source", "meter", "customer").order_by("id"))


def told(event: UsageEvent) -> dict[str, Any]:
    """The properties that an event was stored with."""
    assert event.data is not None
    return event.data


def exact(number: float) -> Decimal:
    """A client's float as the book keeps it: to 12 decimals."""
    return round(Decimal(repr(number)), 12)
