"""Floor 1 as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Customers, people, keys."""

    name = "accounts"
    verbose_name = "Customers and people"

    def ready(self) -> None:
        """After every migration the staff roles hold exactly the permissions of `roles.py`; what one
        person may do alone is among the settings."""
        from django.db.models.signals import post_migrate

        from accounts import roles, second_person

        second_person.define()
        post_migrate.connect(roles.after_migrate, dispatch_uid="accounts.roles")
