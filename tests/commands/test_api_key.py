"""`manage.py api_key`: keys of programs, made, listed and revoked."""

import pytest
from django.core.management import CommandError, call_command

from accounts import keys
from accounts.models import ApiKey
from creditops.lib import clock
from tests.cast import customer

pytestmark = pytest.mark.django_db


def made(capsys, *options: str) -> ApiKey:
    """The key whose secret the command prints."""
    call_command("api_key", "create", "shop", "--scope", "usage:write", *options)
    key = keys.find(capsys.readouterr().out.strip(), clock.now())
    assert key is not None
    return key


def test_a_key_is_made_and_its_secret_printed_once(capsys):
    key = made(capsys)

    assert (key.name, key.scopes, key.customer, key.assume_utc) == (
        "shop", ["usage:write"], None, False,
    )  # fmt: skip


def test_a_key_may_be_bound_to_a_customer_and_leave_out_offsets(capsys):
    acme = customer()

    key = made(capsys, "--customer", "acme", "--assume-utc")

    assert (key.customer, key.assume_utc) == (acme, True)


def test_a_revoked_key_is_nobodys(capsys):
    key = made(capsys)

    call_command("api_key", "revoke", "shop")
    call_command("api_key", "list")

    assert f"shop  {key.prefix}…  usage:write  revoked" in capsys.readouterr().out


def test_a_name_is_given_once(capsys):
    made(capsys)

    with pytest.raises(CommandError, match="There is a key named 'shop' already"):
        made(capsys)
