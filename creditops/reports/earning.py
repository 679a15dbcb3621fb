"""Answers what was earned: trial balance, revenue in its kinds, free credits (V8, Z5)."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from creditops.desk import addresses
from creditops.reports import naming
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Report,
    Table,
    counts,
    moneys,
    sum_of,
    summed,
    texts,
)
from creditops.reports.naming import Names
from ledger import books, chart, drawdown, earnings, meter_uses, statements
from ledger.meter_uses import MeterUse
from ledger.models import Account, JournalEntry, JournalLine

CATEGORY, PRODUCT, CUSTOMER = "category", "product", "customer"
GROUPS = {CATEGORY: "by category", PRODUCT: "by product", CUSTOMER: "by customer"}
_REVENUE = (chart.USAGE, chart.OVERAGE, chart.BREAKAGE, chart.CONTRA)
_HEADS = ("Use of credits", "Overage", "Breakage", "Free credits, contra", "Revenue")
_TOTAL = "Total"


def trial_balance(asked: Asked) -> Report:
    """Every account: what stood on it, what moved, what stands on it."""
    naming.post(asked.remembered, asked.known_at)
    lines = statements.lines(last=asked.last, known_at=asked.known_at)
    before, during = Q(entry__posting_date__lt=asked.first), Q(entry__posting_date__gte=asked.first)
    found = {
        row[0]: row[1:]
        for row in lines.order_by()
        .values_list("account__code")
        .annotate(
            opening=Sum(F("debit_minor") - F("credit_minor"), filter=before, default=0),
            debit=Sum("debit_minor", filter=during, default=0),
            credit=Sum("credit_minor", filter=during, default=0),
        )
    }
    columns = (*texts("Account", "Name"), *moneys("Opening", "Debit", "Credit", "Closing"))
    rows: list[list[Cell]] = []
    links = []
    for account in Account.objects.filter(code__in=found):
        opening, debit, credit = map(int, found[account.code])
        rows.append([account.code, account.name, opening, debit, credit, opening + debit - credit])
        links.append(addresses.of_list(JournalEntry, account=account.code))
    sums = [_TOTAL, "", *summed(columns, rows)[2:]] if rows else []
    debits, credits = sum_of(rows, 3), sum_of(rows, 4)
    return Report(
        books.current(asked.known_at).currency,
        [Table("", columns, rows, sums, "Nothing is posted.", links)],
        [Check("Debits of the time", debits, "its credits", credits),
         Check("Closing of all accounts", sum_of(rows, 5), "nothing", 0)],
        ["Opening and closing are debit less credit: liabilities and revenue stand below zero."],
    )  # fmt: skip


def revenue(asked: Asked) -> Report:
    """What was earned: by category month by month, by product, or by customer."""
    naming.post(asked.remembered, asked.known_at)
    lines = statements.lines(first=asked.first, last=asked.last, known_at=asked.known_at)
    by_account = {code: -minor for code, minor in statements.balances(lines).items()}
    make = {CATEGORY: _by_month, PRODUCT: _by_product, CUSTOMER: _by_customer}[asked.by]
    table, checks = make(asked, by_account)
    return Report(books.current(asked.known_at).currency, [table], checks)


def _by_month(asked: Asked, by_account: dict[str, int]) -> tuple[Table, list[Check]]:
    rows = (
        _revenue_lines(asked)
        .annotate(month=TruncMonth("entry__posting_date"))
        .order_by("month")
        .values_list("month", "account__code")
        .annotate(minor=Sum(F("credit_minor") - F("debit_minor")))
    )
    months: dict[str, dict[str, int]] = defaultdict(dict)
    for month, code, minor in rows:
        months[f"{month:%Y-%m}"][code] = int(minor)
    columns = (*texts("Month"), *moneys(*_HEADS))
    written: list[list[Cell]] = [[month, *_figures(found)] for month, found in months.items()]
    table = Table("By category", columns, written, summed(columns, written) if written else (),
                  "Nothing was earned.")  # fmt: skip
    return table, [_total_check(written, by_account)]


def _by_customer(asked: Asked, by_account: dict[str, int]) -> tuple[Table, list[Check]]:
    rows = (
        _revenue_lines(asked)
        .order_by()
        .values_list("entry__customer_id", "account__code")
        .annotate(minor=Sum(F("credit_minor") - F("debit_minor")))
    )
    customers: dict[int | None, dict[str, int]] = defaultdict(dict)
    for customer, code, minor in rows:
        customers[customer][code] = int(minor)
    names = Names(customers)
    ordered = sorted(customers, key=lambda c: -sum(customers[c].values()))
    columns = (*texts("Customer"), *moneys(*_HEADS))
    written: list[list[Cell]] = [[names.customer(c), *_figures(customers[c])] for c in ordered]
    table = Table("By customer, the largest first", columns, written,
                  summed(columns, written) if written else (), "Nothing was earned.",
                  [names.address(c) for c in ordered])  # fmt: skip
    return table, [_total_check(written, by_account)]


def _revenue_lines(asked: Asked) -> QuerySet[JournalLine]:
    return statements.lines(first=asked.first, last=asked.last, known_at=asked.known_at).filter(
        account__code__in=_REVENUE
    )


def _figures(found: dict[str, int]) -> list[Cell]:
    return [*(found.get(code, 0) for code in _REVENUE), sum(found.values())]


def _total_check(rows: list[list[Cell]], by_account: dict[str, int]) -> Check:
    here = sum_of(rows, -1)
    ledger = sum(by_account.get(code, 0) for code in _REVENUE)
    return Check("Revenue", here, " + ".join(_REVENUE), ledger)


def _by_product(asked: Asked, by_account: dict[str, int]) -> tuple[Table, list[Check]]:
    """Meters with what their use was worth; then what is earned otherwise, by recipe."""
    uses = meter_uses.of(asked.first, asked.last, known_at=asked.known_at)
    meters: dict[tuple[str, str], list[MeterUse]] = defaultdict(list)
    for use in uses:
        meters[use.name, use.meter].append(use)
    columns = (
        *texts("Product"), *counts("Credits"),
        *moneys("Use of credits", "Overage", "Passed on to providers", "Earned by day, later"),
    )  # fmt: skip
    written: list[list[Cell]] = [[name, *_of_meter(found)] for (name, _), found in meters.items()]
    usage, overage = sum_of(written, 2), sum_of(written, 3)
    other, other_overage = _earned_otherwise(asked)
    written += [[label, None, minor, None, None, None] for label, minor in other.items()]
    checks = [
        Check("Use of credits", usage + sum(other.values()), chart.USAGE,
              by_account.get(chart.USAGE, 0), _WHY),
        Check("Overage", overage + other_overage, chart.OVERAGE, by_account.get(chart.OVERAGE, 0), _WHY),
    ]  # fmt: skip
    table = Table("By product", columns, written, summed(columns, written) if written else (),
                  "Nothing was earned.")  # fmt: skip
    return table, checks


_WHY = "Usage that was recorded and not yet posted at the time of knowing stands between the two."
_OTHERWISE = {
    "JE-13": "Credits that earn in proportion to use",
    "JE-07": "Flat fees and licences, by day",
    "JE-11": "Free credits at list price",
    "JE-06": "Subscriptions, by day",
}
_OF_METERS = ("JE-05", "JE-33", "JE-15", "JE-20", "JE-32")


def _earned_otherwise(asked: Asked) -> tuple[dict[str, int], int]:
    """What stands on the accounts of use and overage that no meter's use brought, by what it is."""
    lines = statements.lines(first=asked.first, last=asked.last, known_at=asked.known_at)
    rows = (
        lines.filter(account__code__in=(chart.USAGE, chart.OVERAGE))
        .exclude(entry__recipe__in=_OF_METERS)
        .order_by()
        .values_list("account__code", "entry__recipe")
        .annotate(minor=Sum(F("credit_minor") - F("debit_minor")))
    )
    usage: dict[str, int] = defaultdict(int)
    overage = 0
    for code, recipe, minor in rows:
        if code == chart.OVERAGE:
            overage += int(minor)
        else:
            usage[_OTHERWISE.get(recipe, "Services and other")] += int(minor)
    return dict(usage), overage


def _of_meter(found: list[MeterUse]) -> list[Cell]:
    def worth(revenue_class: str, *, overage: bool | None = None) -> int:
        return sum(
            use.value_minor
            for use in found
            if use.revenue_class == revenue_class and overage in (None, use.overage)
        )

    return [
        sum(use.credits for use in found),
        worth(drawdown.USAGE, overage=False),
        worth(drawdown.USAGE, overage=True),
        worth(drawdown.AGENT),
        worth(drawdown.ENTITLED),
    ]


def free_credits(asked: Asked) -> Report:
    """What free credits were given, used and cost, by the policy that was fixed with them."""
    naming.post(asked.remembered, asked.known_at)
    uses = earnings.of_free_credits(asked.first, asked.last, known_at=asked.known_at)
    booked = _booked_by_policy(asked)
    columns = (*texts("Kind", "Booked as"), *counts("Granted", "Used", "Expired"))
    rows: list[list[Cell]] = [
        [
            use.kind,
            _POLICY.get(use.policy, use.policy or "nothing"),
            use.granted,
            use.used,
            use.expired,
        ]
        for use in uses
    ]
    costs = (*texts("Policy"), *moneys("Marketing expense", "Contra-revenue"))
    cost_rows: list[list[Cell]] = [
        [_POLICY["MARKETING_EXPENSE"], booked[chart.MARKETING], 0],
        [_POLICY["CONTRA_REVENUE"], 0, booked[chart.CONTRA]],
    ]
    lines = statements.lines(first=asked.first, last=asked.last, known_at=asked.known_at)
    found = statements.balances(lines)
    return Report(
        books.current(asked.known_at).currency,
        [Table("What became of free credits", columns, rows,
               [_TOTAL, "", *summed(columns, rows)[2:]] if rows else (), "No free credits moved."),
         Table("What they cost", costs, cost_rows, summed(costs, cost_rows))],
        [Check("Marketing expense of use", booked[chart.MARKETING], chart.MARKETING,
               found.get(chart.MARKETING, 0)),
         Check("Contra-revenue of use", booked[chart.CONTRA], chart.CONTRA, found.get(chart.CONTRA, 0))],
        ["What is not valued at all costs what serving it costs, which stands in the cost of revenue; the "
         "report Margins compares it with usage."],
    )  # fmt: skip


_POLICY = {
    "ZERO_COST": "not valued",
    "MARKETING_EXPENSE": "marketing, at standard cost",
    "CONTRA_REVENUE": "less revenue, at list price",
    "RESPREAD": "spread with the paid credits",
}


def _booked_by_policy(asked: Asked) -> dict[str, int]:
    """What the recipes of free credits booked, by account."""
    lines: QuerySet[JournalLine] = JournalLine.objects.filter(
        entry__recipe__in=("JE-10", "JE-11"),
        entry__posting_date__range=(asked.first, asked.last),
        entry__recorded_at__lte=asked.known_at,
    )
    found = statements.balances(lines)
    return {code: found.get(code, 0) for code in (chart.MARKETING, chart.CONTRA)}
