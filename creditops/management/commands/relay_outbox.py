"""`manage.py relay_outbox [--once]`: delivers mails, documents, webhooks and charges that wait."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from creditops.lib import clock, outbox

_PAUSE_SECONDS = 5


class Command(BaseCommand):
    help = "Delivers what waits in the outbox, then keeps looking unless --once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="deliver what waits now, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            delivered, failed = outbox.relay(clock.now())
            said = options["verbosity"] > 0 and options["once"]
            if delivered or failed or said:
                self.stdout.write(f"{delivered:,} delivered, {failed:,} failed.")
            if options["once"]:
                return
            time.sleep(_PAUSE_SECONDS)
