"""Does the printing of what `creditops/doctor.py` finds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from creditops import doctor


class Command(BaseCommand):
    """One line for each thing that the program needs."""

    help = "Says what this machine has, and what to type where something is missing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings. Raises CommandError if something needed is missing."""
        missing = 0
        for finding in doctor.findings():
            if finding.healthy:
                self.stdout.write(f"ok  {finding.subject}: {finding.found}")
                continue
            missing += finding.needed
            self.stdout.write(f"--  {finding.subject}: {finding.found}. Type: {finding.remedy}")
        if missing:
            raise CommandError(f"{missing} of the things above are needed and missing.")
