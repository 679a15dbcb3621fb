"""The ledger's rows, one file per aggregate. The line's tables are written by hand in migrations/sql."""

from ledger.models.block import Block, BlockChange, BlockLayer, BlockState, CostLayer
from ledger.models.bulk import Backfill, BackfillBatch, BackfillRow, ImportRun
from ledger.models.closing import AccountMapping, CloseMark, PeriodAct
from ledger.models.cost import MeterCost, ModelCost
from ledger.models.daily import DailyGrant
from ledger.models.entitlement import Entitlement, EntitlementRelease
from ledger.models.exchange import ExchangeRate
from ledger.models.expiry_notice import ExpiryNotice
from ledger.models.holder import (
    CapLift,
    DirectoryChange,
    Holder,
    HolderTariff,
    OverageBasis,
    Pool,
    PoolTerm,
    RateChoice,
    Term,
)
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
    ScopeLine,
    SeatUse,
    Segment,
    TermUse,
)
from ledger.models.recognition import BreakageEstimate, Recognition
from ledger.models.tariff import Rate, Tariff
from ledger.models.threshold import Arming, ThresholdCrossing
from ledger.models.unit import CreditUnit, Meter
from ledger.models.usage import (
    ArchiveReturn,
    Correction,
    DuplicateCount,
    EventArchive,
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
    "AccountMapping",
    "AccountingPeriod",
    "Accumulator",
    "ArchiveReturn",
    "Arming",
    "Backfill",
    "BackfillBatch",
    "BackfillRow",
    "Block",
    "BlockChange",
    "BlockLayer",
    "BlockState",
    "BookSettings",
    "BreakageEstimate",
    "CapLift",
    "CloseMark",
    "Correction",
    "CostLayer",
    "CreditUnit",
    "DailyGrant",
    "DirectoryChange",
    "Drain",
    "DuplicateCount",
    "Entitlement",
    "EntitlementRelease",
    "EventArchive",
    "EventBatch",
    "EventSource",
    "ExceptionEnd",
    "ExchangeRate",
    "ExpiryNotice",
    "Hold",
    "HoldEnd",
    "Holder",
    "HolderTariff",
    "ImportRun",
    "JournalEntry",
    "JournalLine",
    "Layout",
    "Meter",
    "MeterCost",
    "ModelCost",
    "Move",
    "OverageBasis",
    "PeriodAct",
    "Pool",
    "PoolState",
    "PoolTerm",
    "PostedCost",
    "ProviderCost",
    "Rate",
    "RateChoice",
    "Recognition",
    "ScopeLine",
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
