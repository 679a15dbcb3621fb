"""What is sold, one file per aggregate."""

from contracts.models.action_value import ActionValue
from contracts.models.agreement import AgreedTerm, Contract, ScheduledCharge
from contracts.models.amendment import Amendment
from contracts.models.commission import (
    Assignment,
    AssignmentShare,
    CommissionEvent,
    CommissionPart,
    CommissionPlan,
    CommissionPlanVersion,
    CommissionSplit,
    ContractCost,
    ContractCostStep,
    ContractPlan,
)
from contracts.models.commission_pay import (
    CommissionDispute,
    CommissionPayout,
    CommissionStatement,
)
from contracts.models.plan import (
    Consent,
    GraceEnd,
    Plan,
    PlanCharge,
    PlanVersion,
    Subscription,
)
from contracts.models.pricing import (
    Pack,
    PriceTier,
    PriceVersion,
    RateCard,
    RateCardVersion,
    RateItem,
)
from contracts.models.quote import Quote, QuoteAnswer, QuoteLink, QuoteMessage, QuoteVersion
from contracts.models.rate_campaign import CampaignNotice, RateCampaign
from contracts.models.rate_draft import RateDraft
from contracts.models.renewal import RenewalProposal

__all__ = [
    "ActionValue",
    "AgreedTerm",
    "Amendment",
    "Assignment",
    "AssignmentShare",
    "CampaignNotice",
    "CommissionDispute",
    "CommissionEvent",
    "CommissionPart",
    "CommissionPayout",
    "CommissionPlan",
    "CommissionPlanVersion",
    "CommissionSplit",
    "CommissionStatement",
    "Consent",
    "Contract",
    "ContractCost",
    "ContractCostStep",
    "ContractPlan",
    "GraceEnd",
    "Pack",
    "Plan",
    "PlanCharge",
    "PlanVersion",
    "PriceTier",
    "PriceVersion",
    "Quote",
    "QuoteAnswer",
    "QuoteLink",
    "QuoteMessage",
    "QuoteVersion",
    "RateCampaign",
    "RateCard",
    "RateCardVersion",
    "RateDraft",
    "RateItem",
    "RenewalProposal",
    "ScheduledCharge",
    "Subscription",
]
