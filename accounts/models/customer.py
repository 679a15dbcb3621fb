"""The organisations that buy."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from creditops.lib.tables import Record

CODE = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}\Z",
    "Use letters, digits and . _ @ -, at most 100, beginning with a letter or digit.",
)


class Customer(Record):
    """An organisation that buys credits, known outside by its `code`.

    A family is a paying root with children: a child's usage is paid from the root's pools and
    recorded with the child as its member. Families have two levels.
    """

    class Kind(models.TextChoices):
        BUSINESS = "business", "business"
        CONSUMER = "consumer", "consumer"

    class Segment(models.TextChoices):
        ENTERPRISE = "enterprise", "enterprise"
        SELF_SERVE = "self_serve", "self-serve"

    code = models.CharField(max_length=100, unique=True, validators=[CODE])
    name = models.CharField(max_length=200)
    legal_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BUSINESS)
    segment = models.CharField(max_length=12, choices=Segment, default=Segment.ENTERPRISE)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166, two letters")
    region = models.CharField(max_length=60, blank=True, help_text="state or province")
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    language = models.CharField(
        max_length=5, default="en", help_text="of its documents: en, de, fr or es"
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217, three letters")
    time_zone = models.CharField(max_length=60, help_text="IANA, like Europe/Berlin")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="accounts_customer_is_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="accounts_customer_currency_iso"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def root_id(self) -> int:
        """The paying root of the family: the customer whose pools this one draws from."""
        return self.parent_id or self.id
