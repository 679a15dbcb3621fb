"""Plans and subscriptions: what customers buy by themselves, month by month."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from contracts.models.pricing import RateCard
from creditops.lib.tables import Book, Record
from ledger.models import Holder, Term


class Plan(Record):
    """So many credits for so much money per month, known by its code; its prices are versions."""

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    rate_card = models.ForeignKey(
        RateCard, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_sale = models.BooleanField(
        default=True, help_text="whether subscriptions may begin with it, or move to it"
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class PlanVersion(Book):
    """What a plan gives and costs from an instant on; it acts on periods that begin later.

    Once-only: unique (plan, effective_from).
    """

    unsealed_fields = ("published_by",)

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    credits = models.PositiveBigIntegerField(help_text="per period")
    price_minor = models.PositiveBigIntegerField(help_text="per period, net; 0: a free plan")
    currency = models.CharField(max_length=3)
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["plan", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "effective_from"], name="contracts_plan_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("published_at")),
                name="contracts_plan_never_touches_the_past",
            ),
            models.CheckConstraint(
                condition=Q(credits__gt=0), name="contracts_plan_gives_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.credits:,} credits"


class Subscription(Record):
    """A plan that a customer pays by card, month after month, until it is cancelled.

    Periods are terms of its holder, counted from the day on which it began (T3); credits, grace use and
    balances stand in the ledger. Once-only: unique code, one subscription per holder.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        PAST_DUE = "past_due", "past due"
        SUSPENDED = "suspended", "suspended"
        ENDED = "ended", "ended"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="subscriptions")
    code = models.CharField(max_length=100, unique=True)
    holder = models.OneToOneField(
        Holder, related_name="subscription", db_constraint=False, on_delete=models.PROTECT
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, related_name="+",
        help_text="of the plan of the running period",
    )  # fmt: skip
    next_plan = models.ForeignKey(
        Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="chosen by hand for the next period; empty: as use asks for",
    )  # fmt: skip
    anchor_on = models.DateField(help_text="local date from which months are counted")
    time_zone = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    past_due_since = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["past_due", "suspended"], past_due_since__isnull=False)
                | Q(status__in=["active", "ended"], past_due_since__isnull=True),
                name="contracts_subscription_unpaid_since",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False)
                | (~Q(status="ended") & Q(ended_at__isnull=True)),
                name="contracts_subscription_ended_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PlanCharge(Record):
    """What a subscription owes for a period, an upgrade or grace use, and what became of it.

    Credits come when it is paid (Q1). Once-only: unique source; its invoice has the same.
    """

    class Kind(models.TextChoices):
        PERIOD = "period", "period"
        UPGRADE = "upgrade", "upgrade"
        GRACE = "grace", "use beyond the balance"

    class State(models.TextChoices):
        OPEN = "open", "to be paid"
        PAID = "paid", "paid"
        LAPSED = "lapsed", "not owed any more"

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="charges")
    term = models.ForeignKey(Term, related_name="+", db_constraint=False, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=Kind)
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    credits = models.PositiveBigIntegerField()
    amount_minor = models.PositiveBigIntegerField(help_text="net")
    currency = models.CharField(max_length=3)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="open") & Q(settled_at__isnull=True))
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="contracts_plan_charge_settled_has_its_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.subscription}"


class GraceEnd(Book):
    """A grace is over: how it ended, and what became of the use. Once-only: unique crossing."""

    class How(models.TextChoices):
        TIME = "time", "its time was over"
        USED_UP = "used_up", "all that it allows was used"
        PERIOD = "period", "the period ended"

    class Outcome(models.TextChoices):
        UPGRADE = "upgrade", "moved to a larger plan"
        CHARGED = "charged", "charged at the plan's unit price"
        NOTHING = "nothing", "nothing was left to settle"

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="grace_ends"
    )
    term = models.ForeignKey(Term, related_name="+", db_constraint=False, on_delete=models.PROTECT)
    crossing_id = models.BigIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    how = models.CharField(max_length=8, choices=How)
    outcome = models.CharField(max_length=8, choices=Outcome)
    credits = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "crossing_id"], name="contracts_grace_ends_once"
            )
        ]

    def __str__(self) -> str:
        return f"grace of {self.subscription} from {self.began_at:%Y-%m-%d %H:%M}"


class Consent(Book):
    """What a customer agreed to before a card is charged by itself: the very sentence, who, when (F6)."""

    unsealed_fields = ("given_by", "words")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    subject = models.CharField(max_length=200, help_text="a subscription's code, or a purchase")
    words = models.TextField()
    given_by = models.CharField(max_length=200)
    given_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"consent of {self.customer} to {self.subject}"
