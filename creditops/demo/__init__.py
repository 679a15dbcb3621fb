"""A believable vendor and its year, made through the work modules; nothing here writes a row.

| file | what stands there |
|---|---|
| `people` | who logs in, and with what |
| `catalogue` | what the vendor sells: prices and rate cards |
| `usage` | what customers' days look like, the same on every machine |
| `year` | the demo book: customers of every kind and a year of their usage |
| `code_completion` | one contract for the usage of a real code-completion service |
"""

from __future__ import annotations

from collections.abc import Iterator


def logins() -> Iterator[tuple[str, str]]:
    """(e-mail, what they see) of the demo's people that this book has, for whoever starts it."""
    from creditops.demo import people

    for person in people.CAST:
        if people.known(person):
            yield person.email, person.sees


def password() -> str:
    """The one that all of them have."""
    from creditops.demo import people

    return people.PASSWORD
