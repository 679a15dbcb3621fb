"""Answers what the next term would be, with the arithmetic behind it (O5, S49)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from contracts import renewals
from contracts.models import Contract, RenewalProposal
from creditops.lib import calendar, money
from creditops.portal.amounts import Amount, price

_USED = {
    "paid": "Purchased credits used",
    "bonus": "Bonus credits used",
    "migration": "Carried-over credits used",
    "overage": "Overage",
}


@dataclass(frozen=True)
class Renewal:
    """A proposal as a page shows it.

    Attributes:
        stated_on, final: the day of its figures; final: the term is over.
        counted: (what, credits) that add up to the use that counts.
        months: of the term; its use is scaled to a year where they are not twelve.
        baseline: the use on a year; `credits` is more where it is rounded up (O6).
        credits, price_each, price: the proposed commitment.
        overage, overage_price: of the closing term, invoiced beside it.
        total: what the invoice would come to, net.
        rollover: credits carried over on top.
    """

    stated_on: date
    final: bool
    counted: Sequence[tuple[str, int]]
    months: int
    baseline: int
    credits: int
    price_each: str
    price: Amount
    overage: int
    overage_price: Amount
    total: Amount
    rollover: int

    @property
    def counted_credits(self) -> int:
        """The use that counts, before it is scaled."""
        return sum(credits for _, credits in self.counted)

    @property
    def scaled(self) -> bool:
        """Whether the use was scaled to a year."""
        return self.months != renewals.RENEWED_MONTHS


def of_contracts(contracts: Iterable[Contract]) -> dict[tuple[int, int], Renewal]:
    """The proposals for these contracts, by (contract id, term id); one query."""
    known = {contract.pk: contract for contract in contracts}
    return {
        (row.contract_id, row.term_id): _renewal(row, known[row.contract_id])
        for row in RenewalProposal.objects.filter(contract__in=list(known))
    }


def _renewal(row: RenewalProposal, contract: Contract) -> Renewal:
    evidence = row.evidence
    scale = 10 ** money.exponent(row.currency)
    return Renewal(
        stated_on=calendar.local_date(row.restated_at, contract.time_zone),
        final=row.final,
        counted=[
            (_USED[kind], evidence["used"][kind])
            for kind in evidence["counted_kinds"]
            if evidence["used"].get(kind)
        ],
        months=evidence["months_of_term"],
        baseline=evidence.get(renewals.ROUNDED_FROM, row.credits),
        credits=row.credits,
        price_each=price(
            Fraction(evidence["price_minor"], evidence["commitment"] * scale), row.currency
        ),
        price=Amount(row.price_minor, row.currency),
        overage=row.overage_credits,
        overage_price=Amount(row.overage_minor, row.currency),
        total=Amount(row.price_minor + row.overage_minor, row.currency),
        rollover=row.rollover_credits,
    )
