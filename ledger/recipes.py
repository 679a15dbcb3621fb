"""Answers which recipes the journal knows: the catalogue JE-01 to JE-44, and which accounts each may touch.

docs/ledger.md shows it as its one table; a test compares the two, and another finds no recipe in the code
that does not stand here. A correction turns the sides of a recipe around.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """A recipe: what happens, and the accounts that are debited and credited where it adds something."""

    code: str
    event: str
    debit: tuple[str, ...]
    credit: tuple[str, ...]

    @property
    def accounts(self) -> frozenset[str]:
        """All that it may touch."""
        return frozenset(self.debit + self.credit)


def _recipe(number: int, event: str, debit: str, credit: str) -> Recipe:
    return Recipe(f"JE-{number:02d}", event, tuple(debit.split()), tuple(credit.split()))


_ALL = (
    _recipe(1, "credits bought by card", "1000", "2100 2200"),
    _recipe(2, "what an invoice owes; its payment", "1100 1000 7100",
            "2100 2110 2200 4000 1100 7100 7200"),
    _recipe(3, "a purchase with bonus credits: as JE-02, the price spread over both", "1000 1100",
            "2100 2200"),
    _recipe(4, "a purchase below list price: as JE-02, at what was paid", "1100 1000", "2100 2200"),
    _recipe(5, "credits used", "2100", "4000 2010"),
    _recipe(6, "a subscription that is earned by day", "2100", "4000"),
    _recipe(7, "a flat fee or licences drawn; then by day", "2100 2120", "2120 4000 2010"),
    _recipe(8, "free credits given, by any policy: nothing is posted", "", ""),
    _recipe(9, "free credits used, ZERO_COST: nothing is posted", "", ""),
    _recipe(10, "free credits used, MARKETING_EXPENSE: at standard cost", "6200", "5000 2010"),
    _recipe(11, "free credits used, CONTRA_REVENUE: at list price", "4090", "4000 2010"),
    _recipe(12, "credits expired, AT_EXPIRY; the state's share apart", "2100", "4010 2400"),
    _recipe(13, "use and breakage in proportion to use", "2100", "4000 2010 4010 2400"),
    _recipe(14, "credits rolled over: nothing is posted", "", ""),
    _recipe(15, "overage used", "1150", "4020 2010 2120"),
    _recipe(16, "overage and renewal invoiced", "1100 7100", "1150 2100 2200 4000 7100 7200"),
    _recipe(17, "an untouched invoice made void", "2100 2110 1150 2200 4000 7100 7200",
            "1100 7100"),
    _recipe(18, "a credit note: as far as it was open, as far as it was paid", "2100 1150 2200 4000 7200",
            "1100 2150 6300"),
    _recipe(19, "a refund", "2150 7100", "1000 7100"),
    _recipe(20, "the cost of what is passed through, of a principal", "5000", "2010"),
    _recipe(21, "foreign money revalued at a month's end", "1100 1150 2150 7100", "7100 1100 1150 2150"),
    _recipe(22, "a foreign payment: the difference of rates", "1000 7100", "1100 7100"),
    _recipe(23, "foreign credits used, at the rate of their payment: as JE-05", "2100", "4000 2010"),
    _recipe(24, "a foreign credit note: what is owed at the rate of the day", "2100 1150 2200 4000 7100",
            "1100 2150 6300 7100"),
    _recipe(25, "a credit loss; its write-off; what is recovered of it", "6300 1190 1000", "1190 1100 6300"),
    _recipe(26, "a commission at the close, expensed or capitalised", "6100 1300", "2300"),
    _recipe(27, "amortisation of a capitalised commission", "6110", "1300"),
    _recipe(28, "a true-up of a commission, up or down", "6100 1300 6110 1350", "2300 6100 1300"),
    _recipe(29, "a clawback of a capitalised commission", "1350 7100", "1300 6110 2300 7100"),
    _recipe(30, "impairment of a capitalised commission", "6110", "1300"),
    _recipe(31, "a commission paid, clawbacks netted", "2300 7100", "1000 1350 7100"),
    _recipe(32, "a late event for credits that had expired: their breakage is undone", "4010 2400", "2100"),
    _recipe(33, "use corrected to less", "4000 2010 2120", "2100"),
    _recipe(34, "a material right sold, exercised, lapsed", "1000 1100 2110", "2100 2110 2200 4010"),
    _recipe(35, "owed and not invoiced yet: installments, invoices that are held (V3)", "1150", "2100"),
    _recipe(36, "one of them is invoiced (beside its JE-02)", "2100", "1150"),
    _recipe(40, "money that arrived and settles nothing yet: on account", "1000", "2150"),
    _recipe(41, "money on account settles an invoice", "2150 7100", "1100 6300 7100"),
    _recipe(42, "money on account goes back to the payer", "2150 7100", "1000 7100"),
    _recipe(43, "a bank takes back what was paid by card", "1100", "1000"),
    _recipe(44, "tax on credits as they are used, which were paid before", "1100 7100", "2200 7100"),
)  # fmt: skip

CATALOGUE = {recipe.code: recipe for recipe in _ALL}
