"""Answers whose and what the rows of a report are: names of customers and contracts by their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Customer
from creditops.desk import addresses
from ledger import posting
from ledger.models import Holder

NOBODY = "Nobody's"


class Names:
    """Customers and holders, fetched at once."""

    def __init__(
        self, customers: Iterable[int | None] = (), holders: Iterable[int | None] = ()
    ) -> None:
        wanted = {each for each in holders if each is not None}
        self._holders = {h.id: h for h in Holder.objects.filter(id__in=wanted)} if wanted else {}
        ids = {each for each in customers if each is not None}
        ids |= {holder.customer_id for holder in self._holders.values()}
        self._customers = {c.id: c for c in Customer.objects.filter(id__in=ids)} if ids else {}

    def customer(self, number: int | None) -> str:
        """Its name."""
        found = self._customers.get(number or 0)
        return NOBODY if found is None else found.name

    def code(self, number: int | None) -> str:
        """Its code."""
        found = self._customers.get(number or 0)
        return "" if found is None else found.code

    def address(self, number: int | None) -> str:
        """The page of a customer."""
        found = self._customers.get(number or 0)
        return "" if found is None else addresses.of_customer(found)

    def holder(self, number: int | None) -> str:
        """The code of a contract, or of what else holds credits."""
        found = self._holders.get(number or 0)
        return "" if found is None else found.code

    def customer_of(self, holder: int | None) -> int | None:
        """Whose a holder is."""
        found = self._holders.get(holder or 0)
        return None if found is None else found.customer_id


def post(remembered: bool, at: datetime) -> None:
    """Post what waits, so that the journal is as far as the usage; not where the past is asked for."""
    if not remembered:
        posting.run(at)
