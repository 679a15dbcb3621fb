"""The embedded server: shared, healed, stopped by the last one who leaves."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from creditops.database import embedded, leftovers, place
from tests.database.processes import (
    User,
    kill_server,
    processes_below,
    server_of,
    wait_for_state,
)

Use = Callable[..., User]
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="only root hands the server to another user")

pytestmark = pytest.mark.slow


def test_the_first_user_starts_the_server_and_the_last_one_stops_it(used_data: Path, use: Use):
    first = use(used_data).ready()
    second = use(used_data).ready()

    assert first.asked("ask") == second.asked("ask")
    first.leave()
    assert second.asked("ask").startswith("creditops_app ")
    second.leave()

    assert processes_below(used_data) == []


def test_eight_starters_at_once_share_one_server(data: Path, use: Use):
    users = [use(data) for _ in range(8)]

    answers = {user.ready().asked("ask") for user in users}
    for user in users:
        user.leave()

    assert len(answers) == 1
    assert processes_below(data) == []


def test_a_server_whose_owner_was_killed_is_found_and_used_again(used_data: Path, use: Use):
    killed = use(used_data).ready()
    before = killed.asked("ask")
    killed.signalled(signal.SIGKILL)
    assert server_of(used_data) is not None

    heir = use(used_data).ready()

    assert heir.asked("ask") == before
    heir.leave()
    assert processes_below(used_data) == []


def test_a_server_that_was_killed_is_started_again_for_the_next_user(used_data: Path, use: Use):
    witness = use(used_data).ready()
    killed = kill_server(used_data)

    heir = use(used_data).ready()

    assert heir.asked("ask").startswith("creditops_app ")
    assert server_of(used_data) not in (None, killed)
    witness.leave()
    heir.leave()
    assert processes_below(used_data) == []


def test_a_server_that_nobody_reaped_counts_as_dead(used_data: Path, use: Use):
    parent = use(used_data, "--reaps-nothing").ready()
    zombie = kill_server(used_data)
    wait_for_state(zombie, "Z")

    heir = use(used_data).ready()

    assert heir.asked("ask").startswith("creditops_app ")
    heir.leave()
    parent.leave()
    assert server_of(used_data) is None


def test_a_user_revives_a_server_that_was_killed_under_it(used_data: Path, use: Use):
    user = use(used_data).ready()
    before = user.asked("ask")
    kill_server(used_data)

    after = user.asked("revive")

    assert after.startswith("creditops_app ")
    assert after != before


def test_a_number_that_another_program_has_keeps_no_server_out(used_data: Path, use: Use):
    use(used_data).ready().leave()
    where = place.of(used_data)
    stale = f"{os.getpid()}\n{where.cluster}\n"
    (where.cluster / "postmaster.pid").write_text(stale)
    (where.sockets / f"{place.SOCKET}.lock").write_text(stale)

    user = use(used_data).ready()

    assert user.asked("ask").startswith("creditops_app ")


def test_a_cluster_that_was_made_by_half_is_made_anew(data: Path, use: Use):
    where = place.of(data)
    place.make(where)
    (where.home / "making").mkdir()
    (where.home / "making" / "PG_VERSION").write_text("18")

    user = use(data).ready()

    assert user.asked("ask").startswith("creditops_app ")
    assert not (where.home / "making").exists()


@pytest.mark.parametrize("name", ["long" * 60, "with a, comma and 'quotes'"])
def test_a_path_that_no_socket_takes_gets_a_short_one(data: Path, use: Use, name: str):
    deep = data / name

    user = use(deep).ready()

    assert user.asked("ask").startswith("creditops_app ")
    sockets = place.of(deep).sockets
    assert sockets.parent == place.SHORT_FOLDER
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    user.leave()
    assert processes_below(data) == []
    sockets.rmdir()


def test_a_forked_child_keeps_the_server_when_its_parent_leaves(used_data: Path, use: Use):
    family = use(used_data, "--fork").ready()
    family.process.wait(10)

    assert family.asked("ask").startswith("creditops_app ")

    family.leave()
    with pytest.raises(psycopg.OperationalError):
        wait_until_refused(used_data)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_user_told_to_end_leaves_nothing_running(used_data: Path, use: Use, number: int):
    user = use(used_data).ready()

    user.signalled(number)

    assert processes_below(used_data) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_user_told_to_end_while_it_starts_the_server_leaves_nothing(
    data: Path, use: Use, number: int
):
    user = use(data)
    wait_for(data / "postgresql")

    user.signalled(number)

    assert processes_below(data) == []


def test_commits_are_durable_and_only_a_private_socket_is_open(used_data: Path, use: Use):
    use(used_data).ready()
    where = place.of(used_data)
    address = where.address("creditops", user="creditops_app")

    with psycopg.connect(address) as connection:
        settings = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "full_page_writes", "listen_addresses", "TimeZone")
        }

    assert settings == {
        "fsync": ("on",),
        "full_page_writes": ("on",),
        "listen_addresses": ("",),
        "TimeZone": ("UTC",),
    }
    assert stat.S_IMODE(where.home.stat().st_mode) == 0o700


def test_text_is_ordered_by_code_point_on_every_machine(used_data: Path, use: Use):
    use(used_data).ready()
    address = place.of(used_data).address("creditops", user="creditops_app")

    with psycopg.connect(address) as connection:
        found = connection.execute(
            "SELECT string_agg(t, '' ORDER BY t) FROM unnest('{b,B,a,A}'::text[]) t"
        )

        assert found.fetchone() == ("ABab",)


def test_a_removed_data_folder_takes_its_server_with_it(data: Path, use: Use):
    long_name = data / ("long" * 60)
    killed = use(long_name).ready()
    before = killed.asked("ask")
    killed.signalled(signal.SIGKILL)
    orphaned = server_of(long_name)
    remove(data)

    heir = use(long_name).ready()

    assert heir.asked("ask") != before
    assert server_of(long_name) not in (None, orphaned)
    assert not Path(f"/proc/{orphaned}/cwd").exists()
    heir.leave()
    place.of(long_name).sockets.rmdir()


@only_root
def test_a_data_folder_out_of_the_servers_reach_is_not_opened_but_gone_around(data: Path, use: Use):
    closed = data / "closed"
    closed.mkdir(parents=True, mode=0o700)
    where = place.of(closed / "data")
    assert where.home.parent == place.REACHABLE_FOLDER

    user = use(closed / "data").ready()

    assert user.asked("ask").startswith("creditops_app ")
    user.leave()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert user.errors() == (
        f"The embedded database goes to {where.home}: PostgreSQL does not run as root, and the "
        f"system user {where.user.name} cannot reach {closed / 'data'}.\n"
    )
    remove(where.home)


@only_root
def test_a_fresh_data_folder_does_not_find_the_book_of_the_one_before(data: Path, use: Use):
    closed = data / "closed"
    closed.mkdir(parents=True, mode=0o700)
    use(closed / "data").ready().leave()
    where = place.of(closed / "data")
    made = (where.cluster / "PG_VERSION").stat().st_ino, (where.home / "made_for").read_text()
    remove(closed / "data")

    use(closed / "data").ready().leave()

    now = (where.cluster / "PG_VERSION").stat().st_ino, (where.home / "made_for").read_text()
    assert now[1] != made[1]
    remove(where.home)


@only_root
def test_the_server_runs_as_a_user_without_rights(used_data: Path, use: Use):
    use(used_data).ready()

    assert Path(f"/proc/{server_of(used_data)}").stat().st_uid == place.of(used_data).user.uid != 0


def test_a_folder_that_somebody_else_put_there_is_not_trusted(data: Path, monkeypatch):
    data.mkdir()
    (data / "postgresql").symlink_to("/")

    with pytest.raises(embedded.Unavailable, match="should be a folder of the system user"):
        embedded.attach(data, debug=True)


@only_root
def test_a_folder_that_is_just_being_made_is_waited_for(data: Path, use: Use, monkeypatch):
    usual, second = os.chown, list[User]()

    def chown(*args: Any) -> None:
        if not second:
            second.append(use(data))
            time.sleep(1)
        usual(*args)

    monkeypatch.setattr(place.os, "chown", chown)
    embedded.attach(data, debug=True)
    try:
        second[0].ready()
    finally:
        embedded.detach(data)


def test_the_server_refuses_to_serve_without_debug(data: Path):
    with pytest.raises(ImproperlyConfigured, match="DEBUG is off"):
        embedded.attach(data, debug=False)

    assert not data.exists()


def test_asking_for_the_settings_starts_nothing(data: Path):
    settings = embedded.connection(data, user=embedded.OWNER)

    assert settings == {
        "NAME": "creditops",
        "USER": "creditops_owner",
        "HOST": str(data / "postgresql"),
        "PORT": "5432",
        "EMBEDDED": str(data),
    }
    assert not data.exists()


def test_a_server_that_does_not_start_is_said_with_the_end_of_its_log(data: Path, use: Use):
    use(data).ready().leave()
    where = place.of(data)
    with (where.cluster / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = nonsense\n")

    failed = use(data)

    assert failed.answer() == ""
    assert 'invalid value for parameter "shared_buffers"' in failed.errors()
    assert leftovers.server(where) is None


def wait_for(path: Path) -> None:
    """Until `path` is there."""
    while not path.exists():
        pass


def wait_until_refused(data: Path) -> None:
    """Ask the server until it refuses."""
    address = place.of(data).address("creditops", user="creditops_app")
    for _ in range(1000):
        psycopg.connect(address).close()


def remove(folder: Path) -> None:
    """Remove `folder` as `rm -r` would, under whoever uses it."""
    shutil.rmtree(folder)
