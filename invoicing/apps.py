"""Floor 4 as a Django app."""

from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    """What is billed and paid."""

    name = "invoicing"
    verbose_name = "Invoicing"
