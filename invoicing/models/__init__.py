"""What is billed and paid, one file per aggregate."""

from invoicing.models.invoice import Invoice, InvoiceLine, NumberSeries
from invoicing.models.payment import Payment, SavedCard
from invoicing.models.seller import SellerProfile, TaxRate

__all__ = [
    "Invoice",
    "InvoiceLine",
    "NumberSeries",
    "Payment",
    "SavedCard",
    "SellerProfile",
    "TaxRate",
]
