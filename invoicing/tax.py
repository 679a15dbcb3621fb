"""Answers which tax a customer's documents carry (I7, I9, I11)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from accounts.models import Customer
from contracts import terms_of_sale
from creditops.lib import languages, money, policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from invoicing import exemptions, tax_rates
from invoicing.models import InvoiceTax, SellerProfile, TaxRate
from ledger import books
from ledger.models import Holder

# The member states of the European Union, ISO 3166.
EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
# Categories of EN 16931.
STANDARD, ZERO, EXEMPT = "S", "Z", "E"
REVERSE_CHARGE, EXPORT, OUTSIDE = "AE", "G", "O"
# Of these a document says why nothing is taxed.
WITH_REASON = frozenset({EXEMPT, REVERSE_CHARGE, EXPORT, OUTSIDE})
# Of these no product has a rate of its own: the customer owes the tax, or nobody does.
_WHOLE_DOCUMENT = frozenset({EXEMPT, REVERSE_CHARGE, EXPORT})

# Tax codes of what is sold, in the tax table.
CREDITS, SERVICES = "credits", "services"

HOLD, NONE = "HOLD", "NONE"
POINT = "tax_point"
AT_SALE, AT_REDEMPTION = "TAX_AT_SALE", "TAX_AT_REDEMPTION"

_WORDS = {
    STANDARD: "standard rate",
    ZERO: "zero rated",
    EXEMPT: "exempt",
    REVERSE_CHARGE: "reverse charge",
    EXPORT: "export",
    OUTSIDE: "not subject to tax",
}

_POLICIES = (
    Policy(
        POINT,
        AT_SALE,
        policy_values.choice(AT_SALE, AT_REDEMPTION),
        "tax",
        "When tax on credits is due: when they are sold, or as they are used. What was sold before stays "
        "as it was sold.",
    ),
    Policy(
        "tax_unknown",
        HOLD,
        policy_values.choice(HOLD, NONE),
        "tax",
        "What happens to a document whose rate the tax table should have and does not: it is held "
        "until the rate is added, or goes out without tax.",
        books_only=True,
    ),
    Policy(
        "tax_outside_eu",
        EXPORT,
        policy_values.choice(EXPORT, OUTSIDE),
        "tax",
        "The category of what a seller in the European Union sells outside of it: G, an export, or "
        "O, a service outside the scope of its tax.",
        books_only=True,
    ),
)


def words(category: str) -> str:
    """A category of EN 16931 for people: "AE, reverse charge"."""
    return f"{category}, {_WORDS[category]}" if category in _WORDS else category


@dataclass(frozen=True)
class Tax:
    """The tax of a document: EN 16931 category, rate and taxable share in percent, printed note.

    `at_use`: none yet, since the credits sold are taxed as they are used.
    """

    category: str
    rate_pct: Fraction
    share_pct: Fraction = Fraction(100)
    note: str = ""
    rounding: str = money.HALF_UP
    at_use: bool = False

    def on(self, nets: Sequence[int]) -> int:
        """The tax on these nets in minor units: on their sum, rounded once (I7)."""
        return money.rounded(sum(nets) * self.share_pct * self.rate_pct / 10_000, self.rounding)

    def taxable(self, nets: Sequence[int]) -> int:
        """What of these nets is taxable, in minor units."""
        return money.rounded(sum(nets) * self.share_pct / 100, self.rounding)

    def at_rate(self, rate_pct: str) -> Tax:
        """The same with a rate of its own, as some products have; where the customer owes the tax
        itself, or nothing is taxed outside, it stays as it is.

        Raises Refusal `decimal_unreadable` or `tax_rate_invalid`.
        """
        rate = money.decimal(rate_pct)
        if not 0 <= rate <= 100:
            raise Refusal("tax_rate_invalid", f"A tax rate is 0 to 100 %, not {rate_pct} %.")
        if self.category in _WHOLE_DOCUMENT or rate == self.rate_pct:
            return self
        return Tax(STANDARD if rate else ZERO, rate, rounding=self.rounding)


def define_settings() -> None:
    """Make the settings of tax known, at start."""
    for policy in _POLICIES:
        policies.define(policy)


def stored(row: InvoiceTax, rounding: str) -> Tax:
    """The tax of an invoice as it was issued, in books that round so."""
    rate, share = money.decimal(row.rate_pct), money.decimal(row.share_pct)
    return Tax(row.category, rate, share, row.note, rounding, row.at_use)


def later(language: str) -> Tax:
    """The tax of credits that are taxed as they are used: none at their sale, which is no tax invoice for
    them (I10)."""
    return Tax(OUTSIDE, Fraction(0), note=languages.say(language, "taxed_at_use"), at_use=True)


def due_at_use(holder: Holder, sold_at: datetime) -> bool:
    """Whether credits that were sold to a holder at `sold_at` are taxed as they are used: by the setting of
    that instant, whatever it is now."""
    return bool(terms_of_sale.in_force(holder, sold_at)[POINT] == AT_REDEMPTION)


def of(customer: Customer, seller: SellerProfile, at: datetime, *, product: str = "") -> Tax:
    """The tax of one product that `customer` buys at `at`; see `of_each`."""
    return of_each(customer, seller, at, [product])[product]


def of_each(
    customer: Customer, seller: SellerProfile, at: datetime, products: Collection[str]
) -> dict[str, Tax]:
    """The tax of what `customer` buys at `at`, by product, with its printed note in the customer's language.

    From a seller in the European Union a business in another member state that gives its VAT id owes
    the tax itself, and nothing is taxed outside; a certificate exempts; else a matching rate of the tax
    table decides: the customer's own country's, consumers elsewhere in the Union included.

    Args:
        products: the tax codes of what is sold; an empty one: what has no rate of its own.

    Raises Refusal `tax_rate_unknown` where the table should have a rate and has none (I11).
    """
    current = books.current(at)
    abroad = _abroad(customer, seller, at)
    if abroad is not None:
        return dict.fromkeys(products, abroad)
    certificate = exemptions.in_force(customer, books.date_of(at, current))
    if certificate is not None:
        note = languages.say(
            customer.language,
            "exempt_by",
            reason=certificate.reason,
            certificate=certificate.certificate,
        )
        return dict.fromkeys(products, Tax(EXEMPT, Fraction(0), note=note))
    rates = tax_rates.find_each(customer, at, products)
    if None in rates.values():
        _check_known(customer, seller, at)
    return {
        product: Tax(OUTSIDE, Fraction(0))
        if rate is None
        else replace(_by_table(rate, customer.language), rounding=current.rounding)
        for product, rate in rates.items()
    }


def of_credits(
    customer: Customer, seller: SellerProfile, at: datetime, *, holder: Holder | None = None
) -> Tax:
    """The tax that the sale of credits would carry at `at`; none where they are taxed as they are used.

    Args:
        holder: whose pool they would go to; None: it is made with the sale.
    """
    scopes = [policies.customer_scope(customer.code)]
    settings = (
        policies.in_force(scopes, at) if holder is None else terms_of_sale.in_force(holder, at)
    )
    if settings[POINT] == AT_REDEMPTION:
        return later(customer.language)
    return of(customer, seller, at, product=CREDITS)


def changes(customer: Customer, first: datetime, last: datetime, zone: str) -> list[datetime]:
    """The instants between two at which another rate of the table or certificate may begin to count for a
    customer, in order."""
    return sorted(
        {
            instant
            for instant in (
                *tax_rates.beginnings(customer.country, first, last),
                *exemptions.turns(customer, zone),
            )
            if first < instant < last
        }
    )


def _abroad(customer: Customer, seller: SellerProfile, at: datetime) -> Tax | None:
    """Across a border of the seller's, from inside the Union (I9); None: the table decides."""
    there = customer.country
    if seller.country not in EU or not there or there == seller.country:
        return None
    if there not in EU:
        category = str(policies.in_force([], at)["tax_outside_eu"])
        return Tax(category, Fraction(0), note=languages.say(customer.language, "outside_eu"))
    if customer.kind == Customer.Kind.BUSINESS and customer.tax_id:
        note = languages.say(customer.language, "reverse_charge")
        return Tax(REVERSE_CHARGE, Fraction(0), note=note)
    return None


def _by_table(rate: TaxRate, language: str) -> Tax:
    pct, share = money.decimal(rate.rate_pct), money.decimal(rate.taxable_share_pct)
    if rate.category == TaxRate.Category.EXEMPT or not share:
        return Tax(EXEMPT, pct, share, rate.note or _share_words(rate, share, language))
    if rate.category == TaxRate.Category.ZERO or not pct:
        return Tax(ZERO, Fraction(0), note=rate.note)
    return Tax(STANDARD, pct, share, rate.note or _share_words(rate, share, language))


def _share_words(rate: TaxRate, share: Fraction, language: str) -> str:
    if share == 100:
        return ""
    return languages.say(language, "taxable_share", pct=rate.taxable_share_pct)


def _check_known(customer: Customer, seller: SellerProfile, at: datetime) -> None:
    """Nothing goes out at 0 % because nobody knew better: the seller's own country has to be told, of a
    country whose states have rates every state, and inside the European Union every country."""
    at_home = bool(seller.country) and seller.country == customer.country
    inside = seller.country in EU and customer.country in EU
    expected = at_home or inside or tax_rates.by_region(customer.country, at)
    if not expected or policies.in_force([], at)["tax_unknown"] == NONE:
        return
    where = ", ".join(part for part in (customer.region, customer.country) if part)
    raise Refusal(
        "tax_rate_unknown",
        f"The tax table has no rate for {where}, where {customer.name} is. Add one, of 0 % with its "
        "source if nothing is due there; until then the document is held.",
    )
