"""`manage.py bench [NAME...]`: the benchmarks of `bench/`, ratios in one run."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from inspect import signature
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

BENCHMARKS = (
    "intake",
    "balance",
    "history",
    "growth",
    "workers",
    "checks",
    "peers",
    "people",
    "customers",
    "close",
    "studies",
    "papers",
)


class Command(BaseCommand):
    help = (
        "Measures on scratch books and prints ratios: ours beside a limit of the machine, or with much "
        "behind it beside nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
        parser.add_argument(
            "--events",
            type=int,
            help="of the history and of studies, 1,000,000; of growth's short one, 10,000: its long "
            "one is 100 times that; of workers a round, 40,000",
        )
        parser.add_argument(
            "--rounds", type=int, help="of workers, checks, peers, people, customers"
        )
        parser.add_argument("--people", type=int, help="of the large account; default: 160,000")
        parser.add_argument("--customers", type=int, help="of the large market; default: 100,000")
        parser.add_argument("--invoices", type=int, help="of papers; default: 500")
        parser.add_argument("--times", type=int, help="of every check in a round; default: 200")
        parser.add_argument(
            "--pgledger", metavar="FOLDER", help="a checkout of it, to measure beside"
        )

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        unknown = [name for name in names if name not in BENCHMARKS]
        if unknown:
            known = ", ".join(BENCHMARKS)
            raise CommandError(f"No benchmark is called {unknown[0]}. There are: {known}.")
        settings.DEBUG = False  # which would keep the text of every query
        for name in names or BENCHMARKS:
            self.stdout.write(f"{name} ...")
            measure = import_module(f"bench.{name}").measure
            takes = signature(measure).parameters
            asked = {key: value for key, value in options.items() if key in takes and value}
            for ratio in measure(**asked):
                self.stdout.write(f"  {ratio}")
