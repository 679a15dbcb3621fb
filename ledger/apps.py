"""Floor 2 as a Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The books: credits and money."""

    name = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        """Define the ledger's settings, have pools follow their changes, give books their chart."""
        from django.db.models.signals import post_migrate

        from creditops.lib import policies
        from ledger import books, chart, expiry_marks, holders, limits, signing

        limits.define()
        books.define()
        signing.define()
        expiry_marks.define()
        policies.follow(limits.NAMES, holders.forget_layouts_of)
        post_migrate.connect(chart.after_migrate, dispatch_uid="ledger.chart")
