"""`manage.py exceptions list/apply/write-off`: messages that could not be placed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from creditops.lib import audit, clock
from creditops.lib.refusals import Refusal
from ledger import exceptions

_ACTOR = "command line"


class Command(BaseCommand):
    help = "Lists messages that could not be placed, lets them in, or writes them off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        for act, what in (
            ("list", "count them by reason"),
            ("apply", "let them in, whatever their age"),
            ("write-off", "let them go"),
        ):
            one = acts.add_parser(act, help=what)
            one.add_argument("--source", help="only of this source")
            one.add_argument("--customer", help="only of this customer")
            one.add_argument("--code", help="only with this reason, like too_late")
            if act != "list":
                one.add_argument("--reason", required=True, help="why; kept with each of them")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        at = clock.now()
        filters = {
            "source__name": options["source"],
            "customer_code": options["customer"],
            "code": options["code"],
        }
        rows = exceptions.waiting().filter(**{k: v for k, v in filters.items() if v})
        if act == "list":
            self._list(rows)
            return
        try:
            with audit.acting(_ACTOR, at=at, reason=options["reason"]):
                self._end(act, rows, options["reason"], at)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal

    def _list(self, rows: Any) -> None:
        found = list(rows.order_by().values_list("code").annotate(n=Count("id")))
        for code, number in sorted(found):
            self.stdout.write(f"{number:,} {code}")
        if not found:
            self.stdout.write("None wait.")

    def _end(self, act: str, rows: Any, reason: str, at: Any) -> None:
        found = list(rows.select_related("source").order_by("event_time", "id"))
        if not found:
            self.stdout.write("None wait that are asked for: nothing was done.")
        elif act == "write-off":
            done = exceptions.write_off_all(found, by=_ACTOR, reason=reason, at=at)
            self.stdout.write(f"{done:,} written off.")
        else:
            applied = exceptions.apply(found, by=_ACTOR, reason=reason, at=at)
            for status, number in applied.statuses.items():
                self.stdout.write(f"{number:,} {status}")
            for code, number in applied.still.items():
                self.stdout.write(f"{number:,} still can't be placed: {code}")
