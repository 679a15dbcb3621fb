"""Answers which shape a freshly migrated database has, as a short digest.

Two programs with the same digest make the same tables, triggers, rights and first rows, so a
template that carries it in its name can be used again.
"""

from __future__ import annotations

import hashlib
import inspect
import weakref
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models.signals import post_migrate

from creditops.database import partitions, roles

DIGEST_LENGTH = 12


def digest() -> str:
    """The digest of everything that decides what `migrate` leaves behind."""
    files = {
        *_migrations(),
        *_models(),
        *_steps_after(),
        Path(roles.__file__),
        Path(partitions.__file__),
    }
    content = hashlib.sha256()
    for path in sorted(files):
        content.update(f"{path.name}:{path.stat().st_size}:".encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:DIGEST_LENGTH]


def _migrations() -> Iterator[Path]:
    """The migrations of every app, ours and others', with the SQL that they and the steps run."""
    for app in apps.get_app_configs():
        yield from Path(app.path, "migrations").rglob("*.py")
        for folder in ("migrations", "sql"):
            yield from Path(app.path, folder).rglob("*.sql")


def _models() -> Iterator[Path]:
    """The files of all models and of all that they inherit: rights follow the kind of a model."""
    for model in apps.get_models():
        yield from (file for made_of in model.__mro__ for file in _file(made_of))


def _steps_after() -> Iterator[Path]:
    """The files of the functions that Django calls when it has migrated."""
    for _, receiver, *_ in post_migrate.receivers:
        step = receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
        if step is not None:
            yield from _file(inspect.unwrap(step))


def _file(thing: object) -> Iterator[Path]:
    module = inspect.getmodule(thing)
    if module is not None and getattr(module, "__file__", None):
        yield Path(str(module.__file__))
