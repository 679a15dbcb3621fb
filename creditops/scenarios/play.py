"""Does the playing of one scenario in the book at hand: steps in order of time, due work between."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from contracts import consumer_credits
from creditops import schedule
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from creditops.scenarios import checks, comparing, values, verbs
from creditops.scenarios.world import APPROVER, PROPOSER, World
from invoicing import seller, tax, tax_ids
from ledger import books, chart, signing, units
from ledger.periods import Months


@dataclass
class Result:
    """One expectation: where and when, what was expected and what is."""

    index: int | None
    at: str
    check: str
    expected: dict[str, Any]
    actual: dict[str, Any]
    differences: list[tuple[str, Any, Any]]

    @property
    def passed(self) -> bool:
        """Whether every compared field is as expected."""
        return not self.differences


@dataclass
class Refused:
    """A step that was refused or failed though it should not, or the other way round."""

    index: int
    at: str
    do: str
    error: str


@dataclass
class Report:
    """What came of a scenario."""

    id: str
    results: list[Result] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every step and every expectation went as the file says."""
        return not self.refused and all(result.passed for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """The report in the language's JSON form."""
        return {
            "id": self.id,
            "passed": self.passed,
            "steps": [vars(step) for step in self.refused],
            "results": [
                {
                    "index": result.index,
                    "at": result.at,
                    "check": result.check,
                    "passed": result.passed,
                    "expected": result.expected,
                    "actual": result.actual,
                }
                for result in self.results
            ],
        }


# A file's tax table and tax ids are all there is: what it does not name is not taxed, and made-up ids do.
# What it sells to consumers a lawyer has looked at.
_AS_GIVEN = {"tax_unknown": tax.NONE, tax_ids.SETTING: tax_ids.ANY, consumer_credits.SETTING: 0}


def play(scenario: dict[str, Any]) -> Report:
    """Play a validated scenario in the (empty) book that the connection leads to."""
    player = _Player(scenario)
    for index, step in enumerate(scenario["steps"]):
        player.step(index, step)
    player.finish()
    return player.report


def _signature(at: datetime) -> dict[str, Any]:
    """A scratch book is born signed (S71), by both persons of the runner."""
    return {
        "names": [PROPOSER, APPROVER],
        "date": at.date().isoformat(),
        "document": "scratch book",
    }


class _Player:
    def __init__(self, scenario: dict[str, Any]) -> None:
        self.scenario = scenario
        self.report = Report(scenario["id"])
        self.world = World()
        self.auto = scenario.get("jobs", "auto") == "auto"
        self.now: datetime | None = None

    def step(self, index: int, step: dict[str, Any]) -> None:
        """Run what is due, then do the step or evaluate its expectations."""
        at = values.instant(step["at"])
        if self.now is None:
            self._open_books(index, step, at)
        elif at < self.now:
            self._refuse(index, step, "steps are not in the order of time")
            return
        self.now = at
        if self.auto:
            self._run_due(index, step, at)
        if "expect" in step:
            self._expect(index, step["expect"], at)
        else:
            self._perform(index, step, at)

    def finish(self) -> None:
        """Move the clock to the end, and evaluate the final expectations."""
        end = values.instant(self.scenario["until"]) if "until" in self.scenario else self.now
        if end is None:
            return
        if self.auto:
            self._run_due(len(self.scenario["steps"]), {"at": values.written(end)}, end)
        self._expect(None, self.scenario.get("expect", []), end)

    def _open_books(self, index: int, step: dict[str, Any], at: datetime) -> None:
        """A scratch book is born signed and with its chart, units and settings."""
        said = self.scenario.get("books", {})
        books.open_books(
            currency=said.get("currency", settings.BOOKS_CURRENCY),
            time_zone=said.get("zone", settings.BOOKS_TIME_ZONE),
            at=at,
        )
        chart.ensure()
        units.ensure(units.CREDITS, "Credits")
        seller.define(
            name="Scratch book", country=said.get("country", ""), vat_id=said.get("vat_id", "")
        )
        try:
            policies.change(
                policies.BOOKS,
                {**_AS_GIVEN, signing.SETTING: _signature(at), **said.get("policies", {})},
                effective_at=at,
                recorded_at=at,
                by=PROPOSER,
                approved_by=APPROVER,
            )
        except Refusal as refusal:
            self._refuse(index, step, f"books: {values.code(refusal.code)}: {refusal.detail}")

    def _run_due(self, index: int, step: dict[str, Any], at: datetime) -> None:
        done = schedule.run_due(at)
        for row, error in done.failed:
            self._refuse(index, step, f"due work failed: {row}: {error}")

    def _perform(self, index: int, step: dict[str, Any], at: datetime) -> None:
        if step["do"] == "run_jobs":
            self._run_due(index, step, at)
        elif step["do"] == "parallel":
            self._in_parallel(index, step, at)
        else:
            self._perform_one(index, step, at)

    def _perform_one(self, index: int, step: dict[str, Any], at: datetime) -> None:
        wanted = step.get("fails_with")
        self.world.begin_step()
        try:
            with transaction.atomic():
                verbs.perform(self.world, step, at)
                if step.get("roll_back"):
                    transaction.set_rollback(True)
        except Refusal as refusal:
            self.world.undo_step()
            if values.code(refusal.code) != wanted:
                self._refuse(index, step, f"{values.code(refusal.code)}: {refusal.detail}")
            return
        except DatabaseError as error:
            self.world.undo_step()
            self._refuse(index, step, f"the database refused: {error}")
            return
        if step.get("roll_back"):
            self.world.undo_step()
        if wanted is not None:
            self._refuse(index, step, f"should have been refused with {wanted}")

    def _in_parallel(self, index: int, step: dict[str, Any], at: datetime) -> None:
        """Start the inner steps at one moment, each on a connection of its own.

        The month is there before: a step that makes it and one that makes a holder would else wait
        for each other.
        """
        today = books.date_of(at, books.current(at))
        with transaction.atomic():
            Months([today], received_on=today)
        start = threading.Barrier(len(step["steps"]))

        def run(inner: dict[str, Any]) -> None:
            start.wait()
            try:
                self._perform_one(index, inner, at)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(inner,)) for inner in step["steps"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _expect(self, index: int | None, wanted: list[dict[str, Any]], at: datetime) -> None:
        for expectation in wanted:
            self.report.results.append(self._evaluate(index, expectation, at))

    def _evaluate(self, index: int | None, wanted: dict[str, Any], at: datetime) -> Result:
        when = values.written(at) or ""
        check = checks.CHECKS.get(wanted["check"])
        try:
            if check is None:
                raise Refusal(
                    "unsupported", f"This version does not check {wanted['check']!r} yet."
                )
            actual = check(self.world, wanted, at)
        except Refusal as refusal:
            failed = [("", wanted["check"], f"{values.code(refusal.code)}: {refusal.detail}")]
            return Result(index, when, wanted["check"], wanted, {}, failed)
        different = comparing.differences(wanted, actual)
        return Result(index, when, wanted["check"], wanted, actual, different)

    def _refuse(self, index: int, step: dict[str, Any], error: str) -> None:
        at = step.get("at", values.written(self.now) or "")
        self.report.refused.append(Refused(index, at, step.get("do", "expect"), error))
