"""Does the connecting for Django: its PostgreSQL backend, which sees to the embedded server first.

Django finds this file by its name; settings name the package as ENGINE.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base

from creditops.database import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of PostgreSQL's backend. The embedded server is started by the first that is
    opened, never by a command that opens none (`check`, `--help`, `collectstatic`)."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection.

        Args:
            conn_params: what libpq is told.

        Returns psycopg's connection. Raises its OperationalError, which Django turns into its own,
        with one line that names the server and what to look at.
        """
        data = self.settings_dict.get("EMBEDDED")
        try:
            if data is None:
                return super().get_new_connection(conn_params)
            return self._embedded(Path(data), conn_params)
        except (embedded.Unavailable, psycopg.OperationalError) as error:
            self._refuse(error)

    def _embedded(self, data: Path, conn_params: dict[str, Any]) -> Any:
        # The environment's DEBUG, not the setting: Django's test runner switches that one off.
        embedded.attach(data, debug=settings.ENVIRONMENT.debug)
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            # Killed under us, or stopped in an emergency.
            embedded.revive(data)
            return super().get_new_connection(conn_params)

    def _refuse(self, error: Exception) -> NoReturn:
        lines = [line.strip() for line in str(error).splitlines()]
        said = " ".join(line for line in lines if not line.startswith("Is the server running"))
        if self.settings_dict.get("EMBEDDED") is not None:
            raise psycopg.OperationalError(said) from error
        variable = "DATABASE_URL" if self.alias == "default" else "DATABASE_OWNER_URL"
        where = "{HOST}:{PORT}".format(**self.settings_dict)
        raise psycopg.OperationalError(
            f"No connection to database {self.settings_dict['NAME']} at {where} as "
            f"{self.settings_dict['USER']}: {said}. Check {variable}."
        ) from error
