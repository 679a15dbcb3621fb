"""Who and what the tests' stories are about: one book, a few customers, their credits.

Fiona keeps the books, Sam sells, Ada is the customer's administrator, Otto belongs to another customer.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts import customers
from accounts.models import Customer
from contracts import agreements
from contracts.agreements import Terms
from contracts.models import Contract
from creditops import schedule, verification
from creditops.lib import money, policies
from invoicing import purchases
from invoicing.purchases import Bought, Order
from ledger import balances, grants, holders, metering, posting, signing, units
from ledger.grants import Grant
from ledger.messages import Message, Outcome, Receipt
from ledger.models import Block, CreditUnit, Holder, JournalEntry, Pool, Term
from ledger.verification import Breach


def at(text: str) -> datetime:
    """An instant in UTC: `"2026-01-31"` or `"2026-01-31 12:30"`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


START = at("2026-01-01")
END = at("2027-01-01")
SECOND = timedelta(seconds=1)


def sign_books(when: datetime = START) -> None:
    """Finance and the auditor have signed how revenue is recognised: months can be closed."""
    signed = {"names": ["Fiona", "Augusta"], "date": "2026-01-01", "document": "Policy 1"}
    policies.change(
        policies.BOOKS, {signing.SETTING: signed}, effective_at=when, recorded_at=when,
        by="Fiona", approved_by="Fiona, Augusta",
    )  # fmt: skip


def customer(code: str = "acme", **fields) -> Customer:
    """A customer in USD and UTC."""
    fields = {"name": code.title(), "currency": "USD", "time_zone": "UTC", "at": START} | fields
    return customers.create(code=code, **fields)


def unit(code: str = units.CREDITS) -> CreditUnit:
    """The unit `code`."""
    return units.ensure(code)


def open_pool(buyer: Customer, code: str = units.CREDITS) -> Pool:
    """The pool of a customer without a contract."""
    return holders.pool(holders.pay_as_you_go(buyer, START), unit(code), START)


def contract_pool(
    buyer: Customer,
    *,
    commitment: int,
    price_minor: int,
    code: str = "c1",
    start: datetime = START,
    end: datetime = END,
) -> tuple[Holder, Pool, Term]:
    """A contract with one term, its commitment granted as a paid block."""
    holder = holders.add(buyer, code=code, time_zone="UTC", at=start)
    pool = holders.pool(holder, unit(), start)
    term = holders.begin_term(holder, starts_at=start, ends_at=end)
    holders.commit(
        term,
        pool,
        commitment=commitment,
        price_minor=price_minor,
        currency="USD",
        price_functional_minor=price_minor,
        at=start,
    )
    grant(pool, commitment, cost=price_minor, source=f"{code}.t1", when=start, end=end, term=term)
    return holder, pool, term


def grant(
    pool: Pool,
    credits: int,
    *,
    source: str,
    cost: int = 0,
    kind: str = Block.Kind.PAID,
    when: datetime = START,
    end: datetime | None = None,
    term: Term | None = None,
    **fields,
) -> Block:
    """Grant one block."""
    wanted = Grant(
        kind=kind,
        credits=credits,
        source=source,
        effective_at=when,
        expires_at=end,
        cost_minor=cost,
        cost_functional_minor=cost,
        currency="USD",
        term=term,
        by="Fiona",
        reason="test",
        **fields,
    )
    return grants.issue(pool, [wanted], at=when)[0]


def usage(
    key: str,
    credits: int | str,
    *,
    customer: str = "acme",
    time: datetime | None = None,
    meter: str = "credits",
    **fields,
) -> Message:
    """A message of already rated usage."""
    return Message(
        source="test",
        key=key,
        customer=customer,
        meter=meter,
        time=time,
        quantity=Decimal(credits),
        **fields,
    )


def report(*batch: Message, when: datetime) -> Receipt:
    """Send messages in one batch."""
    return metering.accept(batch, at=when, origin="test")


def send(key: str, credits: int, *, when: datetime, **fields) -> Outcome:
    """Send one message on its own."""
    return report(usage(key, credits, **fields), when=when).outcomes[0]


def sign(buyer: Customer | None = None, *, when: datetime = START, **terms) -> Contract:
    """Sign a contract: 100,000 credits for $1,000.00 in 2026, unless `terms` say otherwise."""
    usual = {
        "code": "c1",
        "starts_on": date(2026, 1, 1),
        "credits": 100_000,
        "price_minor": 100_000,
        "currency": "USD",
        "time_zone": "UTC",
    }
    return agreements.sign(buyer or customer(), Terms(**usual | terms), by="Sam", at=when)


def buy(holder: Holder, *, when: datetime, **order) -> Bought:
    """Buy 1,000 credits for $10.00 by card, unless `order` says otherwise."""
    usual = {
        "credits": 1_000,
        "price_minor": 1_000,
        "currency": "USD",
        "pay": "card",
        "source": "order 1",
    }
    return purchases.buy(Order(holder=holder, **usual | order), by="Ada", at=when)


def left(contract: Contract, when: datetime) -> int:
    """The credits that can be used under a contract at `when`."""
    return left_of(contract.holder, when)


def left_of(holder: Holder, when: datetime) -> int:
    """The credits of all units that a holder can use at `when`."""
    found = balances.of_pools(balances.pools_of(holder), as_of=when, known_at=when)
    return sum(balance.available for balance in found)


def run_due(until: datetime) -> None:
    """Do what is due until then, each piece at its own instant; none may fail."""
    assert schedule.run_due(until).failed == []


def journal(when: datetime) -> list[str]:
    """The journal as an accountant writes it, with the usage known at `when`:
    `"2026-01-01 JE-02 debit 1100 1000.00, credit 2100 1000.00"`."""
    posting.run(when)
    return [_written(entry) for entry in JournalEntry.objects.order_by("posting_date", "id")]


def _written(entry: JournalEntry) -> str:
    lines = entry.lines.select_related("account")
    sides = [
        f"{'debit' if line.debit_minor else 'credit'} {line.account.code} "
        f"{money.text(line.debit_minor or line.credit_minor, line.currency)}"
        for line in sorted(lines, key=lambda line: (not line.debit_minor, line.account.code))
    ]
    return f"{entry.posting_date} {entry.recipe} {', '.join(sides)}"


def breaches(when: datetime) -> list[Breach]:
    """What `verify` finds wrong, with the usage known at `when` posted."""
    posting.run(when)
    return [breach for _, found in verification.verify() for breach in found]
