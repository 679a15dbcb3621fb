"""A message goes over the broker to a worker in another process, which does the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from creditops import broker
from creditops.environment import ROOT

SECONDS_MAX = 60
CELERY = [sys.executable, "-m", "celery", "--app=creditops.celery", "--quiet"]

SENDER = """
import json, sys
from creditops.celery import app
task, queue, messages = sys.argv[1:]
for message in json.loads(messages):
    app.send_task(task, args=message, queue=queue)
"""

given = os.environ.get("CELERY_BROKER_URL", "")


@pytest.fixture(
    params=[
        pytest.param("", id="folder"),
        pytest.param(
            given,
            id="CELERY_BROKER_URL",
            marks=pytest.mark.skipif(
                not given, reason="CELERY_BROKER_URL is not set: no broker to try beside the folder"
            ),
        ),
    ]
)
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of a program that uses a broker: the folder, or the one we are given."""
    return {
        **os.environ,
        "CELERY_BROKER_URL": request.param,
        "CREDITOPS_DATA": str(tmp_path / "data"),
        "PYTHONWARNINGS": "ignore",
        # The task needs no database, so none is started.
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "DEBUG": "1",
    }


@pytest.fixture
def queue(environment: dict[str, str]) -> Iterator[str]:
    """A queue of this test alone, of which nothing is left in the broker afterwards."""
    name = f"creditops-test-{uuid.uuid4()}"
    yield name
    url = environment["CELERY_BROKER_URL"]
    if url:
        with Connection(url) as link, link.channel() as channel:
            channel.queue_delete(name)
            channel.exchange_delete(name)


@pytest.mark.broker
def test_a_worker_does_what_a_message_asks_for(environment, queue: str, tmp_path: Path):
    written = tmp_path / "written"

    send(environment, queue, "write", (str(written), "done"))
    with worker(environment, queue):
        wait_for(written)

    assert written.read_text() == "done"


@pytest.mark.broker
def test_of_two_workers_each_message_is_done_by_one(environment, queue: str, tmp_path: Path):
    names = [f"m{number}" for number in range(6)]

    send(environment, queue, "note", *((str(tmp_path), name) for name in names))
    with worker(environment, queue, "a"), worker(environment, queue, "b"):
        for name in names:
            wait_for(tmp_path / f"{name}.1")

    assert sorted(path.name for path in tmp_path.glob("m*")) == [f"{name}.1" for name in names]


@pytest.mark.broker
def test_what_a_killed_worker_had_in_hand_is_done_with_the_next_message(
    environment, queue: str, tmp_path: Path
):
    """Messages only hurry. Whether the broker keeps the one in hand (RabbitMQ at once, Redis when its
    time is up) or loses it (the folder), the next one finds the work."""
    written = tmp_path / "written"

    send(environment, queue, "write_or_die", (str(written), "done"))
    with worker(environment, queue, "a") as killed:
        killed.wait(SECONDS_MAX)
    assert not written.exists()
    send(environment, queue, "write_or_die", (str(written), "done"))
    with worker(environment, queue, "b"):
        wait_for(written)

    assert (killed.returncode, written.read_text()) == (-signal.SIGKILL, "done")


@pytest.mark.broker
@pytest.mark.skipif(not given.startswith("amqp"), reason="only RabbitMQ hands it out again at once")
def test_rabbitmq_hands_out_again_what_a_killed_worker_had_in_hand(
    queue: str, environment, tmp_path
):
    if not environment["CELERY_BROKER_URL"]:
        pytest.skip("the folder is no RabbitMQ")
    written = tmp_path / "written"

    send(environment, queue, "write_or_die", (str(written), "done"))
    with worker(environment, queue, "a") as killed:
        killed.wait(SECONDS_MAX)
    with worker(environment, queue, "b"):
        wait_for(written)

    assert written.read_text() == "done"


@contextmanager
def worker(environment: dict[str, str], queue: str, name: str = "one") -> Iterator[Any]:
    """A worker that serves `queue`."""
    running = subprocess.Popen(
        [
            *CELERY,
            "worker",
            "--pool=threads",
            "--concurrency=1",
            "--loglevel=warning",
            "--without-gossip",
            "--without-mingle",
            f"--queues={queue}",
            f"--hostname={name}@{queue}",
            "--include=tests.broker.tasks",
        ],
        cwd=ROOT,
        env=environment,
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(SECONDS_MAX)


def send(environment: dict[str, str], queue: str, task: str, *messages: tuple[str, ...]) -> None:
    """Ask for a task of the tests over `queue`, once per message, from a process of its own."""
    subprocess.run(
        [sys.executable, "-c", SENDER, f"tests.broker.tasks.{task}", queue, json.dumps(messages)],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=SECONDS_MAX,
    )


def wait_for(path: Path) -> None:
    """Until the file is there, or too much time has passed."""
    deadline = time.monotonic() + SECONDS_MAX
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.1)  # a file is there before it is written


@pytest.mark.parametrize("url", ["redis://broker/0", "rediss://broker/0", "sentinel://broker"])
def test_redis_hands_no_message_out_again_while_its_task_may_run(url: str):
    options = broker.options(url, Path("/data"))

    assert options["visibility_timeout"] > broker.TASK_SECONDS_MAX


def test_without_an_address_messages_lie_below_the_data_folder():
    options = broker.options(None, Path("/data"))

    assert options == {
        "data_folder_in": "/data/broker/messages",
        "data_folder_out": "/data/broker/messages",
        "control_folder": "/data/broker/control",
        "processed_folder": "/data/broker/processed",
    }


@pytest.mark.parametrize("url", ["amqp://broker", "amqps://broker", "pyamqp://broker"])
def test_rabbitmq_says_that_it_has_a_message_before_we_believe_it(url: str):
    assert broker.options(url, Path("/data")) == {"confirm_publish": True}


def test_other_brokers_are_told_nothing():
    assert broker.options("sqs://broker", Path("/data")) == {}
