"""The roof as a Django app: commands, templates, pages that span several floors. No models."""

from django.apps import AppConfig


class CreditopsConfig(AppConfig):
    """The roof."""

    name = "creditops"
    verbose_name = "CreditOps"

    def ready(self) -> None:
        """Say which function does which due work, and what goes around every migration."""
        from django.db.models.signals import post_migrate, pre_migrate

        from creditops import schedule
        from creditops.database import reporting

        schedule.register()
        pre_migrate.connect(reporting.before_migrate, dispatch_uid="reporting.before")
        post_migrate.connect(reporting.after_migrate, dispatch_uid="reporting.after")
