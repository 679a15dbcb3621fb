"""`manage.py api_key create/list/revoke`: keys of programs; a new one is printed once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import customers, keys
from accounts.models import ApiKey
from creditops.lib import audit, clock
from creditops.lib.refusals import Refusal
from creditops.management.commands.run_due import instant

_ACTOR = "command line"


class Command(BaseCommand):
    help = "Makes, lists and revokes API keys. The secret of a new key is printed this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        create = acts.add_parser("create", help="make a key and print its secret once")
        create.add_argument("name", help="unique; the source of events that name none")
        create.add_argument(
            "--scope", action="append", required=True, choices=ApiKey.Scope.values, dest="scopes"
        )
        create.add_argument("--customer", help="bind the key to this customer's code")
        create.add_argument("--expires", type=instant, metavar="T", help="its end, with offset")
        create.add_argument(
            "--assume-utc", action="store_true", help="times that it sends without offset are UTC"
        )
        acts.add_parser("list", help="list keys without their secrets")
        revoke = acts.add_parser("revoke", help="end a key at once")
        revoke.add_argument("name")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        at = clock.now()
        try:
            with audit.acting(_ACTOR, at=at):
                getattr(self, f"_{act}")(at, options)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal

    def _create(self, at: Any, options: dict[str, Any]) -> None:
        bound = customers.find(options["customer"]) if options["customer"] else None
        key, secret = keys.create(
            name=options["name"],
            scopes=options["scopes"],
            by=_ACTOR,
            at=at,
            customer=bound,
            expires_at=options["expires"],
            assume_utc=options["assume_utc"],
        )
        self.stderr.write(f"Key {key.name!r} made. Its secret is shown this once:")
        self.stdout.write(secret)

    def _list(self, at: Any, options: dict[str, Any]) -> None:
        for key in ApiKey.objects.select_related("customer"):
            state = "revoked" if key.revoked_at else "valid"
            bound = f", {key.customer.code} only" if key.customer else ""
            self.stdout.write(f"{key.name}  {key.prefix}…  {' '.join(key.scopes)}{bound}  {state}")

    def _revoke(self, at: Any, options: dict[str, Any]) -> None:
        key = keys.revoke(options["name"], at=at)
        self.stdout.write(f"Key {key.name!r} is revoked.")
