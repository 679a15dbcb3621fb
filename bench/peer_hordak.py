"""Does the same usage as transfers of django-hordak, many in one transaction; where it is installed.

It is no requirement of ours (`pip install django-hordak requests tablib`; it forgets the last two). Its app
is added to the process that measures, which ends with its book.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction

from bench import market
from bench.market import Market
from bench.recount import Differs
from ledger.api.bodies import NativeEvent

_APPS = ("mptt", "djmoney", "hordak")
# Any currency will do for credits: one of hers has no decimals to begin with.
_CURRENCY = "JPY"


def is_installed() -> bool:
    """Whether it can be measured at all."""
    return all(find_spec(name) is not None for name in _APPS)


class Books:
    """An account for every customer's unit that comes up, and the vendor's."""

    def __init__(self, sold: Market) -> None:
        settings.DEFAULT_CURRENCY = _CURRENCY
        settings.CURRENCIES = [_CURRENCY]
        apps.set_installed_apps([*settings.INSTALLED_APPS, *_APPS])
        _migrate()
        with connections["owner"].cursor() as cursor:
            cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC")
            cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC")
        self._cards = {sold.code(rank): sold.card(rank) for rank in range(sold.customers)}
        self._accounts: dict[str, Any] = {}
        self._vendor = _account("vendor", "IN")
        self._taken = 0

    def prepare(self, events: Sequence[NativeEvent]) -> None:
        """Open the accounts that come up for the first time."""
        for name in {_name(event) for event in events} - set(self._accounts):
            self._accounts[name] = _account(name, "LI")

    def take(self, events: Sequence[NativeEvent]) -> None:
        """Transfer what these events cost in one transaction."""
        money = import_module("djmoney.money").Money
        with transaction.atomic():
            for event in events:
                card = self._cards[event.customer]
                credits = int(event.quantity or 0) * market.rate(card, event.meter)
                own = self._accounts[_name(event)]
                own.transfer_to(self._vendor, money(credits, _CURRENCY))
                self._taken += credits

    def compare(self) -> None:
        """Raise Differs unless the vendor has what the customers used."""
        found = abs(self._vendor.get_balance()[_CURRENCY].amount)
        if found != self._taken:
            raise Differs(f"django-hordak: {found} credits, and not {self._taken}")


def _migrate() -> None:
    """As the owner all through: her migrations ask the default connection, whichever they change."""
    usual = connections["default"]
    connections["default"] = connections["owner"]
    try:
        call_command("migrate", "hordak", database="owner", interactive=False, verbosity=0)
    finally:
        connections["default"] = usual


def _name(event: NativeEvent) -> str:
    return f"{event.customer}/{market.unit(event.meter)}"


def _account(name: str, kind: str) -> Any:
    return import_module("hordak.models").Account.objects.create(
        name=name, type=kind, currencies=[_CURRENCY]
    )
