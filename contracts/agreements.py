"""Does the signing and ending of contracts.

A signature opens the contract's holder in the ledger and settles what is agreed about it. A term
that has begun is activated at once; one to come leaves due work behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from accounts import customers
from accounts.models import Customer
from accounts.models.customer import CODE
from contracts import (
    activation,
    amendments,
    commission_plans,
    commissions,
    consumer_credits,
    prices,
    terms_of_sale,
)
from contracts.commission_figures import Share
from contracts.models import (
    AgreedTerm,
    Amendment,
    CommissionPlanVersion,
    Contract,
    Quote,
    RateCard,
)
from creditops.lib import calendar, due, locks, money, policies
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, exchange, holders, tariffs
from ledger.models import Holder, HolderTariff


@dataclass(frozen=True)
class LaterTerm:
    """What is agreed about a term to come; without credits and price it follows the use (O5)."""

    credits: int | None
    price_minor: int | None
    months: int = 12
    bonus_credits: int = 0
    installments: int = 1


@dataclass(frozen=True)
class Terms:
    """What a contract agrees.

    Attributes:
        code: by which everyone outside knows it.
        starts_on: local date in the contract's zone.
        credits: the commitment of term 1.
        price_minor: of term 1, net, in minor units of `currency`.
        term_months: whole months of term 1; a renewal has twelve.
        due_on: of the first invoice; None: `invoice_terms_days` after its issue.
        cancellable: nothing is granted or posted before it is paid (V3).
        auto_renew: a transposed renewal at each term's end (O5).
        bonus_credits, bonus_expires_at: of the same purchase; they share its price (V5).
        rate_card: prices the usage; `rate_lock_until` keeps its version of the signature till then.
        price_lock_until: top-ups before it keep the ratio of the signature (R7).
        later_terms: commitments of the terms after the first, agreed ahead: the years of a ramp.
        installments: equal parts in which the first term's price is billed, over its months.
        quote: that it is made of.
        settings: policies of this contract, by name. Who signs sets terms of sale; what else there is
            needs `settings_agreed_by`, whoever approves it.
        commission_plan: pays the reps; `commission_split` says whom, else the plan, else who signs (C1).
    """

    code: str
    starts_on: date
    credits: int
    price_minor: int
    currency: str
    time_zone: str
    term_months: int = 12
    name: str = ""
    due_on: date | None = None
    cancellable: bool = False
    auto_renew: bool = False
    is_default: bool = False
    list_price_minor: int | None = None
    bonus_credits: int = 0
    bonus_expires_at: datetime | None = None
    rate_card: RateCard | None = None
    rate_lock_until: datetime | None = None
    price_lock_until: datetime | None = None
    later_terms: Sequence[LaterTerm] = ()
    installments: int = 1
    quote: Quote | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_agreed_by: str = ""
    commission_plan: CommissionPlanVersion | None = None
    commission_split: Sequence[Share] = ()


def sign(customer: Customer, terms: Terms, *, by: str, at: datetime) -> Contract:
    """Sign a contract at `at`, which is also the date of its first invoice.

    Returns it, active if its term has begun. Raises Refusal `contract_exists`, `contract_code_invalid`,
    `commitment_not_positive`, `price_negative`, `term_over`, `lock_over`, `installments_unfit`,
    `default_overlaps`, `time_zone_unknown`, `currency_without_rate`, `setting_needs_approval`,
    `split_unfit`, `consumer_credits_end_early`, or what a setting or a grant is refused with.
    """
    check_code(customer, terms.code)
    _check(terms, at)
    with transaction.atomic():
        if terms.is_default:
            _check_default(customer, terms)
        if terms.settings:
            terms_of_sale.check_signable(terms.settings, terms.settings_agreed_by)
            policies.change(
                policies.contract_scope(terms.code),
                terms.settings,
                effective_at=at,
                recorded_at=at,
                by=by,
                approved_by=terms.settings_agreed_by or f"the signature of {terms.code}",
            )
        contract = _create(customer, terms, by, at)
        if terms.rate_card is not None:
            _assign_rates(contract, terms.rate_card, terms.rate_lock_until, at)
        start, end = _start(terms), _end(terms)
        consumer_credits.check(
            contract.holder, end, terms.bonus_expires_at or end, price_minor=terms.price_minor,
            begins_at=max(start, at), at=at,
        )  # fmt: skip
        check_later(
            contract,
            _to_come(terms),
            first_day=calendar.local_date(end, terms.time_zone),
            after=1,
            at=at,
        )
        term = holders.begin_term(contract.holder, starts_at=start, ends_at=end)
        if terms.commission_plan is not None:
            commission_plans.agree(
                contract, terms.commission_plan, split=terms.commission_split, by=by, at=at
            )
        agree_later(contract, terms.later_terms, after=term.number, by=by, at=at)
        activation.leave_first_charges(contract, term, at)
        if not terms.cancellable:
            commissions.close(contract, term, price_minor=terms.price_minor, at=at)
            if start <= at:
                activation.activate(contract, term, at=at)
            else:
                due.plan(
                    "contracts.term_start", contract.code, start, rank=due.START,
                    group=customer.code,
                )  # fmt: skip
        plan_end(contract, end)
    return contract


def find(code: str) -> Contract:
    """The contract known as `code`. Raises NotFound."""
    contract = (
        Contract.objects.select_related("customer", "holder__customer").filter(code=code).first()
    )
    if contract is None:
        raise NotFound("contract", code)
    return contract


def follow_rates(holder: Holder, card: RateCard, *, at: datetime) -> None:
    """Let a card price a holder's usage from `at` on, if none does yet."""
    if not HolderTariff.objects.filter(customer_id=holder.customer_id, holder=holder).exists():
        tariffs.assign(holder, name=card.code, starts_at=at, source=f"followed:{holder.code}")


def start_term(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the first term of contract `subject` begins."""
    contract = find(subject)
    if contract.status == Contract.Status.SIGNED:
        term = contract.holder.terms.get(customer_id=contract.customer_id, number=1)
        activation.activate(contract, term, at=recorded_at)


def check_later(
    contract: Contract, terms: Sequence[LaterTerm], *, first_day: date, after: int, at: datetime
) -> None:
    """Refuse terms to come that a consumer can't be sold (F2): each begins where the one before ends.

    Args:
        first_day: of the first of them, local.
        after: the number of the term before it.

    Raises Refusal `consumer_credits_end_early`.
    """
    lives = []
    for number, term in enumerate(terms, start=after + 1):
        life = consumer_credits.later_life(first_day, term.months, f"those of term {number}")
        if term.price_minor != 0:
            lives.append(life)
        first_day = life.until
    consumer_credits.check_lives(contract.holder, lives, at=at)


def _to_come(terms: Terms) -> list[LaterTerm]:
    """What follows the first term: what was agreed, and after it the first renewal by itself."""
    by_itself = [LaterTerm(credits=None, price_minor=None)] if terms.auto_renew else []
    return [*terms.later_terms, *by_itself]


def agree_later(
    contract: Contract,
    terms: Sequence[LaterTerm],
    *,
    after: int,
    by: str,
    at: datetime,
    quote: Quote | None = None,
) -> None:
    """Keep what was agreed about the terms after number `after`, in their order; once per term.

    Args:
        quote: that renews by the first of them.
    """
    AgreedTerm.objects.bulk_create(
        AgreedTerm(
            contract=contract,
            number=number,
            months=term.months,
            credits=term.credits,
            price_minor=term.price_minor,
            bonus_credits=term.bonus_credits,
            installments=term.installments,
            agreed_at=at,
            agreed_by=by,
            quote=quote if number == after + 1 else None,
        )
        for number, term in enumerate(terms, start=after + 1)
    )


def begin(contract: Contract, *, at: datetime) -> Contract:
    """Begin a signed contract whose term has begun.

    Raises Refusal `contract_active`, `term_not_begun` or `activation_waits_for_payment`: a contract that
    can be cancelled gets its credits when it is paid (V3).
    """
    term = contract.holder.terms.get(customer_id=contract.customer_id, number=1)
    if contract.status == Contract.Status.SIGNED and term.starts_at > at:
        raise Refusal(
            "term_not_begun",
            f"{contract} begins on {contract.starts_on}, by itself. Nothing can be used before.",
        )
    if contract.status == Contract.Status.SIGNED and contract.cancellable:
        raise Refusal(
            "activation_waits_for_payment",
            f"{contract} can be cancelled, so its credits come when it is paid. Record the payment.",
        )
    activation.activate(contract, term, at=at)
    contract.refresh_from_db()
    return contract


def cancel(contract: Contract, *, by: str, at: datetime) -> Contract:
    """No renewal at the term's end; it is recorded who said so."""
    with transaction.atomic():
        by_itself = contract.auto_renew
        contract.auto_renew = False
        contract.renewal_signed_at = None
        contract.save(update_fields=["auto_renew", "renewal_signed_at"])
        amendments.record_end(
            contract, Amendment.Kind.CANCELLED, renewed_by_itself=by_itself, by=by, at=at
        )
    return contract


def plan_end(contract: Contract, ends_at: datetime) -> None:
    """Plan what the end of a term brings, and the proposal before it."""
    group = contract.customer.code
    due.plan("contracts.term_end", contract.code, ends_at, rank=due.TERM_END, group=group)
    due.plan(
        "contracts.propose_renewal",
        contract.code,
        ends_at - timedelta(days=activation.PROPOSED_DAYS_AHEAD),
        rank=due.NOTICE,
        group=group,
    )


def check_code(customer: Customer, code: str) -> None:
    """Refuse a code that no contract or subscription may have (`contract_code_invalid`).

    It stands in addresses and file names; the customer's own is that of its open contract.
    """
    try:
        CODE(code)
    except ValidationError as error:
        raise Refusal("contract_code_invalid", f"{code!r}: {error.messages[0]}") from error
    if code == customer.code:
        raise Refusal(
            "contract_code_invalid",
            f"{code!r} is the customer's own code, which stands for its credits without a "
            "contract. Choose another.",
        )


def _check(terms: Terms, at: datetime) -> None:
    money.exponent(terms.currency)
    exchange.check(terms.currency, at)
    customers.check_zone(terms.time_zone)
    if terms.credits <= 0:
        raise Refusal("commitment_not_positive", "A contract commits to at least one credit.")
    if terms.price_minor < 0:
        raise Refusal("price_negative", "The price of a commitment can't be below zero.")
    if _end(terms) <= at:
        raise Refusal(
            "term_over",
            f"The term from {terms.starts_on} would be over already. Choose a later start.",
        )
    if terms.installments > 1 and (terms.cancellable or terms.term_months % terms.installments):
        raise Refusal(
            "installments_unfit",
            "Installments are of a contract that can't be cancelled, and part its months evenly.",
        )
    if max([terms.installments, *(later.installments for later in terms.later_terms)]) > 1:
        activation.check_installments_currency(terms.currency, at)
    begins = max(at, _start(terms))
    if terms.bonus_expires_at is not None and terms.bonus_expires_at <= begins:
        raise Refusal(
            "grant_ends_before_it_begins",
            f"The bonus would end at {terms.bonus_expires_at:%Y-%m-%d %H:%M}, before it begins.",
        )
    if terms.rate_lock_until is not None and terms.rate_lock_until <= begins:
        raise Refusal(
            "lock_over",
            f"The rates would be locked until {terms.rate_lock_until:%Y-%m-%d %H:%M}, before the "
            "contract begins. Choose a later end, or no lock.",
        )


def default_overlaps(customer: Customer, start: datetime, end: datetime) -> str:
    """What a default contract in a time would be refused with, in a sentence; empty if nothing: usage that
    names no contract goes to one, so defaults of a customer never overlap."""
    other = (
        Contract.objects.filter(
            customer=customer,
            holder__is_default=True,
            holder__terms__customer_id=customer.pk,
            holder__terms__starts_at__lt=end,
            holder__terms__ends_at__gt=start,
        )
        .exclude(status=Contract.Status.ENDED)
        .order_by("pk")
        .first()
    )
    if other is None:
        return ""
    return (
        f"{other} is the default contract of {customer} in that time already, and usage that names "
        "no contract can go to one only. Let this one begin later, or don't make it the default."
    )


def _check_default(customer: Customer, terms: Terms) -> None:
    locks.hold(f"default contract of {customer.code}")
    said = default_overlaps(customer, _start(terms), _end(terms))
    if said:
        raise Refusal("default_overlaps", said)


def _start(terms: Terms) -> datetime:
    return calendar.local_midnight(terms.starts_on, terms.time_zone)


def _end(terms: Terms) -> datetime:
    return calendar.local_midnight(
        calendar.add_months(terms.starts_on, terms.term_months), terms.time_zone
    )


def _create(customer: Customer, terms: Terms, by: str, at: datetime) -> Contract:
    try:
        with transaction.atomic():
            holder = holders.add(
                customer,
                code=terms.code,
                time_zone=terms.time_zone,
                at=at,
                is_default=terms.is_default,
            )
            days = policies.in_force(
                [policies.contract_scope(terms.code), policies.customer_scope(customer.code)], at
            )["invoice_terms_days"]
            return Contract.objects.create(
                customer=customer,
                code=terms.code,
                name=terms.name,
                holder=holder,
                signed_at=at,
                signed_by=by,
                starts_on=terms.starts_on,
                term_months=terms.term_months,
                time_zone=terms.time_zone,
                currency=terms.currency,
                commitment=terms.credits,
                price_minor=terms.price_minor,
                list_price_minor=terms.list_price_minor,
                bonus_credits=terms.bonus_credits,
                bonus_expires_at=terms.bonus_expires_at,
                due_on=terms.due_on or books.date_of(at, books.current(at)) + timedelta(days=days),
                payment_terms_days=days,
                cancellable=terms.cancellable,
                auto_renew=terms.auto_renew,
                rate_card=terms.rate_card,
                rate_lock_until=terms.rate_lock_until,
                price_lock_until=terms.price_lock_until,
                installments=terms.installments,
                quote=terms.quote,
                locked_price=(
                    prices.in_force(terms.currency, at) if terms.price_lock_until else None
                ),
            )
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise Refusal(
            "contract_exists", f"There is a contract {terms.code!r} already. Choose another code."
        ) from error


def _assign_rates(
    contract: Contract, card: RateCard, locked_until: datetime | None, at: datetime
) -> None:
    """Let the card price the contract's usage; a lock keeps its version of the signature (R1)."""
    tariffs.assign(
        contract.holder,
        name=card.code,
        starts_at=min(at, calendar.local_midnight(contract.starts_on, contract.time_zone)),
        source=f"contract:{contract.code}",
        pinned=tariffs.current(card.code, at) if locked_until else None,
        locked_until=locked_until,
    )
