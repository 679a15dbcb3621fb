"""Does API keys: made and shown once, revoked at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from accounts import customers, keys
from accounts.models import ApiKey
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done
from creditops.lib.refusals import NotFound, Refusal


class KeyForm(fields.DeskForm):
    """What the key is for."""

    name = fields.text("Name", help="unique; the source of events that name none", most=100)
    scopes = forms.MultipleChoiceField(
        label="May", choices=[(scope, scope) for scope in ApiKey.Scope.values],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    customer = fields.text(
        "Customer's code", required=False, help="bound to it the key sees nothing else", most=100
    )
    expires_at = fields.Instant(label="Ends", required=False, help_text="in UTC; empty: never")


class MakeKey(Deed):
    """Make an API key."""

    name = "make-key"
    title = "Make an API key"
    verb = "manage_keys"
    button = "Make the key"
    about = "Its secret is shown once, on the next page but one, and stored nowhere."
    form = KeyForm
    keyed = False

    def home(self) -> str:
        """The list of keys."""
        return addresses.of_list(ApiKey)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make it."""
        buyer = customers.find(values["customer"]) if values["customer"] else None
        made, secret = keys.create(
            name=values["name"], scopes=values["scopes"], customer=buyer,
            expires_at=values["expires_at"], by=by, at=at,
        )  # fmt: skip
        bound = f", bound to {buyer.name}" if buyer else ""
        return Done(f"Key {made.name} for {', '.join(made.scopes)}{bound}.", self.home(), secret)


class RevokeKey(Deed):
    """End a key at once."""

    name = "revoke-key"
    title = "Revoke a key"
    verb = "manage_keys"
    button = "Revoke the key"
    about = "Programs that use it are refused from that moment on. It cannot be undone."
    form = fields.ReasonForm
    danger = True

    def find(self, key: str) -> ApiKey:
        """A key that still works."""
        found = ApiKey.objects.filter(name=key).first()
        if found is None:
            raise NotFound("API key", key)
        if found.revoked_at is not None:
            raise Refusal("api_key_revoked", f"{found.name} was revoked already.")
        return found

    @property
    def heading(self) -> str:
        """Which one."""
        return f"Revoke {self.subject}"

    def home(self) -> str:
        """The list of keys."""
        return addresses.of_list(ApiKey)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Revoke it."""
        keys.revoke(self.subject.name, at=at)
        return Done(f"Key {self.subject.name} is revoked.", self.home())
