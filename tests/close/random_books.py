"""Books of a random life: contracts, purchases, usage late and early, corrections, notes, refunds, closes.

Everything goes through the work modules, each act in a transaction of its own; what a rule refuses leaves
nothing behind. After the last act nothing is renewed any more, and time goes on until every term and block
has ended.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from contracts import agreements, free_credits
from contracts.models import Contract
from creditops.close import month_end
from creditops.lib import approvals, calendar, policies
from creditops.lib.refusals import Refusal
from creditops.reports import catalogue
from creditops.reports.frame import Asked, Kind, Report
from invoicing import (
    credit_notes,
    documents,
    payments,
    purchases,
    refunds,
    seller,
    tax_rates,
    voids,
    write_offs,
)
from invoicing.models import CreditNote, Invoice
from invoicing.purchases import Order
from ledger import corrections, holders, metering, recognition
from ledger.messages import Message
from ledger.models import Block, UsageEvent
from tests import cast
from tests.cast import START, at

END = at("2029-06-01")
LAST_ACT_DAY = 420


@dataclass(frozen=True)
class Act:
    """Something that happens: on which day, what, and two numbers that choose of what and how much."""

    day: int
    what: str
    which: int
    size: int


class Life:
    """A book and its life."""

    def __init__(self, *, zone: str = "UTC", settings: dict[str, Any] | None = None) -> None:
        cast.sign_books()
        policies.change(
            policies.BOOKS, {"accounting_zone": zone, **(settings or {})}, effective_at=START,
            recorded_at=START, by="Fiona", approved_by="Augusta",
        )  # fmt: skip
        seller.define(name="Lumen AI", country="US")
        # Every state is told: of a state without a rate, documents would be held and never billed.
        tax_rates.define(country="US", region="TX", rate_pct="7.5", at=START)
        tax_rates.define(country="US", region="OR", rate_pct="0", at=START)
        self.acme = cast.customer("acme", country="US", region="TX")
        self.quill = cast.customer("quill", country="US", region="OR")
        self.main = cast.sign(self.acme, code="main", credits=9_001, price_minor=70_007, auto_renew=True,
                              bonus_credits=333, term_months=12)  # fmt: skip
        self.short = cast.sign(self.quill, code="short", credits=2_000, price_minor=19_999, term_months=6,
                               settings={"rollover": "NONE"})  # fmt: skip
        self.open = holders.pay_as_you_go(self.quill, START)
        self.users: list[tuple[str, str | None]] = [
            ("acme", "main"),
            ("quill", "short"),
            ("quill", None),
        ]
        self.meters: dict[str | None, list[str]] = {}
        self.refused: list[str] = []
        # What reports said of closed months, as known then.
        self.told: list[tuple[Kind, Asked, Report]] = []
        self.now = START
        cast.run_due(START)

    def live(self, acts: Sequence[Act]) -> None:
        """Do the acts in order of their days, what is due between; then nothing but time."""
        for number, act in enumerate(sorted(acts, key=lambda each: each.day)):
            self.now = START + timedelta(days=act.day, hours=9, seconds=number)
            cast.run_due(self.now)
            do: Callable[[Act, int], None] = getattr(self, act.what)
            try:
                with transaction.atomic():
                    do(act, number)
            except Refusal as refusal:
                self.refused.append(refusal.code)
        self.now = START + timedelta(days=LAST_ACT_DAY + 1)
        cast.run_due(self.now)
        for contract in Contract.objects.exclude(status=Contract.Status.ENDED):
            agreements.cancel(contract, by="Sam", at=self.now)
        self.settle()
        cast.run_due(END)
        self.now = END
        self.settle()

    def settle(self) -> None:
        """Issue what still waits to be billed: here nothing does."""

    # ------------------------------------------------------------------------------------ the acts

    def use(self, act: Act, number: int) -> None:
        """Usage, up to 40 days late."""
        customer, contract = self.users[act.which % len(self.users)]
        late = timedelta(days=act.size % 41 if act.which % 5 == 0 else 0)
        meters = self.meters.get(contract, ["credits"])
        message = Message(
            source="test", key=f"u{number}", customer=customer, contract=contract,
            meter=meters[act.size % len(meters)], time=self.now - late,
            quantity=Decimal(1 + act.size % 1_500),
        )  # fmt: skip
        metering.accept([message], at=self.now, origin="test")

    def correct(self, act: Act, number: int) -> None:
        """An earlier event was smaller, larger, or never was."""
        event = self._one(UsageEvent.objects.filter(status="a"), act)
        if act.size % 4 == 0:
            corrections.void(event, by="Fiona", reason="test", at=self.now)
        else:
            wanted = event.credits * (act.size % 7) // 4
            corrections.correct(event, credits=wanted, by="Fiona", reason="test", at=self.now)

    def buy(self, act: Act, number: int) -> None:
        """Credits by card or on invoice, good for some months."""
        order = Order(
            holder=self.open, credits=10 + act.size % 900, price_minor=7 + act.size % 4_001, currency="USD",
            pay=purchases.CARD if act.which % 2 else purchases.INVOICE, source=f"buy {number}",
            expires_at=self.now + timedelta(days=20 + 30 * (act.which % 8)),
        )  # fmt: skip
        purchases.buy(order, by="Ada", at=self.now)

    def give(self, act: Act, number: int) -> None:
        """Free credits by one of the policies."""
        policy = ("ZERO_COST", "MARKETING_EXPENSE", "CONTRA_REVENUE", "RESPREAD")[act.which % 4]
        free_credits.give(
            self.main.holder if act.size % 2 else self.open, kind="promo", credits=1 + act.size % 700,
            source=f"give {number}", by="Fiona", reason="test", at=self.now, promo_policy=policy,
            list_price_per_credit="0.013" if policy == "CONTRA_REVENUE" else None,
            standard_cost_per_credit="0.004" if policy == "MARKETING_EXPENSE" else None,
            expires_at=self.now + timedelta(days=15 + act.size % 200),
        )  # fmt: skip

    def pay(self, act: Act, number: int) -> None:
        """A payment of an invoice, in part or whole."""
        invoice = self._one(Invoice.objects.all(), act)
        owed = documents.open_minor(invoice)
        payments.record(
            invoice, amount_minor=owed if act.size % 2 else owed // 3, currency=invoice.currency,
            method="transfer", reference=f"wire {number}", by="Fiona", at=self.now,
        )  # fmt: skip

    def credit(self, act: Act, number: int) -> None:
        """A credit note for some of what is left."""
        invoice = self._one(Invoice.objects.all(), act)
        credit_notes.credit(
            invoice, credits=1 + act.size % 400, by="Fiona", reason="test", at=self.now
        )

    def refund(self, act: Act, number: int) -> None:
        """What a credit note owes is paid back, by two."""
        asked = refunds.pay_or_ask(
            self._one(CreditNote.objects.filter(refundable_minor__gt=0), act),
            by="Fiona",
            at=self.now,
        )
        if not isinstance(asked, list):
            approvals.approve(asked.pk, by="Otto", at=self.now)
            asked.refresh_from_db()
            refunds.pay_approved(asked, at=self.now)

    def void(self, act: Act, number: int) -> None:
        """An untouched invoice is taken back."""
        voids.void(self._one(Invoice.objects.all(), act), by="Fiona", reason="test", at=self.now)

    def write_off(self, act: Act, number: int) -> None:
        """Nobody will pay, say two."""
        invoice = self._one(Invoice.objects.all(), act)
        asked = write_offs.write_off_or_ask(invoice, by="Fiona", reason="test", at=self.now)
        if hasattr(asked, "content_hash"):
            approvals.approve(asked.pk, by="Otto", at=self.now)
            asked.refresh_from_db()
            write_offs.write_off_approved(asked, at=self.now)

    def estimate(self, act: Act, number: int) -> None:
        """A share of a block is expected to be used, say two."""
        block = self._one(Block.objects.filter(breakage="PROPORTIONAL"), act)
        recognition.estimate(
            block, expected=block.granted * (act.size % 101) // 100, by="Fiona", approved_by="Otto",
            reason="test", at=self.now,
        )  # fmt: skip

    def close(self, act: Act, number: int) -> None:
        """The month before closes; whatever happened, the ledger agrees with its rows by then."""
        month = calendar.add_months(calendar.month_start(self.now.date()), -1)
        let_pass = dict.fromkeys(("exceptions", "estimates", "unbilled_charges"), "test")
        try:
            month_end.close(month, by="Fiona", at=self.now, let_pass=let_pass)
        except Refusal as refusal:
            if refusal.code == "close_checklist_open":
                raise AssertionError(refusal.detail) from refusal
            raise
        self._tell(month, list(catalogue.SECTIONS.values())[act.which % len(catalogue.SECTIONS)])

    def _tell(self, month: date, kinds: Sequence[Kind]) -> None:
        """What reports say of a closed month now."""
        last = calendar.day_before(calendar.add_months(month, 1))
        for kind in kinds:
            by = next(iter(kind.groups), "")
            asked = Asked(month, last, self.now, by, remembered=True)
            self.told.append((kind, asked, kind.make(asked)))

    def _one(self, rows: Any, act: Act) -> Any:
        """One of the rows. Raises Refusal where there is none."""
        number = rows.count()
        if not number:
            raise Refusal("nothing_there", "There is nothing yet.")
        return rows.order_by("id")[act.which % number]


ACTS = (
    "use", "use", "use", "use", "use", "correct", "buy", "buy", "give", "pay", "pay", "credit", "refund",
    "void", "write_off", "estimate", "close", "close",
)  # fmt: skip


def random_acts(chosen: random.Random, whats: Sequence[str] = ACTS) -> list[Act]:
    """What happens in a book."""
    return [
        Act(
            day=chosen.randint(0, LAST_ACT_DAY),
            what=chosen.choice(whats),
            which=chosen.randint(0, 1_000),
            size=chosen.randint(0, 100_000),
        )
        for _ in range(chosen.randint(25, 60))
    ]


def random_settings(chosen: random.Random) -> tuple[str, dict[str, Any]]:
    """The zone and the settings of a book."""
    zone = chosen.choice(["UTC", "America/Los_Angeles", "Asia/Tokyo"])
    return zone, {
        "breakage": chosen.choice(["AT_EXPIRY", "PROPORTIONAL"]),
        "escheat_pct": chosen.choice(["0", "12.5"]),
        "rounding": chosen.choice(["HALF_UP", "HALF_EVEN"]),
    }
