"""`manage.py backfill list/close/reverse`: usage of the past that was loaded as one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops.lib import audit, clock
from creditops.lib.refusals import Refusal
from ledger import backfills
from ledger.models import Backfill

_ACTOR = "command line"


class Command(BaseCommand):
    help = (
        "Lists backfills (`import_usage --backfill NAME` loads one), takes one into the books, or "
        "reverses one as a whole. Interrupted, it is started again with the same words."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="how each of them stands")
        for act, what in (
            ("close", "take what waits into the books, in the order of its times"),
            ("reverse", "throw away what waits, make every event of it void"),
        ):
            one = acts.add_parser(act, help=what)
            one.add_argument("name")
            one.add_argument("--reason", required=True, help="why; kept with everything it does")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        if act == "list":
            found = Backfill.objects.order_by("id")
            for backfill in found:
                self.stdout.write(self._line(backfill))
            if not found:
                self.stdout.write("There is none. `import_usage --backfill NAME` opens one.")
            return
        at = clock.now()
        try:
            with audit.acting(_ACTOR, at=at, reason=options["reason"]):
                backfill = backfills.find(options["name"])
                self._begin(act, backfill, options["reason"], at)
                done = backfills.work(backfill, now=clock.now, tell=self._tell)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(self._line(done))

    def _begin(self, act: str, backfill: Backfill, reason: str, at: Any) -> None:
        """Say that it is to be done; what was said before is gone on with."""
        going = {"close": Backfill.State.CLOSING, "reverse": Backfill.State.REVERSING}[act]
        if backfill.state != going:
            {"close": backfills.close, "reverse": backfills.reverse}[act](
                backfill, by=_ACTOR, reason=reason, at=at
            )

    def _tell(self, backfill: Backfill) -> None:
        self.stderr.write(self._line(Backfill.objects.get(pk=backfill.pk)))

    def _line(self, backfill: Backfill) -> str:
        found = backfills.standing(backfill)
        told = [f"{number:,} {status}" for status, number in sorted(found.statuses.items())]
        if found.waiting:
            told.append(f"{found.waiting:,} wait")
        if found.void:
            told.append(f"{found.void:,} void")
        told.append(f"{found.credits:,} credits drawn")
        return f"{backfill.name} ({backfill.state}): {', '.join(told)}."
