"""Cards: the one on file, charges of it, and what gateways tell about them."""

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from creditops.lib.tables import Book, Record
from invoicing.models.invoice import Invoice


class SavedCard(Record):
    """The card that a customer left on file with a gateway; we keep its token there, never its number."""

    secret_fields = ("token",)

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="card")
    gateway = models.CharField(max_length=20, default="house")
    payer = models.CharField(
        max_length=200, blank=True, help_text="what the gateway calls the customer"
    )
    token = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=60, help_text="as people know it: Visa ending in 4242")
    consented_by = models.CharField(
        max_length=200, blank=True, help_text="who agreed to later charges (F6)"
    )
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.label


class CardCharge(Record):
    """A charge of a saved card: first a row, then asked of the gateway (docs/payments.md).

    Once-only: one attempt at a time per act, and one that succeeds. `source` is the act: an invoice that
    is paid, a purchase that waits for its money. A charge that succeeded stays so, whatever is told later.
    """

    secret_fields = ("token",)

    class State(models.TextChoices):
        WAITING = "waiting", "waits to be sent"
        READY = "ready", "known to the gateway, not charged"
        ASKED = "asked", "asked, not answered yet"
        CONFIRM = "confirm", "waits for the customer to confirm"
        SUCCEEDED = "succeeded", "charged"
        DECLINED = "declined", "declined"
        GIVEN_UP = "given_up", "given up before it was charged"

    OPEN = (State.WAITING, State.READY, State.ASKED, State.CONFIRM)

    reference = models.CharField(max_length=200, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="card_charges")
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="card_charges"
    )
    source = models.CharField(max_length=180)
    attempt = models.PositiveSmallIntegerField()
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    what = models.CharField(max_length=300, help_text="for whoever reads the list")
    gateway = models.CharField(max_length=20)
    payer = models.CharField(max_length=200, blank=True)
    token = models.CharField(max_length=200)
    gateway_id = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    code = models.CharField(max_length=60, blank=True, help_text="why it was declined")
    said = models.CharField(max_length=300, blank=True)
    then = models.CharField(
        max_length=40, blank=True, help_text="due work that goes on with the outcome"
    )
    content = models.JSONField(default=dict, blank=True, help_text="what that work needs")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    decided_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="how often the gateway was asked")

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "attempt"], name="invoicing_charge_attempts_are_numbered"
            ),
            models.UniqueConstraint(
                fields=["source"], condition=Q(state__in=["waiting", "ready", "asked", "confirm"]),
                name="invoicing_charge_one_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["source"], condition=Q(state="succeeded"),
                name="invoicing_charge_succeeds_once",
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"], condition=~Q(gateway_id=""),
                name="invoicing_charge_known_by_its_gateway",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="invoicing_charge_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "ready", "asked", "confirm"])
                | Q(decided_at__isnull=False),
                name="invoicing_charge_decided_has_its_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.reference


class GatewayEvent(Book):
    """News from a gateway, as it was signed; written with what it did, in one transaction.

    Once-only: unique (gateway, event). `outcome` says what came of it; some outcomes call for somebody.
    """

    unsealed_fields = ("said",)

    gateway = models.CharField(max_length=20)
    event = models.CharField(max_length=200)
    kind = models.CharField(max_length=100)
    about = models.CharField(max_length=200, blank=True, help_text="the gateway's object")
    outcome = models.CharField(max_length=20)
    said = models.CharField(max_length=500, blank=True)
    calls = models.BooleanField(default=False, help_text="somebody has to look at it")
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "event"], name="invoicing_gateway_event_heard_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"
