"""Floor 4 as a Django app."""

from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    """What is billed and paid."""

    name = "invoicing"
    verbose_name = "Invoicing"

    def ready(self) -> None:
        """Define the settings of billing, of tax, of debts and of what is expected to be lost."""
        from django.conf import settings

        from invoicing import (
            billing,
            datev_form,
            expected_losses,
            interest_bills,
            seller,
            tax,
            tax_ids,
            unpaid_credits,
            vies,
        )

        if settings.VAT_ID_CHECK == "vies":
            tax_ids.ask(vies.authority(requester=lambda: seller.profile().vat_id))
        billing.define_settings()
        tax.define_settings()
        tax_ids.define_settings()
        unpaid_credits.define()
        interest_bills.define()
        expected_losses.define()
        datev_form.define()
