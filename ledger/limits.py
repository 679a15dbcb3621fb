"""Answers which settings a holder's pools obey: the policies of the ledger, defined and read here.

docs/policies.md lists them with their meaning. Nearest wins: contract, customer, books, default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from creditops.lib import calendar, money, policies, policy_values
from creditops.lib.policies import Policy, Settings
from ledger import breakage
from ledger.line import HARD, OBSERVE, SOFT, Rules
from ledger.models import Holder

LARGEST_LATE_WINDOW_DAYS = 90
COMMITMENT, TOTAL_AVAILABLE = "COMMITMENT", "TOTAL_AVAILABLE"

_POLICIES = (
    Policy(
        "enforcement",
        None,
        policy_values.optional(policy_values.choice(HARD, SOFT, OBSERVE)),
        "product",
        "What happens when credits run out: HARD refuses, SOFT allows overage up to the cap, "
        "OBSERVE only records. Default: SOFT for contracts, HARD without a contract. A subscription has "
        "its grace instead, unless HARD is set for itself.",
    ),
    Policy(
        "observe_months",
        None,
        policy_values.optional(policy_values.whole_number(1, 36)),
        "product",
        "Only record for that many months from the setting on, then enforce.",
    ),
    Policy(
        "overage_pct",
        "20",
        policy_values.percentage(),
        "sales",
        "How far use may go beyond the balance, in percent of the base.",
    ),
    Policy(
        "overage_base",
        COMMITMENT,
        policy_values.choice(COMMITMENT, TOTAL_AVAILABLE),
        "sales",
        "What the overage percentage is taken of: the running term's commitment, or all that is "
        "available in it: what was used of blocks and what they have left, without daily credits.",
    ),
    Policy(
        "grace_hours",
        24,
        policy_values.whole_number(0, 72),
        "product",
        "For how many hours a subscription goes on when its credits are used up.",
    ),
    Policy(
        "grace_pct",
        "5",
        policy_values.percentage(),
        "product",
        "How much a subscription may use in that time, in percent of its plan's credits.",
    ),
    Policy(
        "auto_top_up",
        None,
        policy_values.optional(policy_values.auto_top_up),
        "customer administrator",
        "Credits that are bought by the card on file when fewer than so many are left, so often per "
        "period and for so much money per month at most; empty: none are.",
        alone=True,
        approver_of_books="product",
    ),
    Policy(
        "draw_order",
        "FIFO",
        policy_values.choice("FIFO", "EXPIRY_FIRST"),
        "finance",
        "Oldest credits first, or those that expire first.",
    ),
    Policy(
        "late_event_window_days",
        30,
        policy_values.whole_number(1, LARGEST_LATE_WINDOW_DAYS),
        "finance",
        "How many days after its time an event may arrive.",
        alone=True,
    ),
    Policy(
        "late_admission",
        "OVERAGE",
        policy_values.choice("OVERAGE", "REFUSE_HARD"),
        "finance",
        "Late use beyond the limit becomes overage, or an exception in pools that refuse.",
    ),
    Policy(
        "hold_over_pct",
        "0",
        policy_values.percentage(),
        "product",
        "How much more than was held may be captured, in percent of the hold.",
        alone=True,
    ),
    Policy(
        "breakage",
        "AT_EXPIRY",
        policy_values.choice(breakage.AT_EXPIRY, breakage.PROPORTIONAL),
        "controller and auditor",
        "When credits that are never used become revenue: when they expire, or in proportion to use by "
        "an estimate. It acts on credits granted from then on.",
    ),
    Policy(
        "escheat_pct",
        "0",
        policy_values.percentages_by_place,
        "legal",
        "The share of expired credits' value that is the state's, in percent: unclaimed property. One "
        "share, or a table by the customer's state.",
    ),
    Policy(
        "alerts",
        [50, 80, 95],
        policy_values.thresholds,
        "customer administrator",
        "At which percentages of consumption people are told.",
        alone=True,
        approver_of_books="product",
    ),
    Policy(
        "seat_allowance",
        None,
        policy_values.optional(policy_values.whole_number(1, 10**12)),
        "product",
        "Credits per user and month; empty: everyone draws from the pool.",
        alone=True,
    ),
)

# A change of one of these has pools laid out anew.
NAMES = tuple(policy.name for policy in _POLICIES)


def unset(*names: str) -> dict[str, Any]:
    """What is in force of these settings where nobody set them."""
    return {policy.name: policy.default for policy in _POLICIES if policy.name in names}


def define() -> None:
    """Make the ledger's settings known, and its pools follow their changes; at start."""
    for policy in _POLICIES:
        policies.define(policy)


class HolderKey(NamedTuple):
    """What is needed to find a holder's settings."""

    customer_id: int
    holder_id: int
    kind: str
    code: str
    customer_code: str
    time_zone: str

    @property
    def scopes(self) -> list[str]:
        """The holder's scopes, nearest first. An open contract has its customer's settings."""
        customer = policies.customer_scope(self.customer_code)
        if self.kind == "open":
            return [customer]
        return [policies.contract_scope(self.code), customer]


def key_of(holder: Holder, customer_code: str) -> HolderKey:
    """The key of a holder whose customer has this code."""
    return HolderKey(
        holder.customer_id, holder.id, holder.kind, holder.code, customer_code, holder.time_zone
    )


@dataclass(frozen=True)
class Limits:
    """The settings of one holder at one instant, as the ledger uses them."""

    rules: Rules
    overage_pct: Fraction
    overage_base: str
    alerts: tuple[int, ...]
    hold_over_pct: Fraction
    grace: timedelta
    escheat: str | Mapping[str, str]
    breakage: str

    def cap(self, base: int) -> int:
        """The overage cap in credits on a base in credits, rounded down (O1)."""
        return int(self.overage_pct * base / 100)

    @property
    def cap_share(self) -> Fraction | None:
        """The share of all that is available which the cap is; None: it is of the commitment."""
        return self.overage_pct / 100 if self.overage_base == TOTAL_AVAILABLE else None

    def state_share(self, country: str, region: str) -> Fraction:
        """The state's percentage of what expires for a customer from there: of its region, else of its
        country, else nothing where the setting is a table (F3)."""
        if isinstance(self.escheat, str):
            return money.decimal(self.escheat)
        of_country = self.escheat.get(country, "0")
        return money.decimal(self.escheat.get(f"{country}/{region}", of_country))

    def largest_capture(self, held: int) -> int:
        """The most credits that a hold of `held` may be captured with, rounded down (L19)."""
        return held + int(self.hold_over_pct * held / 100)


def of(holders: Iterable[HolderKey], at: datetime) -> dict[int, Limits]:
    """The limits of many holders at `at`, by holder id; one query."""
    by_id = {holder.holder_id: holder for holder in holders}
    settings = policies.in_force_for({key: h.scopes for key, h in by_id.items()}, at)
    return {key: _limits(by_id[key], values, at) for key, values in settings.items()}


def _limits(holder: HolderKey, settings: Settings, at: datetime) -> Limits:
    enforcement, since, changes_at = _enforcement(holder, settings, at)
    graced = holder.kind == Holder.Kind.SUBSCRIPTION
    return Limits(
        rules=Rules(
            enforcement=enforcement,
            expiry_first=settings["draw_order"] == "EXPIRY_FIRST",
            late_window=timedelta(days=settings["late_event_window_days"]),
            late_is_overage=settings["late_admission"] == "OVERAGE",
            seat_allowance=settings["seat_allowance"],
            top_up_below=_top_up_below(settings),
            enforced_since=since,
            changes_at=changes_at,
        ),
        overage_pct=money.decimal(settings["grace_pct" if graced else "overage_pct"]),
        overage_base=COMMITMENT if graced else settings["overage_base"],
        alerts=tuple(settings["alerts"]),
        hold_over_pct=money.decimal(settings["hold_over_pct"]),
        grace=timedelta(hours=settings["grace_hours"]),
        escheat=settings["escheat_pct"],
        breakage=settings["breakage"],
    )


def _enforcement(
    holder: HolderKey, settings: Settings, at: datetime
) -> tuple[str, datetime | None, datetime | None]:
    """What is enforced at `at`, since when, and when that changes if it is known.

    Since when only matters where there was, or is, a time of mere observation: an event from then is
    recorded, not drawn. Else it is None: for all events alike.
    """
    rows: Mapping[str, Any] = settings.set_rows
    since = [rows[n].effective_at for n in ("enforcement", "observe_months") if n in rows]
    enforcement = settings["enforcement"] or (HARD if holder.kind == "open" else SOFT)
    if holder.kind == Holder.Kind.SUBSCRIPTION and enforcement != OBSERVE:
        enforcement = _enforced_on_subscription(holder, rows)
    changes = [] if settings.changes_at is None else [settings.changes_at]
    months = settings["observe_months"]
    if months is not None:
        end = observed_until(rows["observe_months"].effective_at, months, holder.time_zone)
        if at < end:
            enforcement = OBSERVE
            changes.append(end)
        else:
            since.append(end)
    ever = settings.ever_set
    observed = OBSERVE in ever.get("enforcement", ()) or any(ever.get("observe_months", ()))
    bound = max(since, default=None) if observed else None
    return enforcement, bound, min(changes, default=None)


def _enforced_on_subscription(holder: HolderKey, rows: Mapping[str, Any]) -> str:
    """A subscription has its grace, unless HARD is set for itself: what is set for contracts or the
    credits of its customer says nothing about it."""
    row = rows.get("enforcement")
    if row is None or row.scope != policies.contract_scope(holder.code):
        return SOFT
    return HARD if row.value == HARD else SOFT


def _top_up_below(settings: Settings) -> int | None:
    """Below how many credits more are bought; None: none are."""
    rule = settings["auto_top_up"]
    return None if rule is None else int(rule["below"])


def observed_until(start: datetime, months: int, zone: str) -> datetime:
    """The end, exclusive, of an observation of `months` calendar months from `start` (T3, X23)."""
    wall = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    end = calendar.add_months(wall.date(), months)
    return calendar.local_instant(wall.replace(year=end.year, month=end.month, day=end.day), zone)
