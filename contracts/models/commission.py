"""Commission: plans by version, who a contract belongs to, and what came of it."""

from django.db import models
from django.db.models import F, Q

from contracts.models.agreement import Contract
from creditops.lib.tables import Book, Record
from ledger.models import Term


class CommissionPlan(Record):
    """A way to pay commission, known by its code."""

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class CommissionPlanVersion(Book):
    """What a plan says (C1). Once-only: unique (plan, version). It never changes; closes name theirs.

    Percentages are exact decimals. Outside of 50 to 80 % at close the reason for it stands beside it.
    `clawback_limit_pct` is the most that is taken back, of what was paid at close; cap and floor bound a
    year's commission in percent of what using the whole commitment would earn.
    """

    unsealed_fields = ("published_by", "override_reason")

    class Years(models.TextChoices):
        TWELVE_MONTHS = "twelve_months", "every twelve months of a term, and at its end"
        TERM = "term", "at the end of the term"

    class Cost(models.TextChoices):
        EXPENSE = "EXPENSE", "expensed at once"
        STRAIGHT_LINE = "STRAIGHT_LINE", "capitalised, straight line over months"
        CONSUMPTION = "CONSUMPTION", "capitalised, in proportion to consumption"

    plan = models.ForeignKey(CommissionPlan, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    rate_pct = models.DecimalField(max_digits=18, decimal_places=12)
    upfront_pct = models.DecimalField(max_digits=18, decimal_places=12)
    years = models.CharField(max_length=14, choices=Years, default=Years.TWELVE_MONTHS)
    cost = models.CharField(max_length=14, choices=Cost, default=Cost.EXPENSE)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    clawback_limit_pct = models.DecimalField(
        max_digits=18, decimal_places=12, null=True, blank=True
    )
    cap_pct = models.DecimalField(max_digits=18, decimal_places=12, null=True, blank=True)
    floor_pct = models.DecimalField(max_digits=18, decimal_places=12, null=True, blank=True)
    override_reason = models.CharField(max_length=1000, blank=True)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["plan", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "version"], name="contracts_commission_version_once"
            ),
            # An upper bound also keeps NaN out, which passes every lower one.
            models.CheckConstraint(
                condition=Q(rate_pct__gt=0, rate_pct__lte=100),
                name="contracts_commission_rate_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(upfront_pct__gte=0, upfront_pct__lte=100),
                name="contracts_commission_upfront_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(upfront_pct__gte=50, upfront_pct__lte=80) | ~Q(override_reason=""),
                name="contracts_commission_upfront_usual_or_said_why",
            ),
            models.CheckConstraint(
                condition=Q(cost="STRAIGHT_LINE", months__gt=0)
                | (~Q(cost="STRAIGHT_LINE") & Q(months__isnull=True)),
                name="contracts_commission_straight_line_has_months",
            ),
            models.CheckConstraint(
                condition=Q(clawback_limit_pct__isnull=True)
                | Q(clawback_limit_pct__gte=0, clawback_limit_pct__lte=100),
                name="contracts_commission_clawback_limit_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(cap_pct__isnull=True) | Q(cap_pct__gte=0, cap_pct__lte=100_000),
                name="contracts_commission_cap_is_finite",
            ),
            models.CheckConstraint(
                condition=Q(floor_pct__isnull=True) | Q(floor_pct__gte=0, floor_pct__lte=100),
                name="contracts_commission_floor_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(cap_pct__isnull=True)
                | Q(floor_pct__isnull=True)
                | Q(floor_pct__lte=F("cap_pct")),
                name="contracts_commission_floor_below_cap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan}, version {self.version}"


class CommissionSplit(Book):
    """How a plan's version shares commission where a contract says nothing else; adds up to 100."""

    unsealed_fields = ("rep",)

    version = models.ForeignKey(
        CommissionPlanVersion, on_delete=models.PROTECT, related_name="split"
    )
    position = models.PositiveSmallIntegerField()
    rep = models.CharField(max_length=200)
    pct = models.DecimalField(max_digits=18, decimal_places=12)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "rep"], name="contracts_commission_split_once_per_rep"
            ),
            models.CheckConstraint(
                condition=Q(pct__gt=0, pct__lte=100), name="contracts_commission_split_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rep}: {self.pct.normalize():f} %"


class ContractPlan(Book):
    """By which version of a plan a contract's closes are paid, from an instant on; the newest counts."""

    unsealed_fields = ("agreed_by",)

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="commission_plans"
    )
    no = models.PositiveIntegerField()
    version = models.ForeignKey(CommissionPlanVersion, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["contract", "no"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "no"], name="contracts_contractplan_numbered"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract}: {self.version}"


class Assignment(Book):
    """Whose contract it is from an instant on, in shares (C7); of several that act the newest counts."""

    unsealed_fields = ("assigned_by", "reason")

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="assignments")
    no = models.PositiveIntegerField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    assigned_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["contract", "no"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "no"], name="contracts_assignment_numbered")
        ]

    def __str__(self) -> str:
        return f"{self.contract} from {self.effective_at:%Y-%m-%d}"


class AssignmentShare(Book):
    """A rep's share of a contract; the shares of an assignment add up to 100."""

    unsealed_fields = ("rep",)

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="shares")
    position = models.PositiveSmallIntegerField()
    rep = models.CharField(max_length=200)
    pct = models.DecimalField(max_digits=18, decimal_places=12)

    class Meta:
        ordering = ["assignment", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "rep"], name="contracts_assignment_once_per_rep"
            ),
            models.CheckConstraint(
                condition=Q(pct__gt=0, pct__lte=100), name="contracts_assignment_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rep}: {self.pct.normalize():f} %"


class CommissionEvent(Book):
    """What a contract year's commission came to: at its close, at its end, and whenever that changed.

    `total_minor` is all that is due for the year with this event, `before_minor` what was before it; the
    difference is paid, or clawed back. Once-only: unique (contract, year, no), one close per term. `base` is
    what the rate was applied to: a share of the price, or the value consumed as known at `known_at`.
    """

    class Kind(models.TextChoices):
        CLOSE = "close", "at close"
        TRUE_UP = "true_up", "at the end of the contract year"
        RESTATEMENT = "restatement", "restated"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="commissions")
    term = models.ForeignKey(Term, db_constraint=False, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(CommissionPlanVersion, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveIntegerField(help_text="contract year, from 1")
    no = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    starts_at = models.DateTimeField(help_text="of the year")
    ends_at = models.DateTimeField(help_text="of the year, exclusive")
    price_minor = models.PositiveBigIntegerField(help_text="what the term commits to, net")
    base_minor = models.PositiveBigIntegerField()
    total_minor = models.PositiveBigIntegerField()
    before_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    known_at = models.DateTimeField()
    posting_date = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["contract", "year", "no"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "year", "no"], name="contracts_commission_numbered"
            ),
            models.UniqueConstraint(
                fields=["term"], condition=Q(kind="close"), name="contracts_commission_closed_once"
            ),
            models.UniqueConstraint(
                fields=["contract", "year"],
                condition=Q(kind="true_up"),
                name="contracts_commission_settled_once",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="contracts_commission_year_has_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, year {self.year}: {self.get_kind_display()}"

    @property
    def amount_minor(self) -> int:
        """What the event pays; below zero: takes back."""
        return self.total_minor - self.before_minor


class CommissionPart(Book):
    """A rep's part of a commission event; the parts add up to it. `functional_minor` is what it moves in
    the books' currency, whichever way."""

    unsealed_fields = ("rep",)

    event = models.ForeignKey(CommissionEvent, on_delete=models.PROTECT, related_name="parts")
    position = models.PositiveSmallIntegerField()
    rep = models.CharField(max_length=200)
    total_minor = models.PositiveBigIntegerField()
    before_minor = models.PositiveBigIntegerField()
    functional_minor = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["event", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "rep"], name="contracts_commission_part_once_per_rep"
            )
        ]
        indexes = [models.Index(fields=["rep", "event"], name="contracts_commission_by_rep")]

    def __str__(self) -> str:
        return f"{self.rep} of {self.event_id}"

    @property
    def amount_minor(self) -> int:
        """What the rep gets; below zero: owes back."""
        return self.total_minor - self.before_minor


class ContractCost(Book):
    """A capitalised commission: the cost of obtaining one term of a contract (C8). Once per close."""

    close = models.OneToOneField(CommissionEvent, on_delete=models.PROTECT, related_name="asset")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="costs")
    policy = models.CharField(max_length=14, choices=CommissionPlanVersion.Cost)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    starts_on = models.DateField(help_text="of the term, in the contract's zone")
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ["contract", "id"]

    def __str__(self) -> str:
        return f"cost of obtaining {self.contract}"


class ContractCostStep(Book):
    """How a capitalised commission stands after a change: its cost, and what of it is expensed so far.

    In the contract's currency and in the books'. Once-only: unique (asset, no). Never more is expensed
    than it cost.
    """

    class Kind(models.TextChoices):
        CAPITALISED = "capitalised", "capitalised"
        AMORTISED = "amortised", "amortised"
        IMPAIRED = "impaired", "impaired"

    asset = models.ForeignKey(ContractCost, on_delete=models.PROTECT, related_name="steps")
    no = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    through = models.DateField(help_text="the day that is expensed up to")
    posting_date = models.DateField()
    cost_minor = models.PositiveBigIntegerField()
    amortised_minor = models.PositiveBigIntegerField()
    cost_functional_minor = models.PositiveBigIntegerField()
    amortised_functional_minor = models.PositiveBigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["asset", "no"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "no"], name="contracts_coststep_numbered"),
            models.CheckConstraint(
                condition=Q(amortised_minor__lte=F("cost_minor"))
                & Q(amortised_functional_minor__lte=F("cost_functional_minor")),
                name="contracts_coststep_not_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} through {self.through}"
