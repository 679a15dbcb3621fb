"""The life of a wide book: contracts of more kinds (`wide_contracts.py`), and more that happens to them.

After the last act every invoice that waits is issued; what was paid for a term that never began goes back.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from contracts import activation, amendments, termination
from contracts.amendments import Addition
from contracts.models import Contract, ScheduledCharge
from creditops.lib import approvals, calendar
from invoicing import (
    billing,
    billing_runs,
    credit_notes,
    downgrades,
    expected_losses,
    money_on_account,
    options,
    purchases,
    receipts,
    tax_rates,
)
from invoicing.models import Invoice, PurchaseOption, Receipt
from invoicing.options import Offered
from invoicing.purchases import Order
from invoicing.receipts import Arrival
from ledger import entitlements
from tests import cast
from tests.cast import START
from tests.close import wide_contracts
from tests.close.random_books import ACTS, Act, Life


class WideLife(Life):
    """A book with more in it."""

    def __init__(self, *, zone: str = "UTC", settings: dict[str, Any] | None = None) -> None:
        wide_contracts.publish_rate()
        super().__init__(zone=zone, settings={**wide_contracts.SETTINGS, **(settings or {})})
        wide_contracts.sign_all()
        self.users += wide_contracts.USERS
        self.meters = dict.fromkeys(wide_contracts.CARDED, wide_contracts.METERS)
        cast.run_due(START)

    def settle(self) -> None:
        """Whatever waits to be billed is billed; of what never came what was paid goes back."""
        if not tax_rates.find(Contract.objects.get(code=wide_contracts.HELD).customer, self.now):
            tax_rates.define(country="US", region="CA", rate_pct="7.25", at=self.now)
        for contract in billing_runs.waiting(self.now):
            billing.bill(contract, until=self.now, at=self.now)
        for charge in ScheduledCharge.objects.filter(contract__cancellable=True, kind="COMMITMENT"):
            left = charge.credits - charge.taken_back_credits
            if left and activation.block_of(charge) is None:
                credit_notes.credit(
                    charge.line.invoice, credits=left, by="Fiona", reason="never begun", at=self.now
                )

    # ------------------------------------------------------------------------------------ the acts

    def tell_rate(self, act: Act, number: int) -> None:
        """The tax rate of a state, from now on."""
        tax_rates.define(country="US", region="CA", rate_pct="7.25", at=self.now)

    def bill(self, act: Act, number: int) -> None:
        """Finance lets an invoice out."""
        contract = self._one(billing_runs.waiting(self.now), act)
        billing.bill(contract, until=self.now, at=self.now)

    def revalue(self, act: Act, number: int) -> None:
        """A new rate of exchange."""
        wide_contracts.publish_rate(f"1.{act.size % 3_000:04}", when=self.now)

    def receive(self, act: Act, number: int) -> None:
        """Money for what is due first, or for nothing yet."""
        invoice = self._one(Invoice.objects.all(), act)
        arrival = Arrival(
            invoice.customer, 1 + act.size % 30_000, invoice.currency, "transfer", f"in {number}"
        )
        receipts.record(arrival, by="Fiona", at=self.now, shares=[] if act.size % 2 else None)

    def place(self, act: Act, number: int) -> None:
        """Money on account settles an invoice."""
        receipt = self._one(Receipt.objects.all(), act)
        invoice = self._one(Invoice.objects.filter(customer=receipt.customer), act)
        receipts.apply(receipt, invoice, by="Fiona", at=self.now)

    def give_back_money(self, act: Act, number: int) -> None:
        """Money on account goes back, say two."""
        receipt = self._one(Receipt.objects.all(), act)
        asked = money_on_account.pay_back_or_ask(receipt, by="Fiona", reason="test", at=self.now)
        if hasattr(asked, "content_hash"):
            approvals.approve(asked.pk, by="Otto", at=self.now)
            asked.refresh_from_db()
            money_on_account.pay_back_approved(asked, at=self.now)

    def add(self, act: Act, number: int) -> None:
        """More credits for a running term, at the usual price or below it."""
        contract = self._one(Contract.objects.all(), act)
        credits = 1 + act.size % 900
        addition = Addition(credits, credits * (8 if act.which % 2 else 3))
        amendments.add(contract, addition, source=f"add {number}", by="Sam", at=self.now)
        cast.run_due(self.now)

    def reduce(self, act: Act, number: int) -> None:
        """Credits of a running term are given back."""
        contract = self._one(Contract.objects.all(), act)
        downgrades.reduce(
            contract, credits=1 + act.size % 300, source=f"less {number}", by="Fiona", reason="test",
            at=self.now,
        )  # fmt: skip

    def buy_right(self, act: Act, number: int) -> None:
        """Credits and a right to more of them."""
        half = Offered(
            code=f"right{number}", credits=100 + act.size % 900, list_price_minor=5_000,
            discount_pct=Fraction(50), discount_anyone_gets_pct=Fraction(5),
            likelihood_pct=Fraction(60), valid_until=self.now + timedelta(days=10 + act.which % 90),
        )  # fmt: skip
        order = Order(
            holder=self.open, credits=10 + act.size % 900, price_minor=7 + act.size % 4_001,
            currency="EUR" if act.which % 3 == 0 else "USD", pay=purchases.INVOICE, option=half,
            source=f"right {number}", expires_at=self.now + timedelta(days=20 + act.which % 200),
        )  # fmt: skip
        purchases.buy(order, by="Ada", at=self.now)

    def exercise(self, act: Act, number: int) -> None:
        """A right is used."""
        options.exercise(self._one(PurchaseOption.objects.all(), act), by="Ada", at=self.now)

    def unlock(self, act: Act, number: int) -> None:
        """A flat fee or licences, earned by the day."""
        contract = self._one(Contract.objects.filter(code__in=self.meters), act)
        source = f"unlock {number}"
        if act.size % 2:
            entitlements.unlock(contract.holder, item="sync", source=source, by="Ada", at=self.now)
        else:
            entitlements.charge_licences(
                contract.holder, item="seat", users=1 + act.size % 30, source=source, by="Ada",
                at=self.now,
            )  # fmt: skip

    def terminate(self, act: Act, number: int) -> None:
        """A contract ends early."""
        contract = self._one(Contract.objects.all(), act)
        end = self.now + timedelta(days=act.size % 60)
        termination.terminate(contract, end=end, by="Sam", reason="test", at=self.now)

    def expect_loss(self, act: Act, number: int) -> None:
        """The allowance for what will not be paid, at the last month's end."""
        month = calendar.add_months(calendar.month_start(self.now.date()), -1)
        expected_losses.book(month, by="Fiona", at=self.now)


WIDE_ACTS = (
    *ACTS, "use", "use", "use", "bill", "bill", "tell_rate", "revalue", "revalue", "receive", "place",
    "give_back_money", "add", "reduce", "buy_right", "exercise",
    "unlock", "unlock", "terminate", "expect_loss",
)  # fmt: skip
