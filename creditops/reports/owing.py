"""Answers what is owed and agreed: receivables, unbilled, exposure, commitments, tax (Z4, Z5, S8, S9)."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from contracts import exposure
from creditops.reports import naming
from creditops.reports.frame import (
    Asked,
    Cell,
    Check,
    Column,
    Report,
    Shape,
    Table,
    codes,
    counts,
    moneys,
    sum_of,
    summed,
    texts,
)
from creditops.reports.naming import Names
from invoicing import outstanding, owed
from ledger import books, chart, earnings, statements

_AGES = ((0, "Not due"), (30, "1 to 30 days"), (60, "31 to 60 days"), (90, "61 to 90 days"))
_OLDER = "More than 90 days"
_IN_OTHERS = "Invoices in other currencies stand below in their own, and are not compared."


def receivables(asked: Asked) -> Report:
    """What customers owe, by how long it is due."""
    ours = books.current(asked.known_at).currency
    found = outstanding.open_invoices(asked.last, known_at=asked.known_at)
    currencies = sorted({ours, *(each.currency for each in found)}, key=lambda c: (c != ours, c))
    tables = [
        _ages(asked, [e for e in found if e.currency == c and e.posted], c) for c in currencies
    ]
    memo = [each for each in found if not each.posted]
    names = Names(each.customer_id for each in memo)
    columns = (*texts("Customer", "Invoice"), Column("Due", Shape.DAY), *moneys("Open"))
    tables.append(
        Table("Issued, and not owed yet", columns,
              [[names.customer(e.customer_id), e.number, e.due_date, e.open_minor] for e in memo],
              empty="Every open invoice is owed.", currency=memo[0].currency if memo else ours)
    )  # fmt: skip
    lines = statements.lines(last=asked.last, known_at=asked.known_at)
    here = sum(each.open_minor for each in found if each.posted and each.currency == ours)
    ledger = statements.balance(lines.filter(transaction_currency=""), [chart.RECEIVABLES])
    return Report(
        ours, tables, [Check("Open invoices that are owed", here, chart.RECEIVABLES, ledger, _IN_OTHERS)],
        ["An invoice is owed when it is paid, due, or its term has begun and can't be cancelled; before "
         "that it is a memo."] + ([_IN_OTHERS] if len(currencies) > 1 else []),
    )  # fmt: skip


def _ages(asked: Asked, found: list[outstanding.Open], currency: str) -> Table:
    by: dict[int, list[int]] = defaultdict(lambda: [0] * (len(_AGES) + 1))
    for each in found:
        days = (asked.last - each.due_date).days
        band = next((n for n, (most, _) in enumerate(_AGES) if days <= most), len(_AGES))
        by[each.customer_id][band] += each.open_minor
    names = Names(by)
    ordered = sorted(by, key=names.customer)
    columns = (*texts("Customer"), *moneys(*(label for _, label in _AGES), _OLDER, "Owed"))
    rows: list[list[Cell]] = [[names.customer(c), *by[c], sum(by[c])] for c in ordered]
    return Table(f"Owed in {currency}", columns, rows, summed(columns, rows) if rows else (),
                 "Nothing is owed.", [names.address(c) for c in ordered], currency)  # fmt: skip


def unbilled(asked: Asked) -> Report:
    """Overage that was used and not billed yet; what else is owed and not invoiced."""
    naming.post(asked.remembered, asked.known_at)
    used: dict[tuple[int, int | None], list[int]] = defaultdict(lambda: [0, 0])
    for each in earnings.of_overage(asked.last, known_at=asked.known_at):
        used[each.customer_id, each.holder_id][0] += each.credits
        used[each.customer_id, each.holder_id][1] += each.value_minor
    billed = outstanding.overage_billed(asked.last, known_at=asked.known_at)
    keys = sorted({*used, *billed}, key=lambda key: (key[0], key[1] or 0))
    names = Names((c for c, _ in keys), (h for _, h in keys))
    columns = (
        *texts("Customer", "Contract"), *counts("Overage, credits"),
        *moneys("Value", "Billed", "Not billed yet"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [names.customer(key[0]), names.holder(key[1]), used[key][0], used[key][1], billed.get(key, 0),
         used[key][1] - billed.get(key, 0)]
        for key in keys
    ]  # fmt: skip
    lines = statements.lines(last=asked.last, known_at=asked.known_at)
    before_invoice = _before_invoice(asked)
    here = sum_of(rows, -1) + sum_of(before_invoice.rows, -1)
    return Report(
        books.current(asked.known_at).currency,
        [Table("Overage", columns, rows, ["Total", "", *summed(columns, rows)[2:]] if rows else (),
               "No overage was used.", [names.address(key[0]) for key in keys]), before_invoice],
        [Check("Not billed yet", here, chart.UNBILLED,
               statements.balance(lines.filter(transaction_currency=""), [chart.UNBILLED]),
               _IN_OTHERS)],
    )  # fmt: skip


def _before_invoice(asked: Asked) -> Table:
    """What is owed of terms that have begun and is not invoiced yet: installments, invoices held (V3)."""
    later = owed.unbilled(asked.last, known_at=asked.known_at)
    keys = sorted(later)
    names = Names((c for c, _ in keys), (h for _, h in keys))
    columns = (*texts("Customer", "Contract"), *moneys("Not billed yet"))
    rows: list[list[Cell]] = [
        [names.customer(key[0]), names.holder(key[1]), later[key]] for key in keys
    ]
    return Table("Owed of terms that have begun", columns, rows,
                 ["Total", "", *summed(columns, rows)[2:]] if rows else (),
                 "All that is owed is invoiced.", [names.address(key[0]) for key in keys])  # fmt: skip


def overage_exposure(asked: Asked) -> Report:
    """How far running terms went beyond their commitment, and how far they still may (S9)."""
    found = exposure.of_running_terms(asked.last, known_at=asked.known_at)
    names = Names((each.customer_id for each in found), (each.holder_id for each in found))
    columns = (
        *texts("Customer"), *codes("Contract"), *counts("Commitment", "Cap", "Overage", "Left to the cap"),
        Column("Overage, % of commitment", Shape.PERCENT), *moneys("Value of overage", "Value to the cap"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [names.customer(e.customer_id), names.holder(e.holder_id), e.commitment, e.cap, e.overage,
         e.cap - e.overage, Fraction(100 * e.overage, e.commitment) if e.commitment else None,
         e.value_minor, e.exposure_minor]
        for e in found
    ]  # fmt: skip
    return Report(
        books.current(asked.known_at).currency,
        [Table("", columns, rows, ["Total", "", *summed(columns, rows)[2:]] if rows else (),
               "No term is running.", [names.address(e.customer_id) for e in found])],
        notes=["Value to the cap is what customers could owe beyond what is used, without anybody's "
               "approval: credits left to the cap at the price of the commitment.",
               "No account has what may still be used. Overage of all terms, billed and not, ties in Not "
               "billed yet."],
    )  # fmt: skip


def commitments(asked: Asked) -> Report:
    """What customers committed to: contracted, invoiced, collected; who did not stands apart (S8)."""
    ours = books.current(asked.known_at).currency
    found = outstanding.commitments(asked.last, known_at=asked.known_at)
    owed_here = [
        each for each in outstanding.owed_of_commitments(asked.last, known_at=asked.known_at)
        if each.currency == ours
    ]  # fmt: skip
    names = Names(
        [*(each.customer_id for each in found), *(each.customer_id for each in owed_here)]
    )
    currencies = sorted({ours, *(each.currency for each in found)}, key=lambda c: (c != ours, c))
    columns = (
        *texts("Customer", "Contract"),
        *moneys("Contracted", "Invoiced", "Collected", "Not invoiced yet", "Not collected yet"),
    )  # fmt: skip
    tables = []
    for currency in currencies:
        mine = [each for each in found if each.currency == currency]
        mine.sort(key=lambda each: names.customer(each.customer_id))
        rows: list[list[Cell]] = [
            [names.customer(e.customer_id), e.contract, e.contracted_minor, e.invoiced_minor,
             e.collected_minor, e.contracted_minor - e.invoiced_minor,
             e.invoiced_minor - e.collected_minor]
            for e in mine
        ]  # fmt: skip
        tables.append(
            Table(f"Prepaid commitments in {currency}", columns, rows,
                  ["Total", "", *summed(columns, rows)[2:]] if rows else (), "None.",
                  [names.address(e.customer_id) for e in mine], currency)
        )  # fmt: skip
    tables.append(_as_invoiced(owed_here, names, ours))
    tables.append(_without_commitment(asked, {each.customer_id for each in found}))
    return Report(ours, tables, [_owed_by_contracts(asked, owed_here)], [
        "Net of tax, less what credit notes took back. Customers who only try or pay as they go are "
        "no commitment and stand apart.",
        "A contract is no entry, so no account has what is contracted. What is invoiced and collected is "
        "part of what these contracts' invoices say, tax and every other line included, and that ties to "
        "the receivables of these contracts.",
    ])  # fmt: skip


def _as_invoiced(found: list[outstanding.OwedByContract], names: Names, ours: str) -> Table:
    """The invoices of contracts with a commitment, as far as they are owed, as customers see them."""
    columns = (
        *texts("Customer", "Contract"),
        *moneys("Billed", "Taken back", "Collected", "Written off", "Open"),
    )  # fmt: skip
    ordered = sorted(found, key=lambda each: names.customer(each.customer_id))
    rows: list[list[Cell]] = [
        [names.customer(e.customer_id), e.contract, e.billed_minor, -e.taken_back_minor,
         -e.collected_minor, -e.lost_minor, e.open_minor]
        for e in ordered
    ]  # fmt: skip
    return Table(f"Their invoices that are owed in {ours}, with tax and every line", columns, rows,
                 ["Total", "", *summed(columns, rows)[2:]] if rows else (), "Nothing is owed.",
                 [names.address(e.customer_id) for e in ordered])  # fmt: skip


def _owed_by_contracts(asked: Asked, found: list[outstanding.OwedByContract]) -> Check:
    """What is open of these invoices beside the receivable account of these contracts."""
    lines = statements.lines(last=asked.last, known_at=asked.known_at).filter(
        transaction_currency="", entry__holder__in=[each.holder_id for each in found]
    )
    ledger = statements.balance(lines, [chart.RECEIVABLES])
    return Check("Open of these contracts' invoices", sum(each.open_minor for each in found),
                 f"{chart.RECEIVABLES} of these contracts", ledger, _IN_OTHERS)  # fmt: skip


def _without_commitment(asked: Asked, committed: set[int]) -> Table:
    """Customers without a contract, by what they are."""
    found = exposure.without_commitment(asked.last, committed, known_at=asked.known_at)
    columns = (*texts("Customers without a commitment"), *counts("How many"))
    rows: list[list[Cell]] = [[label, number] for label, number in found.items()]
    return Table("Not counted above", columns, rows, summed(columns, rows) if rows else (),
                 "Every customer has committed to something.")  # fmt: skip


def tax(asked: Asked) -> Report:
    """Output tax by country, category and rate: of invoices, less credit notes and voids."""
    ours = books.current(asked.known_at).currency
    found = outstanding.taxes(asked.first, asked.last, known_at=asked.known_at)
    currencies = sorted({ours, *(each.currency for each in found)}, key=lambda c: (c != ours, c))
    columns = (
        *texts("Country", "Category", "Rate, %"),
        *moneys("Taxable", "Tax", "Taxable, credited", "Tax, credited", "Tax due"),
    )  # fmt: skip
    tables = []
    for currency in currencies:
        rows: list[list[Cell]] = [
            [e.country or "unknown", e.category, e.rate_pct, e.taxable_minor, e.tax_minor,
             e.taxable_back_minor, e.tax_back_minor, e.tax_minor + e.tax_back_minor]
            for e in found
            if e.currency == currency
        ]  # fmt: skip
        taxed = [row for row in rows if row[1] != outstanding.AT_USE]
        sums = ["Total", "", "", *summed(columns, taxed)[3:]] if rows else ()
        tables.append(Table(f"In {currency}", columns, rows, sums, "No tax.", (), currency))
    lines = statements.lines(first=asked.first, last=asked.last, known_at=asked.known_at)
    here = sum(e.tax_minor + e.tax_back_minor for e in found if e.currency == ours)
    ledger = -statements.balance(lines.filter(transaction_currency=""), [chart.TAX])
    notes = ["By the day on which the right to the money was posted.", *_sold_untaxed(found)]
    return Report(ours, tables, [Check("Tax due", here, chart.TAX, ledger, _IN_OTHERS)], notes)


def _sold_untaxed(found: list[outstanding.TaxOfRate]) -> list[str]:
    """What the rows of credits that are taxed as they are used are, where there are any."""
    if all(row.category != outstanding.AT_USE for row in found):
        return []
    return [
        "At use: sales of credits that are taxed as they are used, left out of the total. Their use has rows "
        "of its own, on the last day of its month."
    ]
