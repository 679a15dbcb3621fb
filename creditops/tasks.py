"""Does what the clock asks for: tasks that wake the commands which know what is due.

Safe to run twice, safe to lose: the next one finds whatever this one did not. Where nothing is due
nothing is said: the worker's lines stand in the terminal of whoever runs `up`.
"""

from __future__ import annotations

from django.core.management import call_command

from creditops.celery import app


@app.task
def run_due() -> None:
    """Do all time-driven work that is due."""
    call_command("run_due", verbosity=0)


@app.task
def relay_outbox() -> None:
    """Send what waits in the outbox: mails, webhooks, documents, charges."""
    call_command("relay_outbox", once=True, verbosity=0)


@app.task
def seal() -> None:
    """Seal what the books got since the last seal."""
    call_command("seal", verbosity=0)
