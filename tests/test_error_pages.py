"""Pages that say what went wrong, each by the house's own template, with a way on."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.roles import Role
from tests import staff

BACK = '<a href="/">Back to the start</a>'


@pytest.mark.django_db
def test_a_page_outside_ones_role_says_so():
    controller = staff.as_(staff.person(Role.CONTROLLER))

    answer = controller.get("/admin/accounts/apikey/")

    assert answer.status_code == 403
    assert "Your role doesn't include this" in answer.content.decode()
    assert BACK in answer.content.decode()


@pytest.mark.django_db
def test_a_form_that_was_open_too_long_says_that_nothing_was_written():
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "ada@acme.example"})

    assert answer.status_code == 403
    assert "Nothing was written." in answer.content.decode()


def test_a_broken_page_needs_nothing_but_its_template():
    page = render_to_string("500.html")

    assert "Something went wrong" in page
    assert BACK in page
