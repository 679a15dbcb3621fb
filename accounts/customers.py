"""Does the making and finding of customers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Customer
from accounts.models.customer import CODE
from creditops.lib import languages, money
from creditops.lib.refusals import NotFound, Refusal

_CHANGEABLE = frozenset(
    {"name", "legal_name", "language", "country", "region", "tax_id", "address"}
)

# With which letters the VAT ids of the European Union begin: Greece has letters of its own.
_VAT_MARKS = {
    country: "EL" if country == "GR" else country
    for country in (
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
    )
}


def create(
    *,
    code: str,
    name: str,
    currency: str,
    time_zone: str,
    at: datetime,
    kind: str = Customer.Kind.BUSINESS,
    segment: str = Customer.Segment.ENTERPRISE,
    legal_name: str = "",
    country: str = "",
    region: str = "",
    address: str = "",
    tax_id: str = "",
    language: str = languages.ENGLISH,
    parent: Customer | None = None,
) -> Customer:
    """Make a customer.

    Args:
        code: the id by which everyone outside knows it.
        currency: ISO 4217, of its contracts and documents unless they say otherwise.
        time_zone: IANA, in which its days begin.
        language: of its documents.
        at: the instant of creation.
        parent: the paying root of its family; a child has no children.

    Raises Refusal `customer_code_invalid`, `customer_exists`, `time_zone_unknown`,
    `currency_unknown`, `language_unknown`, `tax_id_of_elsewhere` or `customer_family_too_deep`.
    """
    try:
        CODE(code)
    except ValidationError as error:
        raise Refusal("customer_code_invalid", f"{code!r}: {error.messages[0]}") from error
    check_zone(time_zone)
    money.exponent(currency)
    languages.check(language)
    _check_tax_id(country, tax_id)
    if parent is not None and parent.parent_id is not None:
        raise Refusal(
            "customer_family_too_deep",
            f"{parent.name} has a parent itself. A family has a root and its children.",
        )
    try:
        with transaction.atomic():
            return Customer.objects.create(
                code=code,
                name=name,
                legal_name=legal_name,
                kind=kind,
                segment=segment,
                country=country,
                region=region,
                address=address,
                tax_id=tax_id,
                language=language,
                currency=currency,
                time_zone=time_zone,
                parent=parent,
                created_at=at,
            )
    except IntegrityError as error:
        raise Refusal("customer_exists", f"There is a customer {code!r} already.") from error


def change(customer: Customer, **facts: str) -> Customer:
    """Change facts of a customer: names, address, tax id. Currency and zone stay as they are.

    Raises Refusal `fact_fixed` for one that can't be changed, `language_unknown` or
    `tax_id_of_elsewhere`.
    """
    fixed = sorted(set(facts) - _CHANGEABLE)
    if fixed:
        raise Refusal("fact_fixed", f"{fixed[0]} of a customer can't be changed.")
    languages.check(facts.get("language", customer.language))
    if {"country", "tax_id"} & set(facts):
        _check_tax_id(facts.get("country", customer.country), facts.get("tax_id", customer.tax_id))
    for name, value in facts.items():
        setattr(customer, name, value)
    customer.save(update_fields=sorted(facts) or None)
    return customer


def find(code: str) -> Customer:
    """The customer known as `code`. Raises NotFound."""
    customer = Customer.objects.filter(code=code).first()
    if customer is None:
        raise NotFound("customer", code)
    return customer


def _check_tax_id(country: str, tax_id: str) -> None:
    """Raise Refusal `tax_id_of_elsewhere` for a VAT id that begins with another country's letters.

    Only between countries that mark their ids so; whether an id holds is asked where it decides about
    tax.
    """
    marked = "".join(tax_id.split()).upper()[:2]
    if country in _VAT_MARKS and marked in _VAT_MARKS.values() and marked != _VAT_MARKS[country]:
        raise Refusal(
            "tax_id_of_elsewhere",
            f"{tax_id} begins with {marked}, so it is not a VAT id of {country}, where the customer "
            f"is; those begin with {_VAT_MARKS[country]}. Correct the id or the country.",
        )


def check_zone(name: str) -> None:
    """Raise Refusal `time_zone_unknown` for what is no IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refusal(
            "time_zone_unknown", f"{name!r} is no IANA time zone. Write one like Europe/Berlin."
        ) from error
