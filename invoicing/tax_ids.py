"""Does the checking of customers' tax ids, and keeps the evidence (I9).

A document without tax because the customer owes it (reverse charge) needs an id of the customer's that
holds, and one of the seller's. By default its form and check digits decide; where an authority is asked
(`ask`), its newest answer does. It is asked when somebody checks an id, never while a document is issued.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from accounts.models import Customer
from creditops.lib import policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from invoicing.models import SellerProfile, TaxIdCheck

CHECKED, ANY = "CHECKED", "ANY"
SETTING = "reverse_charge_id"


@dataclass(frozen=True)
class Answer:
    """What an authority says: whether the id is good, whose it is, under which number it answered."""

    valid: bool
    name: str = ""
    reference: str = ""


# Asks an authority about an id; raises OSError where it can't be reached.
Authority = Callable[[str], Answer]
_authority: Authority | None = None


def ask(authority: Authority | None) -> None:
    """Say at start which authority is asked; None: nobody is, form and check digits decide."""
    global _authority  # the one port of this module, set when the program starts
    _authority = authority


def define_settings() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            SETTING,
            CHECKED,
            policy_values.choice(CHECKED, ANY),
            "tax",
            "Which VAT id of a customer makes a reverse charge: one that was checked and holds, "
            "beside the seller's own, or any that was given.",
            books_only=True,
        )
    )


def check(customer: Customer, *, at: datetime) -> TaxIdCheck:
    """Check the customer's tax id now, and keep what came out; an authority that can't be reached
    leaves the check to form and check digits."""
    if _authority is not None and _has_form(customer):
        try:
            answer = _authority(customer.tax_id)
        except OSError:
            pass
        else:
            return _keep(customer, TaxIdCheck.Way.ONLINE, answer, at)
    return _by_form(customer, at)


def prove(customer: Customer, seller: SellerProfile, *, at: datetime) -> None:
    """Make sure that a reverse charge to the customer stands on two ids that hold: the newest check
    counts; without one form and check digits are looked at now.

    Raises Refusal `seller_tax_id_missing` or `tax_id_doubtful`.
    """
    if policies.in_force([], at)[SETTING] == ANY:
        return
    if not seller.vat_id:
        raise Refusal(
            "seller_tax_id_missing",
            f"{customer.name} would owe the tax itself, which takes the seller's VAT id beside its "
            "own. Fill it in on the seller's page.",
        )
    known = TaxIdCheck.objects.filter(
        customer=customer, tax_id=customer.tax_id, country=customer.country
    ).first()
    if not (known or _by_form(customer, at)).valid:
        raise Refusal(
            "tax_id_doubtful",
            f"{customer.tax_id} is no VAT id of {customer.country} that holds, and {customer.name} "
            "would owe the tax itself by it. Correct the id, or take it out: then tax is charged.",
        )


def _by_form(customer: Customer, at: datetime) -> TaxIdCheck:
    return _keep(customer, TaxIdCheck.Way.FORMAT, Answer(_has_form(customer)), at)


def _has_form(customer: Customer) -> bool:
    """Whether it has the form and the check digits of an id of the customer's country."""
    try:
        compact = vat.compact(customer.tax_id)
        vat.validate(compact)
    except (ValidationError, ValueError):
        return False
    return bool(compact[:2] == _PREFIXES.get(customer.country, customer.country))


# Where the prefix of an id is not the country's ISO code.
_PREFIXES = {"GR": "EL"}


def _keep(customer: Customer, way: TaxIdCheck.Way, answer: Answer, at: datetime) -> TaxIdCheck:
    made: TaxIdCheck = TaxIdCheck.objects.create(
        customer=customer,
        country=customer.country,
        tax_id=customer.tax_id,
        way=way,
        valid=answer.valid,
        name=answer.name[:200],
        reference=answer.reference[:100],
        checked_at=at,
    )
    return made
