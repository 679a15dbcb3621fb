"""Answers what a person who just started the program wants to know: where, who, what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from accounts.models import Person
from creditops import demo


def lines(address: str, mail: Path | None) -> Iterator[str]:
    """The lines to print.

    Args:
        address: where the program answers, like http://localhost:8000.
        mail: the folder that letters are written to; None: they really leave.
    """
    yield ""
    yield f"CreditOps is at {address}"
    yield ""
    yield from _people()
    yield ""
    if mail is not None:
        yield f"Letters to customers are not sent; they are files in {mail}"
    yield f"Programs talk to {address}/api/v1/ (docs/api.md); {address}/readyz says how all is."
    yield "Ctrl-C stops everything; the book stays and is there again next time."


def _people() -> Iterator[str]:
    logins = list(demo.logins())
    if logins:
        yield f"Log in with the password {demo.password()} as"
        widest = max(len(email) for email, _ in logins)
        for email, sees in logins:
            yield f"  {email:{widest}}  {sees}"
    elif not Person.objects.exists():
        yield "Nobody can log in yet. Make the first login, of a superuser, or a book to try with:"
        yield "  .venv/bin/python manage.py createsuperuser"
        yield "  .venv/bin/python manage.py demo"
    else:
        yield "Log in with your own e-mail and password."
