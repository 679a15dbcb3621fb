"""Does what our accounts are called in other programs: a name each, ours until somebody gives another."""

from __future__ import annotations

from datetime import datetime

from creditops.lib.refusals import NotFound, Refusal
from invoicing.models import ExportAccount
from ledger.models import Account

QUICKBOOKS, NETSUITE, DATEV = "quickbooks", "netsuite", "datev"
PROGRAMS = ("csv", QUICKBOOKS, "xero", NETSUITE, DATEV)
_NAME_MAX, _DATEV_DIGITS_MAX = 120, 9


def names(program: str) -> dict[str, str]:
    """Our account code -> what it is called in a program; one query for ours, one for given names."""
    given = dict(ExportAccount.objects.filter(program=program).values_list("account__code", "name"))
    return {
        account.code: given.get(account.code) or _usual(program, account)
        for account in Account.objects.all()
    }


def name(program: str, code: str, given: str, *, at: datetime) -> ExportAccount:
    """Say what an account of ours is called in a program, from the next export on.

    Raises NotFound, or Refusal `export_name_unfit` for what that program could not read.
    """
    account = Account.objects.filter(code=code).first()
    if account is None:
        raise NotFound("account", code)
    if program not in PROGRAMS:
        raise NotFound("export program", program)
    text = given.strip()
    plain = text.isprintable() and 0 < len(text) <= _NAME_MAX
    number = text.isascii() and text.isdecimal() and len(text) <= _DATEV_DIGITS_MAX
    if not plain or (program == DATEV and not number):
        raise Refusal(
            "export_name_unfit",
            f"{given!r} can't name an account in {program}: write one line of at most {_NAME_MAX} signs, "
            f"for datev a number of at most {_DATEV_DIGITS_MAX} digits.",
        )
    made, _ = ExportAccount.objects.update_or_create(
        program=program, account=account, defaults={"name": text}
    )
    return made


def _usual(program: str, account: Account) -> str:
    if program == QUICKBOOKS:
        return account.name
    if program in ("csv", NETSUITE):
        return f"{account.code} {account.name}"
    return account.code
