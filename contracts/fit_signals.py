"""Answers whether credits fit this product, and whether they fail, from its own books (S10, S75 to S77, Z6).

The three conditions of the fit test are measured where they can be, to begin a talk with; what a product
head says counts. The thresholds of the signals are settings: ours, not the guide's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from statistics import median_low

from django.db.models import Min

from contracts import action_values, fit, terms_of_sale
from contracts.models import Contract, QuoteAnswer, RateItem
from creditops.lib import money, policies, policy_values, sql
from creditops.lib.policies import Policy
from ledger import books, exchange

WALL_PCT, ALLOWANCE_PCT, BY_HAND_PCT = (
    "signal_wall_pct",
    "signal_allowance_pct",
    "signal_by_hand_pct",
)
SIGN_DAYS, SMALL_DEAL = "signal_sign_days", "signal_small_deal"
# Usage is called unpredictable when days differ by more than half of their mean.
_UNSTEADY_PCT = 50
_LOOKED_AT_DAYS = 90
_DEALS_OF_DAYS = 365
_NONE = "NONE"


@dataclass(frozen=True)
class Condition:
    """One of the three: whether the books say that it is met, and what they say."""

    question: str
    met: bool
    evidence: str


@dataclass(frozen=True)
class Signal:
    """A way to fail: how far along it we are, in words, whether that shows it, and what would be too much.

    `shows` is None where there is nothing to measure yet.
    """

    code: str
    shows: bool | None
    evidence: str
    limit: str

    @property
    def symptom(self) -> str:
        """What it looks like."""
        return fit.failure_mode(self.code).symptom

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return fit.failure_mode(self.code).fix


def define() -> None:
    """Make the thresholds known, at start."""
    for name, default, meaning in (
        (WALL_PCT, "60", "From which share of trial accounts that used up their free credits and did not "
         "buy the credits count as not generous enough, in percent."),
        (ALLOWANCE_PCT, "20", "Below which share of accounts that use their free credits these count as "
         "not generous enough, in percent."),
        (BY_HAND_PCT, "50", "From which share of contracts without rollover that renew by hand credits "
         "count as a licence in disguise, in percent."),
    ):  # fmt: skip
        _define(name, default, policy_values.percentage(), meaning)
    _define(
        SIGN_DAYS,
        45,
        policy_values.whole_number(1, 365),
        "From how many days on, as the median from quote to signature, small deals count as too complex.",
    )
    _define(SMALL_DEAL, "10000", policy_values.amount,
            "Below which amount, in the books' currency, a deal is a small one.")  # fmt: skip


def _define(name: str, default: object, reader: policy_values.Reader, meaning: str) -> None:
    policies.define(Policy(name, default, reader, "product", meaning, alone=True, books_only=True))


def conditions(at: datetime) -> list[Condition]:
    """The three conditions of the fit test, as the books have them."""
    return [_variable_cost(at), _unpredictable(at), _many_features()]


def signals(at: datetime) -> list[Signal]:
    """The three ways to fail, as of `at`."""
    settings = policies.in_force([], at)
    return [too_complex(at), _not_generous(settings, at), _licence(settings, at)]


def _variable_cost(at: datetime) -> Condition:
    costs = {action.cost for action in action_values.actions(at) if action.cost}
    costs |= set(action_values.costs_of_meters(at).values())
    said = f"{len(costs)} different costs of actions are known"
    return Condition("The cost of an action varies", len(costs) > 1, said)


def _unpredictable(at: datetime) -> Condition:
    rows = sql.rows(
        "ledger", "unsteady_use", since=at - timedelta(days=_LOOKED_AT_DAYS), until=at,
        days=_LOOKED_AT_DAYS,
    )  # fmt: skip
    unsteady, customers = rows[0]
    said = (
        f"of {customers:,} customers {unsteady:,} use more than {_UNSTEADY_PCT} % more or less than "
        "their mean from day to day"
    )
    return Condition("Usage can't be predicted", 2 * unsteady > customers, said)


def _many_features() -> Condition:
    features = RateItem.objects.values("meter").distinct().count()
    return Condition(
        "One catalogue holds several features",
        features > 1,
        f"{features:,} meter{'' if features == 1 else 's'} {'has' if features == 1 else 'have'} a rate",
    )


def too_complex(at: datetime) -> Signal:
    """Small deals that were signed within a year: how long that took from the first version sent (S75)."""
    settings = policies.in_force([], at)
    currency = books.current(at).currency
    small = money.minor_units(settings[SMALL_DEAL], currency)
    most, said_small = settings[SIGN_DAYS], money.for_people(small, currency, short=True)
    limit = f"a median of more than {most} days"
    signed = (
        QuoteAnswer.objects.filter(
            accepted=True, answered_at__gt=at - timedelta(days=_DEALS_OF_DAYS), answered_at__lte=at
        )
        .select_related("version")
        .annotate(begun=Min("version__quote__versions__sent_at"))
    )
    days = [
        (answer.answered_at - answer.begun).days for answer in signed if _value(answer, at) < small
    ]
    if not days:
        return Signal(
            "TOO_COMPLEX", None, f"No quote below {said_small} was signed within a year.", limit
        )
    middle = median_low(days)
    said = f"{len(days):,} deals below {said_small} took a median of {middle} days from quote to signature"
    return Signal("TOO_COMPLEX", middle > most, said, limit)


def _value(answer: QuoteAnswer, at: datetime) -> int:
    """What a quote comes to, in minor units of the books' currency."""
    version = answer.version
    return exchange.functional(version.price_minor, version.currency, at)


def _not_generous(settings: policies.Settings, at: datetime) -> Signal:
    trials, at_the_wall, used = sql.rows("ledger", "trial_accounts", at=at)[0]
    limit = (
        f"more than {settings[WALL_PCT]} % used up and bought nothing, "
        f"or less than {settings[ALLOWANCE_PCT]} % use them"
    )
    if not trials:
        return Signal("NOT_GENEROUS", None, "There are no accounts with free credits alone.", limit)
    stuck, active = Fraction(100 * at_the_wall, trials), Fraction(100 * used, trials)
    shows = stuck > money.decimal(settings[WALL_PCT]) or active < money.decimal(
        settings[ALLOWANCE_PCT]
    )
    said = (
        f"of {trials:,} accounts with free credits alone {at_the_wall:,} used them up and did not buy; "
        f"{used:,} use them at all"
    )
    return Signal("NOT_GENEROUS", shows, said, limit)


def _licence(settings: policies.Settings, at: datetime) -> Signal:
    running = list(
        Contract.objects.filter(status=Contract.Status.ACTIVE).select_related("holder__customer")
    )
    strict = _without_rollover(running, at)
    limit = f"more than {settings[BY_HAND_PCT]} % of them renewed by hand"
    if not strict:
        return Signal(
            "LICENCE_IN_DISGUISE", False, "Every running contract rolls credits over.", limit
        )
    by_hand = sum(not contract.auto_renew for contract in strict)
    shows = Fraction(100 * by_hand, len(strict)) > money.decimal(settings[BY_HAND_PCT])
    said = f"of {len(strict):,} contracts without rollover {by_hand:,} are renewed by hand"
    return Signal("LICENCE_IN_DISGUISE", shows, said, limit)


def _without_rollover(contracts: Sequence[Contract], at: datetime) -> list[Contract]:
    settings = terms_of_sale.in_force_of([contract.holder for contract in contracts], at)
    return [c for c in contracts if settings[c.holder_id]["rollover"] == _NONE]
