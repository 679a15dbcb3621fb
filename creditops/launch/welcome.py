"""Answers what a person who just started the program wants to know: where, who, what to look at."""

from __future__ import annotations

from collections.abc import Iterator

from creditops import demo


def lines(address: str) -> Iterator[str]:
    """The lines to print.

    Args:
        address: where the program answers, like http://localhost:8000.
    """
    yield ""
    yield f"CreditOps is at {address}"
    logins = getattr(demo, "logins", None)
    if logins is not None:
        yield ""
        for email, password, sees in logins():
            yield f"  {email}  password {password}  {sees}"
    yield ""
    yield f"  {address}/readyz  database, migrations and broker at a glance"
    yield ""
    yield "Ctrl-C stops everything."
