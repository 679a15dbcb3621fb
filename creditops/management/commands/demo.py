"""`manage.py demo`: a believable vendor with a year of usage, or one contract to try real usage on."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Customer
from creditops.demo import code_completion, year
from creditops.lib import audit, clock

_YEAR, _CODE_COMPLETION = "year", "code-completion"


class Command(BaseCommand):
    help = (
        "Makes the demo book through the work modules, once: a vendor, customers of every kind, a "
        "year of usage. `--book code-completion` makes one contract to import real usage into."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--book", choices=[_YEAR, _CODE_COMPLETION], default=_YEAR)

    def handle(self, *args: Any, book: str, **options: Any) -> None:
        started = time.monotonic()
        with audit.acting("demo", at=clock.now()):
            made = self._code_completion() if book == _CODE_COMPLETION else self._year()
        if made:
            self.stdout.write(f"Done in {time.monotonic() - started:.0f} s.")

    def _year(self) -> bool:
        if Customer.objects.exists():
            self.stdout.write("There are customers already; the demo book is made in an empty one.")
            return False
        year.seed(clock.now(), lambda sentence: self.stdout.write(f"  {sentence}"))
        return True

    def _code_completion(self) -> bool:
        if Customer.objects.filter(code=code_completion.CUSTOMER).exists():
            self.stdout.write(f"The customer {code_completion.CUSTOMER} is there already.")
            return False
        contract = code_completion.sign(clock.now())
        self.stdout.write(
            f"Contract {contract.code} of {contract.customer.code}: {contract.commitment:,} credits."
        )
        return True
