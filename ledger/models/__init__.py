"""The ledger's rows, one file per aggregate. The line's tables are written by hand in migrations/sql."""

from ledger.models.block import Block, BlockChange, BlockLayer, BlockState, CostLayer
from ledger.models.daily import DailyGrant
from ledger.models.entitlement import Entitlement, EntitlementRelease
from ledger.models.holder import CapLift, Holder, HolderTariff, Pool, PoolTerm, RateChoice, Term
from ledger.models.journal import (
    Account,
    AccountingPeriod,
    BookSettings,
    JournalEntry,
    JournalLine,
)
from ledger.models.line import (
    Accumulator,
    Drain,
    Layout,
    Move,
    PoolState,
    PostedCost,
    ProviderCost,
    SeatUse,
    Segment,
    TermUse,
)
from ledger.models.tariff import Rate, Tariff
from ledger.models.threshold import Arming, ThresholdCrossing
from ledger.models.unit import CreditUnit, Meter
from ledger.models.usage import (
    Correction,
    DuplicateCount,
    EventBatch,
    EventSource,
    ExceptionEnd,
    Hold,
    HoldEnd,
    UsageEvent,
    UsageException,
    UsagePart,
    UserName,
)

__all__ = [
    "Account",
    "AccountingPeriod",
    "Accumulator",
    "Arming",
    "Block",
    "BlockChange",
    "BlockLayer",
    "BlockState",
    "BookSettings",
    "CapLift",
    "Correction",
    "CostLayer",
    "CreditUnit",
    "DailyGrant",
    "Drain",
    "DuplicateCount",
    "Entitlement",
    "EntitlementRelease",
    "EventBatch",
    "EventSource",
    "ExceptionEnd",
    "Hold",
    "HoldEnd",
    "Holder",
    "HolderTariff",
    "JournalEntry",
    "JournalLine",
    "Layout",
    "Meter",
    "Move",
    "Pool",
    "PoolState",
    "PoolTerm",
    "PostedCost",
    "ProviderCost",
    "Rate",
    "RateChoice",
    "SeatUse",
    "Segment",
    "Tariff",
    "Term",
    "TermUse",
    "ThresholdCrossing",
    "UsageEvent",
    "UsageException",
    "UsagePart",
    "UserName",
]
