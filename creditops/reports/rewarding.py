"""Answers with commission: what reps have coming and owe back, its cost, and what is at risk (C2 to C9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from contracts import commission_outlook, commission_overage, commission_rolls
from contracts.commission_outlook import Outlook
from contracts.commission_rolls import CostRoll, Moved, Paid
from creditops.desk import addresses
from creditops.pictures import stacks
from creditops.pictures.stacks import Stack
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Column,
    Picture,
    Report,
    Shape,
    Table,
    codes,
    moneys,
    sum_of,
    summed,
    texts,
)
from creditops.reports.naming import Names
from ledger import books, chart, statements

Overage = Mapping[tuple[str, int, int], int]

# So many reps stand in the picture one by one.
_SHOWN = 12


def commissions(asked: Asked) -> Report:
    """Commission of a time by rep, contract and term, and how what is not settled stands at its end."""
    days = asked.first, asked.last
    moved = commission_rolls.of(*days, known_at=asked.known_at)
    paid = commission_rolls.payouts(*days, known_at=asked.known_at)
    costs = commission_rolls.costs(*days, known_at=asked.known_at)
    overage = commission_overage.of(*days, known_at=asked.known_at)
    ahead = commission_outlook.of(asked.last, known_at=asked.known_at)
    customers = Names([*(m.customer_id for m in moved), *(c.customer_id for c in costs)])  # fmt: skip
    ours = books.current(asked.known_at).currency
    currencies = sorted({ours, *(each.currency for each in ahead)}, key=lambda c: (c != ours, c))
    open_years = {c: [each for each in ahead if each.currency == c] for c in currencies}
    owed, back = _coming(moved, paid, overage, asked), _owed_back(moved, paid, asked)
    cost = _costs(costs, customers)
    return Report(
        ours,
        [owed, back, _by_contract(moved, overage, customers),
         *(_not_settled(open_years[c], c) for c in currencies), cost],
        _checks(asked, moved, owed, back, cost),
        _NOTES,
        [_picture(open_years[c], c) for c in currencies if open_years[c]],
    )  # fmt: skip


_NOTES = [
    "What leaves is negative. A true-up is what a contract year's end, or a restatement, granted beyond what "
    "was granted before; of it for overage is the part that use beyond the commitment earned. Where less was "
    "earned it is clawed back, and goes against the next payouts.",
    "At risk was paid at close and is not earned by use yet. To come is what use earned beyond that; held "
    "back is what the rest of a commitment would still earn. Both are posted when the contract year ends: no "
    "account has them before.",
    "Commission in other currencies is posted at the rate of its day. A capitalised cost belongs to a "
    "contract's term, not to a rep.",
]


def _coming(
    moved: Sequence[Moved], paid: Mapping[str, Paid], overage: Overage, asked: Asked
) -> Table:  # fmt: skip
    """What reps have coming, from opening to closing: account 2300."""
    columns = (
        *codes("Rep"),
        *moneys("Opening", "At close", "True-up", "Of it overage", "Paid out", "Netted", "Open for payment"),
    )  # fmt: skip
    by_rep: dict[str, int] = defaultdict(int)
    for (rep, _, _), minor in overage.items():
        by_rep[rep] += minor

    def row(rep: str, found: Sequence[Moved], payout: Paid) -> list[int]:
        opening = sum(m.granted_before for m in found) - payout.gross_before
        closes, more = sum(m.at_close for m in found), sum(m.true_up for m in found)
        closing = opening + closes + more - payout.gross
        left = [-payout.cash, payout.cash - payout.gross]
        return [opening, closes, more, by_rep[rep], *left, closing]

    return _of_reps(f"What reps have coming, account {chart.COMMISSIONS}", columns, moved, paid, row,
                    "Nothing is owed to reps.", asked)  # fmt: skip


def _owed_back(moved: Sequence[Moved], paid: Mapping[str, Paid], asked: Asked) -> Table:
    """What reps are to give back, from opening to closing: account 1350."""
    columns = (*codes("Rep"), *moneys("Opening", "Clawed back", "Netted", "To be taken back"))

    def row(rep: str, found: Sequence[Moved], payout: Paid) -> list[int]:
        opening = sum(m.taken_before for m in found) - payout.netted_before
        taken = sum(m.taken_back for m in found)
        return [opening, taken, -payout.netted, opening + taken - payout.netted]

    return _of_reps(f"What reps owe back, account {chart.CLAWBACK}", columns, moved, paid, row,
                    "Nothing is to be taken back.", asked)  # fmt: skip


def _of_reps(
    title: str,
    columns: Sequence[Column],
    moved: Sequence[Moved],
    paid: Mapping[str, Paid],
    row: Callable[[str, Sequence[Moved], Paid], list[int]],
    empty: str,
    asked: Asked,
) -> Table:
    """A row per rep for whom there is anything; it leads to the rep's statement of the year."""
    by_rep: dict[str, list[Moved]] = defaultdict(list)
    for each in moved:
        by_rep[each.rep].append(each)
    found = {rep: row(rep, by_rep[rep], paid.get(rep, Paid())) for rep in sorted({*by_rep, *paid})}
    rows: list[list[Cell]] = [[rep, *cells] for rep, cells in found.items() if any(cells)]
    links = [addresses.of("commission", f"{asked.last.year}/{row[0]}") for row in rows]
    return Table(title, columns, rows, summed(columns, rows) if rows else (), empty, links)


def _by_contract(moved: Sequence[Moved], overage: Overage, customers: Names) -> Table:
    """What moved in the time, by rep, plan and contract."""
    columns = (
        *codes("Rep", "Plan", "Contract"), *texts("Customer"),
        *moneys("At close", "True-up", "Of it overage", "Clawed back"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [m.rep, m.plan, m.contract, customers.customer(m.customer_id), m.at_close, m.true_up,
         overage.get((m.rep, m.plan_id, m.contract_id), 0), -m.taken_back]
        for m in moved
        if m.moves
    ]  # fmt: skip
    return Table("What moved, by plan and contract", columns, rows, _sums(columns, rows, 4),
                 "No commission moved in this time.")  # fmt: skip


def _not_settled(found: Sequence[Outlook], currency: str) -> Table:
    """Contract years that run: earned, at risk, held back, in the contract's currency."""
    columns = (
        *codes("Rep", "Contract"), Column("Year ends", Shape.DAY),
        *moneys("Used", "At close", "Earned so far", "Of it overage", "At risk",
                "To come", "Held back"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [o.rep, o.contract, o.ends_on, o.consumed_minor, o.paid_minor, o.earned_minor, o.overage_minor,
         o.at_risk_minor, o.to_come_minor, o.held_back_minor]
        for o in found
    ]  # fmt: skip
    sums = _sums(columns, rows, 3)
    if sums:
        sums[3] = ""  # a contract that several reps share stands here once for each
    return Table(f"Contract years that are not settled, in {currency}", columns, rows, sums,
                 "Every contract year is settled.", (), currency)  # fmt: skip


def _costs(found: Sequence[CostRoll], customers: Names) -> Table:
    """Capitalised commission, term by term, from opening to closing: account 1300."""
    columns = (
        *texts("Customer"), *codes("Contract", "Plan"), Column("Term begins", Shape.DAY),
        *moneys("Opening", "Capitalised", "Changed", "Amortised", "Written down", "Closing"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [customers.customer(c.customer_id), c.contract, c.plan, c.starts_on, c.opening, c.capitalised,
         c.changed, -c.amortised, -c.written_down, c.closing]
        for c in found
    ]  # fmt: skip
    return Table(f"Capitalised contract costs, account {chart.CONTRACT_COSTS}", columns, rows,
                 _sums(columns, rows, 4), "No commission is capitalised.",
                 [customers.address(c.customer_id) for c in found])  # fmt: skip


def _sums(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], first: int) -> list[Cell]:
    """The last row of a table whose figures begin with the column `first`."""
    if not rows:
        return []
    return ["Total", *[""] * (first - 1), *summed(columns, rows)[first:]]


def _checks(
    asked: Asked, moved: Sequence[Moved], owed: Table, back: Table, cost: Table
) -> list[Check]:  # fmt: skip
    """The sums of the rows beside the ledger: what stands at the end, what was expensed in the time."""
    until = statements.balances(statements.lines(last=asked.last, known_at=asked.known_at))
    during = statements.balances(
        statements.lines(first=asked.first, last=asked.last, known_at=asked.known_at)
    )
    return [
        Check("Open for payment", sum_of(owed.rows, 7), chart.COMMISSIONS,
              -until.get(chart.COMMISSIONS, 0)),
        Check("To be taken back", sum_of(back.rows, 4), chart.CLAWBACK, until.get(chart.CLAWBACK, 0)),
        Check("Capitalised contract costs", sum_of(cost.rows, 9), chart.CONTRACT_COSTS,
              until.get(chart.CONTRACT_COSTS, 0)),
        Check("Expensed at once, in the time", sum(m.expensed for m in moved), chart.COMMISSION,
              during.get(chart.COMMISSION, 0)),
        Check("Amortised and written down, in the time", -sum_of(cost.rows, 7) - sum_of(cost.rows, 8),
              chart.AMORTISATION, during.get(chart.AMORTISATION, 0)),
    ]  # fmt: skip


def _picture(found: Sequence[Outlook], currency: str) -> Picture:
    """Per rep what is earned, at risk and held back of the years that run; the smallest together."""
    by_rep: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in found:
        figures = (each.earned_minor, each.at_risk_minor, each.held_back_minor)
        by_rep[each.rep] = [a + b for a, b in zip(by_rep[each.rep], figures, strict=True)]
    ordered = sorted(by_rep.items(), key=lambda item: (-sum(item[1]), item[0]))
    shown = [Stack(rep, tuple(parts)) for rep, parts in ordered[:_SHOWN]]
    rest = [parts for _, parts in ordered[_SHOWN:]]
    if rest:
        together = tuple(sum(parts[n] for parts in rest) for n in range(3))
        shown.append(Stack(f"{len(rest)} others", together))
    title = f"Commission of contract years that are not settled, in {currency}"
    drawing = stacks.draw(
        shown, ("Earned so far", "At risk", "Held back"), title=title, currency=currency,
        empty="Every contract year is settled.",
    )  # fmt: skip
    return Picture(title, drawing)
