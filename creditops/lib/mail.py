"""Does mail: one function, plain text from a template folder; called from the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.mail import send_mail
from django.template.loader import render_to_string


def send(letter: str, *, to: Sequence[str], context: Mapping[str, Any]) -> int:
    """Send the letter `templates/mail/<letter>.txt` to each of `to`; its first line is the subject.

    Returns how many were sent. A header can't be injected: the subject is one line.
    """
    text = render_to_string(f"mail/{letter}.txt", dict(context))
    subject, _, body = text.strip().partition("\n")
    return sum(send_mail(subject.strip(), body.strip() + "\n", None, [address]) for address in to)
