"""Does revenue: how many credits are expected to be used in the end is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound
from ledger import books, cohorts, recognition
from ledger.breakage import Earned
from ledger.models import Block


class EstimateForm(fields.DeskForm):
    """How many, on what evidence, and when it is booked."""

    expected = fields.Credits(
        label="Credits expected to be used in the end",
        help_text="0: nothing more will be used, all that is left is earned",
    )
    post_on = fields.Day(
        label="Booked on", required=False, help_text="empty: at the end of the month"
    )
    reason = fields.reason("the evidence; stands with the estimate, for ever")


class EstimateBreakage(Deed):
    """Ask for an estimate of a block's breakage; another person has to agree."""

    name = "estimate-breakage"
    title = "Estimate breakage"
    verb = "estimate_breakage"
    button = "Ask for the estimate"
    about = "What is never used is earned in proportion to use. A second person has to agree."
    form = EstimateForm
    live = True

    def find(self, key: str) -> Block:
        """A block."""
        return recognition.find(key)

    @property
    def heading(self) -> str:
        """Of which credits."""
        return f"{self.title}: {self.subject} of {self.subject.customer.name}"

    def home(self) -> str:
        """The open requests."""
        return addresses.of_customer(self.subject.customer)

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is earned by now as it is estimated, and as it would be."""
        now = recognition.outlook(self.subject, None, self.at)
        found = [("Earned so far as estimated now", self._said(now))]
        expected = values.get("expected")
        if expected is not None and expected <= self.subject.granted:
            then = recognition.outlook(self.subject, expected, self.at)
            found.append(("Earned so far by this estimate", self._said(then)))
        return found

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Ask for it."""
        asked = recognition.request_estimate(
            self.subject,
            expected=values["expected"],
            by=by,
            reason=values["reason"],
            at=at,
            post_on=values["post_on"],
        )
        return Done(f"Asked for: {asked.summary}", self.home())

    def _said(self, earned: Earned) -> str:
        currency = books.current(self.at).currency
        return (
            f"{amount(earned.total, currency)}, of it {amount(earned.breakage, currency)} breakage"
        )


class CohortForm(fields.DeskForm):
    """Which share, on what evidence."""

    expected_pct = fields.text(
        "Expected to be used in the end, %", help="of the credits granted, like 92.5", most=9
    )
    reason = fields.reason("the evidence; stands with every estimate, for ever")


class EstimateCohort(Deed):
    """Ask for an estimate of a whole cohort's breakage; another person has to agree."""

    name = "estimate-cohort"
    title = "Estimate breakage of a cohort"
    verb = "estimate_breakage"
    button = "Ask for the estimate"
    about = (
        "Every block of the cohort that earns in proportion to use is expected to be used to this share. "
        "A second person has to agree."
    )
    form = CohortForm

    def find(self, key: str) -> cohorts.Cohort:
        """A cohort."""
        today = books.date_of(self.at, books.current(self.at))
        found = cohorts.of(today, known_at=self.at)
        for cohort in found:
            if str(cohort.key) == key:
                return cohort
        raise NotFound("cohort", key)

    @property
    def heading(self) -> str:
        """Which cohort."""
        key = self.subject.key
        return f"{self.title}: {key.plan}, {key.months} months, granted in {key.year}"

    def home(self) -> str:
        """The report of cohorts."""
        return addresses.of("report", "breakage")

    def facts(self, values: dict[str, Any]) -> Figures:
        """What became of it so far."""
        cohort = self.subject
        return [
            ("Blocks that are estimated", f"{cohort.proportional:,} of {cohort.blocks:,}"),
            ("Granted", f"{cohort.granted:,}"),
            ("Used so far", f"{cohort.used:,}"),
            ("Expired so far", f"{cohort.expired:,}"),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Ask for it."""
        asked = cohorts.request_estimate(
            str(self.subject.key), expected_pct=values["expected_pct"], by=by,
            reason=values["reason"], at=at,
        )  # fmt: skip
        return Done(f"Asked for: {asked.summary}", self.home())
