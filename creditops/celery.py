"""Does the wake-ups: the Celery application, `celery -A creditops.celery worker`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.conf import settings

from creditops import broker, broker_folder
from creditops.database import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditops.settings")

app = Celery("creditops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
broker_folder.serve()
broker.make_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)


@worker_init.connect
def _use_the_embedded_database(**_: Any) -> None:
    """Count the worker itself as a user from its start: its children, beat among them, end without
    Python's exit, and the last user is the one who stops the server."""
    data = settings.DATABASES["default"].get("EMBEDDED")
    if data is not None:
        embedded.attach(Path(data), debug=settings.ENVIRONMENT.debug)
