"""The cellar as a Django app."""

from django.apps import AppConfig


class LibConfig(AppConfig):
    """`creditops.lib`, under the short label that its tables carry."""

    name = "creditops.lib"
    label = "lib"
    verbose_name = "House rules"

    def ready(self) -> None:
        """After every migration, take from the application's role what the books forbid."""
        from django.db.models.signals import post_migrate

        from creditops.lib import table_rights

        post_migrate.connect(table_rights.after_migrate, dispatch_uid="lib.table_rights")
