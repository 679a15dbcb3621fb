"""What is billed and paid, one file per aggregate."""

from invoicing.models.bank import BankLine
from invoicing.models.billing_run import BillingRun, BillingRunItem
from invoicing.models.charge import CardCharge, GatewayEvent, SavedCard
from invoicing.models.credit_note import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    InvoiceVoid,
    Refund,
    WriteOff,
)
from invoicing.models.dispute import Chargeback, Dispute
from invoicing.models.dunning import LossEstimate, Reminder
from invoicing.models.export import ExportAccount, JournalExport
from invoicing.models.invoice import Invoice, InvoiceLine, InvoiceTax, NumberSeries
from invoicing.models.option import OptionEnd, PurchaseOption
from invoicing.models.payment import PayBack, Payment, Receipt
from invoicing.models.seller import SellerProfile, TaxExemption, TaxIdCheck, TaxRate
from invoicing.models.top_up import AutoTopUp
from invoicing.models.use_tax import TaxedMonth, TaxedUse

__all__ = [
    "AutoTopUp",
    "BankLine",
    "BillingRun",
    "BillingRunItem",
    "CardCharge",
    "Chargeback",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteTax",
    "Dispute",
    "ExportAccount",
    "GatewayEvent",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "InvoiceVoid",
    "JournalExport",
    "LossEstimate",
    "NumberSeries",
    "OptionEnd",
    "PayBack",
    "Payment",
    "PurchaseOption",
    "Receipt",
    "Refund",
    "Reminder",
    "SavedCard",
    "SellerProfile",
    "TaxExemption",
    "TaxIdCheck",
    "TaxRate",
    "TaxedMonth",
    "TaxedUse",
    "WriteOff",
]
