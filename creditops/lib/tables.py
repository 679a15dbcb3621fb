"""Answers what kind of table a model is. Every table of the house is one of four kinds.

| kind | rows are | changes | kept by |
|---|---|---|---|
| `Book` | written once, for ever | none: a mistake is answered by a new row | rights and a trigger |
| `Record` | ordinary facts | audited, field by field | a trigger into the audit |
| `Counter` | counters and caches, rebuildable from the books | conditional statements | `verify` |
| `Queue` | work that waits to be done | claimed and marked done | unique keys |

`creditops/lib/table_rights.py` reads the kind after every migration and sets rights and triggers.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models

from creditops.lib.refusals import Refusal


class WrittenOnce(Refusal):
    """Somebody tried to change or remove a row of the books."""

    def __init__(self, table: str) -> None:
        super().__init__(
            "written_once",
            f"Rows of {table} are written once and never changed. Correct the mistake with a new "
            "row: a correction, a reversal or a credit note.",
        )


class BookQuerySet(models.QuerySet[Any]):
    """Reads and adds, but never changes: the kind form of what the database enforces."""

    def update(self, **values: Any) -> NoReturn:
        raise WrittenOnce(self.model._meta.db_table)

    def delete(self) -> NoReturn:
        raise WrittenOnce(self.model._meta.db_table)


class Book(models.Model):
    """Rows that are written once. The application's role may only SELECT and INSERT them.

    `written_by_triggers`: not even INSERT; the database writes these rows itself.
    `in_seals`: its rows are sealed (`creditops/lib/seals.py`), in the order of their numbers.
    `unsealed_fields`: what seals leave out: free text and names of persons, never a number or amount.
    `numbers_from`: the table whose sequence the numbers come from, and how many rows of this book
    one number of it may have; None for a sequence of its own.
    `guards_itself`: a row trigger of the table's own judges an UPDATE by the owner, which may be a change
    of form and none of what is said; the application may not change such rows either.
    """

    written_by_triggers: ClassVar[bool] = False
    in_seals: ClassVar[bool] = True
    unsealed_fields: ClassVar[tuple[str, ...]] = ()
    numbers_from: ClassVar[tuple[str, int] | None] = None
    guards_itself: ClassVar[bool] = False

    objects: ClassVar[models.Manager[Any]] = BookQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise WrittenOnce(self._meta.db_table)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WrittenOnce(self._meta.db_table)


class Record(models.Model):
    """Ordinary rows. A trigger writes every change of them into the audit, whoever makes it.

    `secret_fields` are named in the audit when they change, but their values are never copied there.
    `made_by_books`: a row is made with the row of a book that first names it, which says all that an audit
    of its making could; only what is done to it later is audited.
    """

    secret_fields: ClassVar[tuple[str, ...]] = ()
    made_by_books: ClassVar[bool] = False

    class Meta:
        abstract = True


class Counter(models.Model):
    """Counters and caches: quick answers that the books could give again, row for row."""

    class Meta:
        abstract = True


class Queue(models.Model):
    """Work that waits in rows; a unique key per piece of work makes it once-only."""

    class Meta:
        abstract = True
