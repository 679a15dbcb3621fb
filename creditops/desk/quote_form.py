"""Answers how the terms of a quote are typed, and what they are: the builder's form (S21, S31, S32)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django import forms

from accounts.models import Customer
from contracts import prices, quote_terms
from contracts.models import CommissionPlan, Contract, PriceVersion, QuoteVersion, RateCard
from contracts.quote_checks import INSTALLMENTS
from contracts.quote_terms import QuoteTerms, Year
from creditops.desk import fields
from creditops.lib import calendar, money, policies
from creditops.lib.refusals import Refusal

_OPEN_DAYS = 30
_LATER = re.compile(r"(?P<credits>[0-9][0-9,']*)(?:\s+for\s+(?P<price>[0-9][0-9,.]*))?", re.ASCII)
_ACTION = re.compile(r"(?P<item>\S.*?)[\s:=]+(?P<quantity>[0-9][0-9,']*)", re.ASCII)
_ROLLOVER = (("FULL", "all of it"), ("PARTIAL", "a share"), ("NONE", "nothing"))
_ENFORCEMENT = (
    ("SOFT", "overage up to the cap"),
    ("HARD", "refuse when credits run out"),
    ("OBSERVE", "only record"),
)
_INSTALLMENTS = ((1, "at once"), (2, "half-yearly"), (4, "quarterly"), (12, "monthly"))


class QuoteForm(fields.DeskForm):
    """What is offered. A size is typed as credits, as an amount at list, or taken from a tier."""

    credits = fields.Credits(label="Credits", required=False, help_text="of the first term")
    tier = fields.choice("or a tier", (), required=False)
    amount = fields.Amount(label="or an amount", required=False, help_text="at list, before tax")
    discount_pct = fields.text(
        "Discount in %", required=False, most=8, help="empty: what the tier gives"
    )
    price = fields.Amount(
        label="or the price", required=False, help_text="of the first term, before tax"
    )
    bonus_credits = fields.Credits(
        label="Bonus credits", required=False, help_text="share the price"
    )
    later_years = forms.CharField(
        label="Later years", required=False, max_length=2_000, widget=fields.lines(),
        help_text="a ramp, one year a line: 1,000,000 or 1,000,000 for 9,000.00",
    )  # fmt: skip
    starts_on = fields.Day(label="Starts on", help_text="in the contract's zone")
    term_months = forms.IntegerField(label="Months", min_value=1, max_value=120)
    open_until = fields.Day(label="Open until", help_text="last day to accept")
    time_zone = fields.text("Time zone", most=60)
    currency = fields.text("Currency", most=3)
    follows_usage = fields.yes(
        "Follows the use", help="the use of the term that ends is the commitment, stated at its end"
    )
    rollover = fields.choice("At renewal rolls over", _ROLLOVER)
    rollover_pct = fields.text(
        "Share in %", required=False, most=12, help="counts where a share rolls over"
    )
    enforcement = fields.choice("When credits run out", _ENFORCEMENT)
    overage_pct = fields.text("Overage in %", most=12, help="of the commitment, at most")
    seat_allowance = fields.Credits(
        label="Credits per seat", required=False, help_text="a user and month; empty: one pool"
    )
    rate_card = fields.choice("Rate card", (), required=False)
    rate_lock_on = fields.Day(label="Rates locked until", required=False)
    price_lock_on = fields.Day(label="Price locked until", required=False)
    payment_terms_days = forms.IntegerField(label="Days to pay", min_value=0, max_value=180)
    installments = forms.TypedChoiceField(
        label="Paid", choices=_INSTALLMENTS, coerce=int, help_text="each term's price"
    )
    auto_renew = fields.yes("Renews by itself", help="last year's use is the next commitment")
    cancellable = fields.yes("Can be cancelled", help="nothing is granted before payment")
    is_default = fields.yes("Default contract", help="usage that names no contract goes here")
    contract_name = fields.text("Name of the contract", required=False)
    commission_plan = fields.choice(
        "Commission plan", (), required=False,
        help="pays whoever began the quote, or as the plan splits it",
    )  # fmt: skip
    recipient_name = fields.text("Sent to", required=False)
    recipient_email = forms.EmailField(label="E-mail", required=False)
    message = forms.CharField(
        label="Message", required=False, max_length=2_000, widget=fields.lines(),
        help_text="printed above the figures",
    )  # fmt: skip
    forecast = forms.CharField(
        label="Actions a month", required=False, max_length=4_000, widget=fields.lines(),
        help_text="one a line, as on the rate card: translation 20,000",
    )  # fmt: skip

    groups = {
        "How much": (
            "credits", "tier", "amount", "discount_pct", "price", "bonus_credits", "later_years",
            "follows_usage",
        ),
        "Forecast": ("rate_card", "forecast"),
        "When": ("starts_on", "term_months", "open_until", "auto_renew", "cancellable"),
        "On which terms": (
            "rollover", "rollover_pct", "enforcement", "overage_pct", "seat_allowance",
            "rate_lock_on", "price_lock_on",
        ),
        "Payment": ("installments", "payment_terms_days", "currency", "time_zone"),
        "To whom": ("recipient_name", "recipient_email", "message"),
        "The contract, once it is accepted": ("contract_name", "commission_plan", "is_default"),
    }  # fmt: skip


def make(
    customer: Customer, at: datetime, *, data: Any = None, initial: dict[str, Any] | None = None,
    renews: Contract | None = None,
) -> QuoteForm:  # fmt: skip
    """The form for a customer, with the tiers of its currency and the rate cards that there are."""
    form = QuoteForm(data, initial=initial) if data is not None else QuoteForm(initial=initial)
    cards = RateCard.objects.order_by("name").values_list("code", "name")
    form.fields["rate_card"].choices = [("", "–"), *cards]  # type: ignore[attr-defined]
    known = CommissionPlan.objects.order_by("name").values_list("code", "name")
    form.fields["commission_plan"].choices = [("", "–"), *known]  # type: ignore[attr-defined]
    price = prices.in_force(customer.currency, at)
    tiers = [] if price is None else list(price.tiers.all())
    form.fields["tier"].choices = [  # type: ignore[attr-defined]
        ("", "–"),
        *((str(tier.amount_minor), _tier_words(price, tier)) for tier in tiers if price),
    ]
    if renews is None:
        del form.fields["follows_usage"]
        form.groups = {
            title: tuple(name for name in names if name != "follows_usage")
            for title, names in QuoteForm.groups.items()
        }
    return form


def new(customer: Customer, at: datetime) -> dict[str, Any]:
    """What a new quote begins with: today, a year, the customer's settings."""
    today = calendar.local_date(at, customer.time_zone)
    known = policies.in_force([policies.customer_scope(customer.code)], at)
    return {
        "starts_on": today,
        "term_months": quote_terms.YEAR_MONTHS,
        "open_until": today + timedelta(days=_OPEN_DAYS),
        "time_zone": customer.time_zone,
        "currency": customer.currency,
        "rollover": known["rollover"],
        "rollover_pct": known["rollover_pct"],
        "enforcement": known["enforcement"] or "SOFT",
        "overage_pct": known["overage_pct"],
        "seat_allowance": known["seat_allowance"],
        "payment_terms_days": known["invoice_terms_days"],
        "installments": INSTALLMENTS[0],
        "rate_card": _only_card(),
    }


def _only_card() -> str:
    """The code of the rate card, where there is one only."""
    codes = list(RateCard.objects.values_list("code", flat=True)[:2])
    return codes[0] if len(codes) == 1 else ""


def of_version(version: QuoteVersion) -> dict[str, Any]:
    """What the form begins with for a version that is there: its figures as they were typed or came out."""
    terms = quote_terms.read(version.terms)
    first = terms.years[0]
    plain = {field.name: getattr(terms, field.name) for field in dataclasses.fields(terms)}
    later = [
        f"{year.credits:,} for {money.text(year.price_minor, terms.currency)}"
        for year in terms.years[1:]
    ]
    return {
        **plain,
        "credits": f"{first.credits:,}",
        "price": money.text(first.price_minor, terms.currency),
        "bonus_credits": terms.bonus_credits or None,
        "later_years": "\n".join(later),
        "forecast": "\n".join(f"{item} {quantity:,}" for item, quantity in terms.forecast),
        "open_until": version.open_until,
    }


def terms(values: Mapping[str, Any], at: datetime) -> QuoteTerms:
    """The typed values as terms.

    Raises Refusal `quote_without_size`, `quote_without_price`, `ramp_unreadable`, `forecast_unreadable`,
    or of an amount or percentage.
    """
    currency = values["currency"]
    price = prices.in_force(currency, at)
    first = _first(values, price, currency)
    kept = {field.name for field in dataclasses.fields(QuoteTerms)}
    plain = {name: value for name, value in values.items() if name in kept and value is not None}
    plain["rollover_pct"] = values.get("rollover_pct") or "100"
    return QuoteTerms(
        **{
            **plain,
            "years": (first, *_later(values, price, currency)),
            "bonus_credits": values.get("bonus_credits") or 0,
            "forecast": tuple(forecast(values).items()),
            "follows_usage": bool(values.get("follows_usage")),
        }
    )


def forecast(values: Mapping[str, Any]) -> dict[str, int]:
    """The mix of actions a month. Raises Refusal `forecast_unreadable`."""
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, (values.get("forecast") or "").splitlines())):
        read = _ACTION.fullmatch(line)
        if read is None:
            raise Refusal(
                "forecast_unreadable", f"{line!r}: write an action and how often a month."
            )
        found[read["item"]] = found.get(read["item"], 0) + _whole(read["quantity"])
    return found


def _first(values: Mapping[str, Any], price: PriceVersion | None, currency: str) -> Year:
    credits = values.get("credits") or _credits_for(values, price, currency)
    if not credits:
        raise Refusal("quote_without_size", "Say how many credits, an amount, or a tier.")
    typed = values.get("price")
    if typed:
        return _year(credits, money.minor_units(typed, currency), price)
    return _at_list(credits, values.get("discount_pct") or "", price, currency)


def _credits_for(values: Mapping[str, Any], price: PriceVersion | None, currency: str) -> int:
    amount = values.get("amount") or ""
    tier = values.get("tier") or ""
    if price is None or not (amount or tier):
        return 0
    minor = money.minor_units(amount, currency) if amount else int(tier)
    return prices.credits_for(minor, currency, price.credits_per_currency_unit)


def _later(values: Mapping[str, Any], price: PriceVersion | None, currency: str) -> list[Year]:
    found = []
    for line in filter(None, map(str.strip, (values.get("later_years") or "").splitlines())):
        read = _LATER.fullmatch(line)
        if read is None:
            raise Refusal("ramp_unreadable", f"{line!r}: write a year like 1,000,000 for 9000.00.")
        credits = _whole(read["credits"])
        if read["price"]:
            minor = money.minor_units(read["price"].replace(",", ""), currency)
            found.append(_year(credits, minor, price))
        else:
            found.append(_at_list(credits, values.get("discount_pct") or "", price, currency))
    return found


def _year(credits: int, minor: int, price: PriceVersion | None) -> Year:
    return Year(credits, minor, None if price is None else prices.list_minor(price, credits))


def _at_list(credits: int, discount: str, price: PriceVersion | None, currency: str) -> Year:
    """Less the discount that was typed, else that of the tier that so many credits reach."""
    if price is None:
        raise Refusal(
            "quote_without_price",
            f"There is no price list in {currency}: type the price, or publish one.",
        )
    listed = prices.list_minor(price, credits)
    if not discount:
        return Year(credits, prices.price_minor(price, credits), listed)
    off = prices.basis_points(discount)
    return Year(credits, money.round_half_up(Fraction(listed * (10_000 - off), 10_000)), listed)


def _whole(typed: str) -> int:
    digits = re.sub("[,']", "", typed)
    if len(digits) > 16:
        raise Refusal("quote_without_size", f"{typed} is more than anybody can use.")
    return int(digits)


def _tier_words(price: PriceVersion, tier: Any) -> str:
    words = f"{money.for_people(tier.amount_minor, price.currency, short=True)}: "
    words += f"{prices.tier_credits(price, tier):,} credits"
    off = prices.discount_pct(tier)
    return words if off == "0" else f"{words}, {off} % off"
