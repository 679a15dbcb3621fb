"""`manage.py scenario FILE...`: plays scenarios on scratch books (docs/scenarios.md)."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from creditops.lib.refusals import Refusal
from creditops.scenarios import reading, scratch_book
from creditops.scenarios.play import Report

_INVALID = 2


class Command(BaseCommand):
    help = "Plays scenario files, each on a scratch book of its own: PASS or FAIL per expectation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON list instead")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        try:
            scenarios = [reading.read(path) for path in files]
        except Refusal as refusal:
            self.stderr.write(refusal.detail)
            sys.exit(_INVALID)
        reports = []
        for scenario in scenarios:
            reports.append(scratch_book.play_in_scratch_book(scenario))
            if not options["json"]:
                self._print(reports[-1])
        if options["json"]:
            self.stdout.write(json.dumps([report.as_json() for report in reports], indent=1))
        else:
            self._total(reports)
        if not all(report.passed for report in reports):
            sys.exit(1)

    def _print(self, report: Report) -> None:
        for step in report.refused:
            self.stdout.write(
                f"FAIL {report.id} {step.at} step {step.index} {step.do}: {step.error}"
            )
        for result in report.results:
            if result.passed:
                self.stdout.write(f"PASS {report.id} {result.at} {result.check}")
            for name, expected, actual in result.differences:
                self.stdout.write(
                    f"FAIL {report.id} {result.at} {result.check} {name}: "
                    f"expected {json.dumps(expected)}, is {json.dumps(actual)}"
                )

    def _total(self, reports: list[Report]) -> None:
        results = [result for report in reports for result in report.results]
        passed = sum(result.passed for result in results)
        scenarios = sum(report.passed for report in reports)
        self.stdout.write(
            f"{passed} of {len(results)} expectations passed; "
            f"{scenarios} of {len(reports)} scenarios."
        )
