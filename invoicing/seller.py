"""Answers who sells: the vendor's legal entity, as its documents print it."""

from __future__ import annotations

from typing import Any

from invoicing.models import SellerProfile

_UNNAMED = "The seller's name is not set yet"


def profile() -> SellerProfile:
    """The seller; an unnamed one until somebody fills in the profile."""
    found = SellerProfile.objects.first()
    return found or SellerProfile(name=_UNNAMED)


def is_unnamed() -> bool:
    """Whether nobody has filled in the seller's profile yet."""
    return not SellerProfile.objects.exists()


def define(**fields: Any) -> SellerProfile:
    """Set fields of the seller's profile; documents issued before keep what they print."""
    made, _ = SellerProfile.objects.update_or_create(id=1, defaults=fields)
    return made


def as_printed(seller: SellerProfile | None = None) -> dict[str, str]:
    """The seller's facts to freeze on a document; `seller` if they have been read already."""
    seller = seller or profile()
    return {
        "name": seller.legal_name or seller.name,
        "address": seller.address,
        "country": seller.country,
        "vat_id": seller.vat_id,
        "tax_number": seller.tax_number,
        "registration": seller.registration,
        "email": seller.email,
        "iban": seller.iban,
        "bic": seller.bic,
        "bank_details": seller.bank_details,
        "footer": seller.footer,
        "logo": seller.logo,
    }
