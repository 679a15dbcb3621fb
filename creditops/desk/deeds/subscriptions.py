"""Does plans and subscriptions: published, begun, changed, cancelled, paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts import customers
from accounts.models import Customer
from contracts import plan_changes, plans, rate_cards, subscriptions
from contracts.models import Plan, PlanCharge, RateCard, Subscription
from contracts.subscriptions import Agreed
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import money
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound, Refusal
from invoicing import card_retries, plan_charges, subscribing
from ledger import books, totals


class PlanForm(fields.DeskForm):
    """What it gives and costs."""

    code = fields.text("Code of the plan", most=100, help="of a plan that is there, or a new one")
    name = fields.text("Name", required=False, help="empty: as it was, or the code")
    credits = fields.Credits(label="Credits per month")
    price = fields.Amount(label="Price per month, net", help_text="0 makes a free plan")
    currency = fields.text("Currency", most=3)
    rate_card = fields.choice("Rate card", (), required=False)
    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")


class PublishPlan(Deed):
    """Publish what a plan gives and costs per month."""

    name = "publish-plan"
    title = "Publish a plan"
    verb = "publish_rates"
    button = "Publish the plan"
    about = (
        "It acts on periods that begin from then on; running periods keep what was paid for them."
    )
    form = PlanForm
    keyed = False

    def home(self) -> str:
        """The list of plans."""
        return addresses.of_list(Plan)

    def initial(self) -> dict[str, Any]:
        """In the books' currency."""
        return {"currency": books.current(self.at).currency}

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the rate cards that there are."""
        made = super().make_form(data)
        cards = RateCard.objects.order_by("name").values_list("code", "name")
        made.fields["rate_card"].choices = [("", "–"), *cards]  # type: ignore[attr-defined]
        return made

    def figures(self, values: dict[str, Any]) -> Figures:
        """What it costs so far."""
        plan = Plan.objects.filter(code=values["code"]).first()
        newest = None if plan is None else plan.versions.last()
        said = "new" if newest is None else amount(newest.price_minor, newest.currency)
        return (("Price per month", said),)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        card = values["rate_card"]
        made = plans.publish(
            code=values["code"],
            name=values["name"],
            credits=values["credits"],
            price_minor=money.minor_units(values["price"], values["currency"]),
            currency=values["currency"],
            rate_card=rate_cards.find(card) if card else None,
            effective_from=values["effective_from"],
            by=by,
            at=at,
        )
        shown = amount(made.price_minor, made.currency)
        return Done(f"Published: {made} for {shown} per month.", self.home())


class SellPlan(Deed):
    """Sell a plan, or not any more."""

    name = "sell-plan"
    title = "Sell it, or not any more"
    verb = "publish_rates"
    button = "Change it"
    about = "Subscriptions that have it keep it; none begins with it or moves to it any more."
    form = fields.ReasonForm

    def find(self, key: str) -> Plan:
        """The plan."""
        return plans.find(key)

    @property
    def heading(self) -> str:
        """Which way."""
        return f"{'Stop selling' if self.subject.on_sale else 'Sell again'}: {self.subject}"

    def home(self) -> str:
        """The list of plans."""
        return addresses.of_list(Plan)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Change it."""
        changed = plans.put_on_sale(self.subject, on_sale=not self.subject.on_sale)
        state = "is sold" if changed.on_sale else "is not sold any more"
        return Done(f"{changed} {state}.", self.home())


class SubscribeForm(fields.DeskForm):
    """Which plan, under which code, and what the customer agreed to."""

    code = fields.text("Code of the subscription", most=100)
    plan = fields.choice("Plan", ())
    words = fields.text(
        "What the customer agreed to", most=2000, help="the sentence, kept word by word (F6)"
    )


class StartSubscription(Deed):
    """Begin a subscription; the card on file is charged at once."""

    name = "start-subscription"
    title = "Start a subscription"
    verb = "sell_credits"
    button = "Charge the card and begin"
    about = "The first period begins now. A declined card begins nothing."
    form = SubscribeForm

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """For whom."""
        return f"Start a subscription for {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With what can be bought."""
        made = super().make_form(data)
        made.fields["plan"].choices = [  # type: ignore[attr-defined]
            (v.plan.code, f"{v}, {amount(v.price_minor, v.currency)} per month")
            for v in plans.on_sale(self.subject.currency, self.at)
        ]
        return made

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Begin it."""
        made = subscribing.subscribe(
            self.subject,
            plans.find(values["plan"]),
            Agreed(code=values["code"], words=values["words"]),
            by=by,
            at=at,
        )
        return Done(f"Subscription {made.code} to {made.version.plan} has begun.", self.home())


class OfSubscription(Deed):
    """An act on a subscription that goes on."""

    def find(self, key: str) -> Subscription:
        """The subscription. Raises Refusal for one that has ended."""
        found = subscriptions.find(key)
        if found.status == Subscription.Status.ENDED:
            raise Refusal("subscription_ended", f"{found} has ended.")
        return found

    @property
    def heading(self) -> str:
        """Which one."""
        return f"{self.title}: {self.subject.code}, {self.subject.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.customer)

    def figures(self, values: dict[str, Any]) -> Figures:
        """How it stands."""
        found = subscriptions.find(self.subject.code)
        pool = subscriptions.pool_of(found, self.at)
        return (
            ("Status", found.get_status_display()),
            ("Plan", str(found.version.plan)),
            ("Next period", str(found.next_plan or "as use asks for")),
            ("Ends with the period", "yes" if found.cancelled_at else "no"),
            ("Available", f"{totals.of_pool(pool, self.at).available:,}"),
        )


class CancelSubscription(OfSubscription):
    """Let a subscription end with its running period."""

    name = "cancel-subscription"
    title = "Cancel at the period's end"
    verb = "sell_credits"
    button = "Cancel it"
    about = "What was paid for stays usable as long as its credits live."
    form = fields.ReasonForm
    danger = True

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Cancel it."""
        subscriptions.cancel(self.subject, by=by, at=at)
        return Done(f"{self.subject.code} ends with its running period.", self.home())


class KeepSubscription(OfSubscription):
    """Take a cancellation back."""

    name = "keep-subscription"
    title = "Let it go on"
    verb = "sell_credits"
    button = "Let it go on"
    form = fields.ReasonForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Let it go on."""
        subscriptions.keep(self.subject)
        return Done(f"{self.subject.code} goes on after its running period.", self.home())


class ChangePlanForm(fields.DeskForm):
    """Which plan."""

    plan = fields.choice("Plan", ())


class ChangePlan(OfSubscription):
    """Move a subscription to another plan."""

    name = "change-plan"
    title = "Change the plan"
    verb = "sell_credits"
    button = "Change the plan"
    about = (
        "A larger plan begins at once: the card is charged the difference, which buys the difference "
        "of the credits. Another one begins with the next period."
    )
    form = ChangePlanForm

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With what can be bought."""
        made = super().make_form(data)
        made.fields["plan"].choices = [  # type: ignore[attr-defined]
            (v.plan.code, f"{v}, {amount(v.price_minor, v.currency)} per month")
            for v in plans.on_sale(self.subject.currency, self.at)
        ]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """What was used of the running period."""
        term = subscriptions.running_term(self.subject, self.at)
        used = 0 if term is None else plan_changes.consumption(self.subject, term, self.at)
        return (("Used in this period", f"{used:,} credits"),)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Change it."""
        found = subscribing.change_plan(self.subject, plans.find(values["plan"]), at=at)
        coming = f", and {found.next_plan} with its next period" if found.next_plan else ""
        return Done(f"{found.code} has {found.version.plan}{coming}.", self.home())


class RetryCard(OfSubscription):
    """Charge the card on file again, now."""

    name = "retry-card"
    title = "Charge the card again"
    verb = "sell_credits"
    button = "Charge it now"
    about = "What is open is charged; a suspended subscription goes on with the running period."
    form = fields.ReasonForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Charge it."""
        found = card_retries.recover(self.subject, at=at)
        return Done(f"{found.code} is {found.get_status_display()}.", self.home())


class ChargePaymentForm(fields.DeskForm):
    """What arrived."""

    amount = fields.Amount(label="Amount")
    reference = fields.text("Reference", help="the bank's; the same one is recorded once")


class RecordChargePayment(Deed):
    """Record a transfer for what a card did not pay; its invoice is issued with it."""

    name = "pay-plan-charge"
    title = "Record a transfer"
    verb = "record_payment"
    button = "Record it and issue the invoice"
    about = "A plan is paid as a whole; the credits come with the payment."
    form = ChargePaymentForm

    def find(self, key: str) -> PlanCharge:
        """A charge that waits to be paid."""
        rows: QuerySet[PlanCharge] = PlanCharge.objects.select_related("subscription__customer")
        found = rows.filter(pk=int(key)).first() if key.isdecimal() else None
        if found is None:
            raise NotFound("charge", key)
        if found.state != PlanCharge.State.OPEN:
            raise Refusal("charge_settled", f"{found} is {found.get_state_display()} already.")
        return found

    @property
    def heading(self) -> str:
        """For what."""
        return f"Record a transfer: {self.subject}, {self.subject.subscription.customer.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject.subscription.customer)

    def initial(self) -> dict[str, Any]:
        """All of it, with tax."""
        charge = self.subject
        whole = plan_charges.cost(
            charge.subscription.customer,
            charge.amount_minor,
            charge.currency,
            self.at,
            holder=charge.subscription.holder,
            used=charge.kind == PlanCharge.Kind.GRACE,
        )
        return {"amount": money.text(whole.total_minor, charge.currency)}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Record it."""
        charge = self.subject
        invoice = plan_charges.pay(
            charge,
            amount_minor=money.minor_units(values["amount"], charge.currency),
            currency=charge.currency,
            reference=values["reference"],
            by=by,
            at=at,
        )
        return Done(f"Paid by transfer: {invoice.number}.", self.home())
