"""Does taxes: rates, certificates of exemption, the checking of tax ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts import customers
from accounts.models import Customer
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib.refusals import Refusal
from invoicing import exemptions, tax_ids, tax_rates
from invoicing.models import TaxIdCheck, TaxRate


class TaxRateForm(fields.DeskForm):
    """Where, of what, how much, by which law."""

    country = fields.text("Country", help="ISO 3166, two letters", most=2)
    region = fields.text("State or province", required=False, most=60)
    product = fields.text(
        "Product", required=False, most=40,
        help="its tax code: credits, services or one of your own; empty: everything",
    )  # fmt: skip
    category = fields.choice(
        "Category", TaxRate.Category.choices, required=False, help="empty: taxed"
    )
    rate_pct = fields.text("Rate in %", help="like 19 or 8.875", most=12)
    taxable_share_pct = fields.text("Taxable share in %", required=False, most=12)
    note = fields.text(
        "Printed", required=False, help="why nothing is taxed, as the law wants it said"
    )
    source = fields.text("Source", required=False, help="the law, or the authority's page")

    groups = {
        "Where and what": ("country", "region", "product"),
        "How much": ("category", "rate_pct", "taxable_share_pct"),
        "By which law": ("note", "source"),
    }


class AddTaxRate(Deed):
    """Add a rate to the tax table, from now on."""

    name = "add-tax-rate"
    title = "Add a tax rate"
    verb = "change_policy"
    button = "Add the rate"
    about = "It acts from now on; issued documents keep what they print."
    form = TaxRateForm
    keyed = False

    def home(self) -> str:
        """The tax table."""
        return addresses.of_list(TaxRate)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Add it."""
        share = values.pop("taxable_share_pct", "") or "100"
        category = values.pop("category", "") or TaxRate.Category.STANDARD
        made = tax_rates.define(**values, category=category, taxable_share_pct=share, at=at)
        return Done(f"The tax table has {made}.", self.home())


class ExemptionForm(fields.DeskForm):
    """Which certificate, where and how long it counts."""

    certificate = fields.text("Certificate", help="its number, as printed on documents", most=100)
    reason = fields.text("Exempt as", help="printed: a reseller, a school, the law's paragraph")
    country = fields.text("Country", help="ISO 3166, two letters", most=2)
    region = fields.text("State or province", required=False, most=60)
    valid_from = fields.Day(label="First day")
    valid_until = fields.Day(label="Last day", help_text="after it tax is charged again")


class RecordExemption(Deed):
    """Record a certificate by which a customer owes no tax."""

    name = "record-exemption"
    title = "Record an exemption certificate"
    verb = "change_policy"
    button = "Record the certificate"
    about = "Documents issued while it counts carry no tax, and name it."
    form = ExemptionForm

    def find(self, key: str) -> Customer:
        """The customer."""
        return customers.find(key)

    @property
    def heading(self) -> str:
        """Whose."""
        return f"Record an exemption certificate of {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def initial(self) -> dict[str, Any]:
        """Where the customer is."""
        return {"country": self.subject.country, "region": self.subject.region}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Record it."""
        made = exemptions.record(self.subject, **values, by=by, at=at)
        return Done(f"Certificate {made} counts until {made.valid_until}.", self.home())


class CheckTaxId(Deed):
    """Check a customer's tax id and keep the evidence."""

    name = "check-tax-id"
    title = "Check the tax id"
    verb = "manage_customers"
    button = "Check it"
    about = (
        "Its form and check digits, and the authority's answer where one is asked. What comes out is kept: "
        "a reverse charge stands on it."
    )
    form = fields.ReasonForm

    def find(self, key: str) -> Customer:
        """A customer with a tax id."""
        found = customers.find(key)
        if not found.tax_id:
            raise Refusal("tax_id_missing", f"{found.name} has no tax id that could be checked.")
        return found

    @property
    def heading(self) -> str:
        """Whose."""
        return f"Check the tax id of {self.subject.name}"

    def home(self) -> str:
        """The customer's page."""
        return addresses.of_customer(self.subject)

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is known."""
        last = TaxIdCheck.objects.filter(customer=self.subject, tax_id=self.subject.tax_id).first()
        known = "never checked" if last is None else _said(last)
        return [
            ("Tax id", self.subject.tax_id),
            ("Country", self.subject.country),
            ("So far", known),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Check it."""
        made = tax_ids.check(self.subject, at=at)
        return Done(f"{made.tax_id}: {_said(made)}.", self.home())


def _said(check: TaxIdCheck) -> str:
    outcome = "holds" if check.valid else "does not hold"
    return f"{outcome}, by {check.get_way_display()} on {check.checked_at:%Y-%m-%d}"
