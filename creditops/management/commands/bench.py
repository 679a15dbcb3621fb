"""`manage.py bench [NAME...]`: the benchmarks of `bench/`, ratios in one run."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

BENCHMARKS = ("intake", "balance")


class Command(BaseCommand):
    help = "Measures on scratch books and prints ratios: ours beside a limit of the machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=" or ".join(BENCHMARKS))

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        unknown = [name for name in names if name not in BENCHMARKS]
        if unknown:
            known = ", ".join(BENCHMARKS)
            raise CommandError(f"No benchmark is called {unknown[0]}. There are: {known}.")
        settings.DEBUG = False  # which would keep the text of every query
        for name in names or BENCHMARKS:
            self.stdout.write(f"{name} ...")
            for ratio in import_module(f"bench.{name}").measure():
                self.stdout.write(f"  {ratio}")
