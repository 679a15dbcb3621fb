"""Does billing runs: what waits is looked at, then let out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar
from creditops.lib.admin_columns import amount
from creditops.lib.admin_tables import Listing
from invoicing import billing_runs
from invoicing.models import BillingRun
from ledger import books


class RunForm(fields.DeskForm):
    """Until when."""

    until = fields.Day(label="Due until", help_text="charges of that day included")
    reason = fields.reason("stands on the run")


class RunBilling(Deed):
    """Let out what waits to be billed."""

    name = "run-billing"
    title = "Billing run"
    verb = "issue_invoice"
    button = "Let the invoices out"
    about = (
        "Everything that is due by a day and not billed yet. You see each invoice with its figures, and "
        "what is held and why, before anything goes out."
    )
    form = RunForm
    keyed = False

    def home(self) -> str:
        """The runs so far."""
        return addresses.of_list(BillingRun)

    def initial(self) -> dict[str, Any]:
        """Until today."""
        return {"until": books.date_of(self.at, books.current(self.at))}

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """The preview: what would go out, what it comes to, what is held."""
        found = billing_runs.preview(until=self._until(values), at=self.at)
        return [_proposed(found), _totals(found), _held(found)]

    def figures(self, values: dict[str, Any]) -> Figures:
        """How many wait."""
        waiting = billing_runs.waiting(self._until(values)).count()
        return [("Contracts with something to bill", f"{waiting:,}")]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Start the run."""
        run = billing_runs.start(until=self._until(values), by=by, at=at, reason=values["reason"])
        contracts = run.items.count()
        said = f"Billing {run}: {contracts:,} contracts are billed one after the other now."
        return Done(said, addresses.of_row(run))

    def _until(self, values: dict[str, Any]) -> datetime:
        """The end of the day in the books' zone."""
        after = values["until"] + timedelta(days=1)
        return calendar.local_midnight(after, books.current(self.at).time_zone) - calendar.TICK


def _proposed(found: billing_runs.Preview) -> Listing:
    rows = [
        (one.contract.customer.name, str(one.contract), "; ".join(one.lines), one.notice,
         f"{one.due_on}", amount(one.net_minor, one.currency), amount(one.tax_minor, one.currency),
         amount(one.total_minor, one.currency))
        for one in found.proposed
    ]  # fmt: skip
    heads = ("~Customer", "~Contract", "~What", "~Look at", "Due", "#Net", "#Tax", "#Total")
    more = f", and {found.more:,} more contracts" if found.more else ""
    return Listing(f"Goes out{more}", heads, rows, empty="Nothing goes out.")


def _totals(found: billing_runs.Preview) -> Listing:
    rows = [
        (currency, *(amount(minor, currency) for minor in sums))
        for currency, sums in sorted(found.totals().items())
    ]
    return Listing("Together", ("Currency", "#Net", "#Tax", "#Total"), rows, empty="Nothing.")


def _held(found: billing_runs.Preview) -> Listing:
    rows = [(one.contract.customer.name, str(one.contract), one.reason) for one in found.held]
    return Listing(
        "Exceptions: held until somebody acts",
        ("~Customer", "~Contract", "~Why"),
        rows,
        empty="Nothing is held.",
    )
