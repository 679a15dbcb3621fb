"""Answers which reports there are, by section; a new one is one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from creditops.lib.refusals import NotFound
from creditops.reports import (
    breaking,
    closing,
    deferral,
    earning,
    growing,
    lasting,
    owing,
    rewarding,
)
from creditops.reports.frame import Kind, Span

DEFERRED = Kind(
    "deferred", "Deferred revenue",
    "What customers paid for and have not used yet: from opening to closing.",
    Span.TIME, deferral.roll_forward, deferral.GROUPS,
)  # fmt: skip

SECTIONS: Mapping[str, Sequence[Kind]] = {
    "Deferred": (
        DEFERRED,
        Kind("maturity", "Current and non-current", "How much of what is deferred may last for more than "
             "twelve months.", Span.DAY, lasting.current_or_not),
        Kind("obligations", "Remaining obligations", "What is still to be delivered, by when it ends at the "
             "latest, and what is contracted beyond it.", Span.DAY, lasting.obligations),
        Kind("expiring", "Expiring credits", "Credits that end within 30, 60 and 90 days.", Span.DAY,
             lasting.expiring),
        Kind("breakage", "Breakage by cohort", "How credits that were sold alike were used and what expired,"
             " beside what was expected.", Span.DAY, breaking.by_cohort),
        Kind("receipt-years", "Receipt years for tax", "Money received in advance by year, and how long it"
             " is deferred.", Span.DAY, lasting.receipt_years),
    ),
    "Earned": (
        Kind("revenue", "Revenue", "What was earned by use, overage and breakage, less free credits.",
             Span.TIME, earning.revenue, earning.GROUPS),
        Kind("free-credits", "Free credits", "What promotions and goodwill gave, and what they cost.",
             Span.TIME, earning.free_credits),
        Kind("growth", "Growth", "Use, net new credits and renewals on baseline, month by month.", Span.DAY,
             growing.growing),
        Kind("signals", "Signals of failure", "Signs that credits do not fit how they are sold.", Span.DAY,
             growing.failing),
    ),
    "Owed": (
        Kind("receivables", "Receivables by age", "What customers owe, by how long it is due.", Span.DAY,
             owing.receivables),
        Kind("unbilled", "Not billed yet",
             "Overage that was used; what is owed of terms that have begun.", Span.DAY,
             owing.unbilled),
        Kind("exposure", "Overage and its cap", "How far running terms went beyond their commitment, and how "
             "far they still may.", Span.DAY, owing.overage_exposure),
        Kind("commitments", "Prepaid commitments", "What customers committed to: contracted, invoiced, "
             "collected. For investors.", Span.DAY, owing.commitments),
        Kind("tax", "Output tax", "Tax by country, category and rate.", Span.TIME, owing.tax),
        Kind("commissions", "Commissions", "What reps have coming and owe back, what is at risk and held "
             "back, and what capitalised contract costs are.", Span.TIME, rewarding.commissions,
             verb="see_commissions"),
    ),
    "Ledger": (
        Kind("trial-balance", "Trial balance", "Every account: what stood, what moved, what stands.",
             Span.TIME, earning.trial_balance),
        Kind("reconciliations", "Reconciliations", "The ledger beside the rows that it follows from.",
             Span.TIME, closing.reconciliations_of),
    ),
}  # fmt: skip

_BY_NAME = {kind.name: kind for kinds in SECTIONS.values() for kind in kinds}


def find(name: str) -> Kind:
    """The report of this name. Raises NotFound."""
    found = _BY_NAME.get(name)
    if found is None:
        raise NotFound("report", name)
    return found
