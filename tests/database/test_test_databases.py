"""The tests' own databases: used as `app`, clean after every test, real commits included."""

from __future__ import annotations

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections


@pytest.mark.django_db
def test_tests_run_as_the_application():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (connection.settings_dict["USER"],)


@pytest.mark.django_db
@pytest.mark.parametrize("time", [1, 2])
def test_what_a_test_writes_is_gone_for_the_next(time: int):
    assert not ContentType.objects.filter(app_label="left").exists()

    ContentType.objects.create(app_label="left", model="over")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_what_a_test_commits_is_gone_for_the_next(time: int):
    assert not ContentType.objects.filter(app_label="left").exists()
    assert ContentType.objects.filter(app_label="lib").exists()

    ContentType.objects.create(app_label="left", model="over")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_what_another_thread_left_open_keeps_no_database_alive(time: int):
    seen = []

    def look() -> None:
        seen.append(ContentType.objects.filter(app_label="left").count())
        ContentType.objects.create(app_label="left", model="over")

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [0]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_owner_and_application_see_the_same_database():
    ContentType.objects.create(app_label="left", model="over")

    assert ContentType.objects.using("owner").filter(app_label="left").exists()
    assert connections["owner"].settings_dict["NAME"] == connection.settings_dict["NAME"]
