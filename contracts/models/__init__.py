"""What is sold, one file per aggregate."""

from contracts.models.agreement import Contract, ScheduledCharge
from contracts.models.pricing import PriceVersion, RateCard, RateCardVersion, RateItem
from contracts.models.renewal import RenewalProposal

__all__ = [
    "Contract",
    "PriceVersion",
    "RateCard",
    "RateCardVersion",
    "RateItem",
    "RenewalProposal",
    "ScheduledCharge",
]
