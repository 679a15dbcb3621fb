"""Answers what the journal says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts import maturity as maturities
from creditops.lib import calendar, money
from creditops.scenarios.checks import expected
from creditops.scenarios.world import World
from ledger import (
    books,
    posting,
    statements,
)


def journal(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The whole journal, or the part that the filters name, net per date and account."""
    rows = _lines(world, wanted, at)
    if "on" in wanted:
        rows = rows.filter(entry__posting_date__in=[date.fromisoformat(d) for d in wanted["on"]])
    if "codes" in wanted:
        rows = rows.filter(account__code__in=wanted["codes"])
    net = {(on.isoformat(), code): amount for (on, code), amount in statements.net(rows).items()}
    return {"entries": _as_entries(net, books.current(at).currency)}


def account_balance(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """A book-keeping account at the end of a day."""
    rows = _lines(world, {**wanted, "to": wanted["as_of"]}, at)
    net = statements.balance(rows, [wanted["code"]])
    currency = books.current(at).currency
    return {"debit": money.text(net, currency), "credit": money.text(-net, currency)}


def revenue(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Revenue of a period by posting date."""
    first, last = _bounds(wanted.get("period"))
    found = statements.revenue(_lines(world, {**wanted, "from": first, "to": last}, at))
    currency = books.current(at).currency
    return {
        name: money.text(getattr(found, name), currency)
        for name in ("usage", "breakage", "overage", "contra", "total")
    }


def roll_forward(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The roll-forward of deferred credits over a period."""
    first, last = _bounds(wanted["period"])
    posting.run(at)
    found = statements.roll_forward(
        date.fromisoformat(first or ""), date.fromisoformat(last or ""), known_at=at
    )
    told = {
        "opening": found.opening,
        "billed": found.billed,
        "usage": found.usage,
        "breakage": found.breakage,
        "credit_notes": found.credit_notes + found.other,
        "closing": found.closing,
    }
    return _texts(told, at)


def maturity(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """The split of deferred credits into current and not."""
    posting.run(at)
    return _texts(vars(maturities.of_all(date.fromisoformat(wanted["as_of"]), at=at)), at)


def _texts(amounts: dict[str, int], at: datetime) -> dict[str, Any]:
    currency = books.current(at).currency
    return {name: money.text(minor, currency) for name, minor in amounts.items()}


def _lines(world: World, wanted: expected.Expectation, at: datetime) -> Any:
    """Journal lines by the filters of a check; what waits is posted first."""
    posting.run(at)
    account = world.account_of(wanted["account"]) if wanted.get("account") else {}
    first, last = wanted.get("from"), wanted.get("to")
    return statements.lines(
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
        **account,
    )


def _bounds(period: str | None) -> tuple[str | None, str | None]:
    """First and last day of a year or a month."""
    if period is None:
        return None, None
    if "-" not in period:
        return f"{period}-01-01", f"{period}-12-31"
    first = date.fromisoformat(f"{period}-01")
    return first.isoformat(), calendar.day_before(calendar.add_months(first, 1)).isoformat()


def _as_entries(net: dict[tuple[str, str], int], currency: str) -> list[dict[str, Any]]:
    """Net amounts as journal entries of a scenario, one per date, in order."""
    by_date: dict[str, dict[str, Any]] = {}
    for (on, code), amount in sorted(net.items()):
        entry = by_date.setdefault(on, {"date": on, "debit": {}, "credit": {}})
        side = "debit" if amount > 0 else "credit"
        entry[side][code] = money.text(abs(amount), currency)
    return list(by_date.values())


CHECKS: dict[str, expected.Check] = {
    "journal": journal,
    "account_balance": account_balance,
    "revenue": revenue,
    "roll_forward": roll_forward,
    "maturity": maturity,
}
