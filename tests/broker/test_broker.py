"""A message goes over the broker to a worker in another process, which does the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from creditops import broker
from creditops.environment import ROOT

SECONDS_MAX = 60
CELERY = [sys.executable, "-m", "celery", "--app=creditops.celery", "--quiet"]

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


@pytest.mark.broker
def test_a_worker_does_what_a_message_asks_for(environment: dict[str, str], tmp_path: Path):
    queue = f"creditops-test-{uuid.uuid4()}"
    written = tmp_path / "written"

    send(environment, queue, str(written), "done")
    with worker(environment, queue):
        wait_for(written)

    assert written.read_text() == "done"


@contextmanager
def worker(environment: dict[str, str], queue: str) -> Iterator[None]:
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
            f"--hostname={queue}",
            "--include=tests.broker.tasks",
        ],
        cwd=ROOT,
        env=environment,
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait(SECONDS_MAX)


def send(environment: dict[str, str], queue: str, *arguments: str) -> None:
    """Ask for the test's task over `queue`, from a process of its own."""
    subprocess.run(
        [
            *CELERY,
            "call",
            "tests.broker.tasks.write",
            f"--args={json.dumps(arguments)}",
            f"--queue={queue}",
        ],
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


def test_other_brokers_are_told_nothing():
    assert broker.options("amqp://broker", Path("/data")) == {}
