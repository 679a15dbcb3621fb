"""Who looks, at which customer, and what they may see."""

from __future__ import annotations

import pytest

from accounts.models import Membership, Person
from creditops.lib.refusals import NotFound
from creditops.portal import visitor
from tests import cast
from tests.portal.conftest import Acme, member, staff

Role = Membership.Role


@pytest.mark.parametrize(
    ("role", "money", "values"),
    [
        (Role.ADMIN, True, True),
        (Role.FINANCE, True, True),
        (Role.AUTHORISER, True, False),
        (Role.VIEWER, False, False),
    ],
)
def test_a_role_decides_what_is_seen(acme: Acme, role: str, money: bool, values: bool):
    found = visitor.find(member(acme.customer, "someone", role), "")

    assert (found.role, found.sees_money, found.sees_values) == (role, money, values)


def test_staff_see_what_the_customer_sees_and_stay_with_it(acme: Acme):
    found = visitor.find(staff(), "acme")

    assert (found.is_staff, found.sees_values, found.query) == (True, True, "?customer=acme")


def test_staff_have_to_say_which_customer(acme: Acme):
    with pytest.raises(NotFound):
        visitor.find(staff(), "")


def test_otto_finds_no_acme(acme: Acme, otto: Person):
    with pytest.raises(NotFound):
        visitor.find(otto, "acme")


def test_a_persons_own_customer_comes_before_its_children(acme: Acme):
    cast.customer("aaa-child", parent=acme.customer)

    found = visitor.find(member(acme.customer, "ada"), "")

    assert [customer.code for customer in found.others] == ["acme", "aaa-child"]
    assert found.customer == acme.customer
    assert found.query == "?customer=acme"


def test_a_role_at_the_root_holds_for_its_children(acme: Acme):
    cast.customer("child", parent=acme.customer)

    found = visitor.find(member(acme.customer, "vic", Role.VIEWER), "child")

    assert (found.customer.code, found.role) == ("child", Role.VIEWER)


def test_an_address_of_someone_with_one_customer_needs_not_say_which(acme: Acme):
    assert visitor.find(member(acme.customer, "ada"), "").query == ""
