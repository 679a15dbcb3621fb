"""Does the door to `creditops/launch`: `manage.py up` runs everything on one machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from creditops.launch import one_machine

HOST = "127.0.0.1"
PORT = 8000


class Command(BaseCommand):
    """Everything for one machine, until Ctrl-C."""

    help = "Runs everything on one machine: database, tables, worker with beat, web server."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and whether to show something."""
        parser.add_argument("--host", default=HOST, help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=int, default=PORT, help="port (%(default)s)")
        parser.add_argument("--demo", action="store_true", help="seed the demo book once")

    def handle(self, *args: Any, host: str, port: int, demo: bool, **options: Any) -> None:
        """Run until a signal ends it. Raises CommandError if a part fails."""
        one_machine.run(host=host, port=port, demo=demo, say=self._say)

    def _say(self, text: str, *, ending: str = "\n") -> None:
        self.stdout.write(text, ending=ending)
        self.stdout.flush()
