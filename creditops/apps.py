"""The roof as a Django app: commands, templates, pages that span several floors. No models."""

from django.apps import AppConfig


class CreditopsConfig(AppConfig):
    """The roof."""

    name = "creditops"
    verbose_name = "CreditOps"

    def ready(self) -> None:
        """Say which function does which due work."""
        from creditops import schedule

        schedule.register()
