"""The admin as a Django app: its site is ours."""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class DeskAdminConfig(AdminConfig):
    """`django.contrib.admin` with the site of `creditops/admin_site.py`."""

    default_site = "creditops.admin_site.StaffSite"

    def ready(self) -> None:
        """After every app has registered its models, register what belongs to none of them."""
        super().ready()
        import_module("creditops.desk.household")
        import_module("creditops.desk.offered")
