"""Floor 3 as a Django app."""

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    """What is sold: prices, rate cards, contracts, renewals."""

    name = "contracts"
    verbose_name = "Contracts"

    def ready(self) -> None:
        """Define the terms of sale among the settings."""
        from contracts import (
            consumer_credits,
            fit_signals,
            quote_guards,
            rate_drafts,
            terms_of_sale,
        )

        terms_of_sale.define()
        consumer_credits.define()
        quote_guards.define()
        rate_drafts.define()
        fit_signals.define()
