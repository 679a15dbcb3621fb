"""Does new customers, and lets their people in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms

from accounts import customers, people
from accounts.models import Customer, Membership
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done
from creditops.lib import languages
from ledger import books


class NewCustomerForm(fields.DeskForm):
    """Who buys, and where their days begin."""

    code = fields.text(
        "Code", help="by which everyone outside knows it; it never changes", most=100
    )
    name = fields.text("Name")
    legal_name = fields.text("Legal name", required=False, help="as documents print it")
    language = fields.choice("Language", languages.NAMES.items(), help="of its documents")
    kind = fields.choice("Kind", Customer.Kind.choices)
    segment = fields.choice("Segment", Customer.Segment.choices)
    currency = fields.text("Currency", help="ISO 4217, in capitals; it never changes", most=3)
    time_zone = fields.text("Time zone", help="like Europe/Berlin; it never changes", most=60)
    country = fields.text("Country", required=False, help="ISO 3166, two letters", most=2)
    region = fields.text("State or province", required=False, most=60)
    address = forms.CharField(label="Address", required=False, widget=fields.lines())
    tax_id = fields.text("Tax id", required=False, most=40)
    parent = fields.text("Parent's code", required=False, help="who pays for it", most=100)

    groups = {
        "Who": ("code", "name", "kind", "segment", "parent"),
        "Money and time": ("currency", "time_zone"),
        "On documents": ("legal_name", "language", "tax_id", "country", "region", "address"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.attrs["list"] = "time-zones"


class NewCustomer(Deed):
    """Make a customer."""

    name = "new-customer"
    title = "New customer"
    verb = "manage_customers"
    button = "Make the customer"
    form = NewCustomerForm
    keyed = False
    template = "desk/new_customer.html"

    def home(self) -> str:
        """The list of customers."""
        return addresses.of_list(Customer)

    def initial(self) -> dict[str, Any]:
        """In the currency and zone of the books."""
        current = books.current(self.at)
        return {"currency": current.currency, "time_zone": current.time_zone}

    def zones(self) -> list[str]:
        """What may be typed as a zone."""
        return sorted(available_timezones())

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make the customer."""
        parent = customers.find(values["parent"]) if values["parent"] else None
        made = customers.create(**{**values, "parent": parent}, at=at)
        return Done(
            f"{made.name} is a customer, known as {made.code}.", addresses.of_customer(made)
        )


class LetInForm(fields.DeskForm):
    """Who may log in, as what."""

    email = forms.EmailField(label="E-mail", help_text="the login")
    name = fields.text("Name")
    role = fields.choice("Role", Membership.Role.choices)
    notify_at_percent = forms.IntegerField(
        label="Told at %", required=False, min_value=1, max_value=100,
        help_text="told by mail when consumption reaches this; empty: never",
    )  # fmt: skip


class LetIn(Deed):
    """Let a customer's person log in to the portal. The password is set later, by a superuser."""

    name = "let-in"
    title = "Let somebody in"
    verb = "manage_customers"
    button = "Let them in"
    about = "A person of the customer, for the portal. They cannot see any other customer."
    form = LetInForm

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """Whose person."""
        return f"Let somebody of {self.subject.name} in"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make the person a member."""
        made = people.add_member(**values, customer=self.subject, at=at)
        return Done(f"{made.name} may log in for {self.subject.name} as {made.email}.", self.home())
