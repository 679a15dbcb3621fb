"""What an action costs: the compiled, immutable form of a rate card's version."""

from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Book
from ledger.models.unit import CreditUnit, Meter


class Tariff(Book):
    """A published version of a rate card, as the ledger uses it.

    Once-only: unique (name, version). A new price is a new tariff; nothing here ever changes, so
    workers keep tariffs in memory.
    """

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=60)
    effective_from = models.DateTimeField()
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"], name="ledger_tariff_one_row_per_version"
            ),
            models.UniqueConstraint(
                fields=["name", "effective_from"], name="ledger_tariff_one_version_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("published_at")),
                name="ledger_tariff_never_touches_the_past",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Rate(Book):
    """The credits that a meter's events, or one property of them, cost in one unit.

    `credits` per `per` of the quantity; with `per` > 1 (packs) whole credits are drawn from an exact
    running sum (R4). `match` narrows a rate to events whose properties have these values.
    """

    class Kind(models.TextChoices):
        FIXED = "fixed", "per unit of quantity"
        PACK = "pack", "per pack of quantity"
        PASS_THROUGH = "pass_through", "provider cost, at zero markup"
        LICENCE = "licence", "per user and period"
        FLAT = "flat", "per entitlement"

    class Role(models.TextChoices):
        PRINCIPAL = "principal", "principal: revenue gross"
        AGENT = "agent", "agent: no revenue"

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="rates")
    item = models.CharField(max_length=100, help_text="the action, as customers read it")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FIXED)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="rates")
    property = models.CharField(
        max_length=100, blank=True, help_text="the priced property; empty: the meter's quantity"
    )
    match = models.JSONField(default=dict, blank=True)
    unit = models.ForeignKey(CreditUnit, on_delete=models.PROTECT, related_name="+")
    credits = models.PositiveBigIntegerField()
    per = models.PositiveBigIntegerField(default=1)
    role = models.CharField(max_length=10, choices=Role, default=Role.PRINCIPAL)
    period_months = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["tariff", "item", "unit"]
        constraints = [
            models.UniqueConstraint(
                fields=["tariff", "item", "unit"], name="ledger_rate_one_per_item_and_unit"
            ),
            models.UniqueConstraint(
                fields=["tariff", "meter", "property", "match", "unit"],
                name="ledger_rate_one_per_price_point",
            ),
            models.CheckConstraint(
                condition=Q(credits__gt=0, per__gt=0), name="ledger_rate_is_positive"
            ),
            models.CheckConstraint(
                condition=~Q(kind="fixed") | Q(per=1), name="ledger_rate_fixed_is_whole"
            ),
        ]

    def __str__(self) -> str:
        per = "" if self.per == 1 else f" per {self.per:,}"
        return f"{self.item}: {self.credits:,} {self.unit.code}{per}"
