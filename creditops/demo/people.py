"""Does the people of the demo: staff of the vendor, and one of each customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts import people
from accounts.models import Customer, Membership, Person
from accounts.roles import Role

# Only for a book that holds nothing true.
PASSWORD = "credits-are-money"  # noqa: S105


@dataclass(frozen=True)
class Someone:
    """A person of the demo; `customer` the code of theirs, None for staff."""

    email: str
    name: str
    sees: str
    staff_role: Role | None = None
    customer: str | None = None
    role: str = ""
    notify_at: int | None = None


CAST = (
    Someone("fiona@lumen.example", "Fiona Ledger", "finance: what is due today, and Acme's whole story",
            Role.CONTROLLER),
    Someone("sam@lumen.example", "Sam Seller", "sales: contracts, and renewals as usage proposes",
            Role.SALES_REP),
    Someone("mara@lumen.example", "Mara Market", "sales manager: agrees to overage and to settings of sales",
            Role.SALES_MANAGER),
    Someone("augusta@lumen.example", "Augusta Reed", "auditor: everything, to look at, and to agree to",
            Role.AUDITOR),
    Someone("ada@acme.example", "Ada Admin", "a customer: credits left, where they went, invoices",
            customer="acme", role=Membership.Role.ADMIN, notify_at=50),
    Someone("otto@brightpixel.example", "Otto Owner", "a small customer that buys packs by card",
            customer="bright-pixel", role=Membership.Role.ADMIN, notify_at=80),
)  # fmt: skip


def hire(at: datetime) -> None:
    """Let the vendor's staff log in."""
    for someone in CAST:
        if someone.staff_role is not None and not known(someone):
            people.add_staff(
                email=someone.email,
                name=someone.name,
                role=someone.staff_role,
                password=PASSWORD,
                at=at,
            )


def invite(customer: Customer, at: datetime) -> None:
    """Let the customer's people log in to the portal."""
    for someone in CAST:
        if someone.customer == customer.code and not known(someone):
            people.add_member(
                email=someone.email,
                name=someone.name,
                customer=customer,
                role=someone.role,
                notify_at_percent=someone.notify_at,
                password=PASSWORD,
                at=at,
            )


def known(someone: Someone) -> bool:
    """Whether this book has them."""
    return Person.objects.filter(email=someone.email).exists()
