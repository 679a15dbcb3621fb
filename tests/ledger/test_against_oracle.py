"""The ledger and a plain model of it live through the same random histories and must agree.

The seed and the number of histories are printed; set them to repeat a run or to search longer:
CREDITOPS_ORACLE_SEED, CREDITOPS_ORACLE_HISTORIES. `make oracle` plays 20,000 acts (docs/verify.md).
"""

from __future__ import annotations

import os
import random
import time
import traceback

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.ledger.histories import History, Plenty, Scoped
from tests.ledger.planted_faults import FAULTS, SHOWS_IN

pytestmark = pytest.mark.django_db

# The same in every run, so that a change is judged and not luck; other seeds search for more.
SEED, ANOTHER_SEED = 1, 2
STEPS = 40
FEW_HISTORIES = 6
MANY_HISTORIES = 60
# A planted fault shows in at most so many.
ENOUGH_HISTORIES = 75

RANDOM = st.randoms(use_true_random=False)


class Histories(RuleBasedStateMachine):
    """Plays a history on both books, inside a transaction that is rolled back."""

    kind = History
    history: History | None = None
    agreed = False

    @initialize(random=RANDOM)
    def open_books(self, random: random.Random) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.history = self.kind(random)

    @rule(random=RANDOM)
    def act(self, random: random.Random) -> None:
        assert self.history is not None
        self.agreed = False
        self.history.act(random)

    @invariant()
    def both_books_agree(self) -> None:
        if self.history is not None:
            self.history.books.compare()
            self.agreed = True

    def teardown(self) -> None:
        if not hasattr(self, "transaction"):
            return
        try:
            if self.agreed and self.history is not None:
                self.history.books.compare_everything()
        finally:
            if self.history is not None:
                note("\n".join(self.history.books.told))
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)


def play(*, histories: int, steps: int, standard_seed: int, kind: type[History] = History) -> None:
    """Play that many histories of at most so many steps."""
    number = int(os.environ.get("CREDITOPS_ORACLE_SEED", standard_seed))
    histories = int(os.environ.get("CREDITOPS_ORACLE_HISTORIES", histories))
    print(f"\n{histories} histories of {steps} acts, seed {number}")
    run_state_machine_as_test(
        seed(number)(type("Histories", (Histories,), {"kind": kind})),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_ledger_agrees_with_the_oracle_on_random_histories():
    play(histories=FEW_HISTORIES, steps=STEPS, standard_seed=SEED)


def test_the_ledger_agrees_with_the_oracle_on_much_plain_usage():
    play(histories=FEW_HISTORIES, steps=STEPS, standard_seed=SEED, kind=Plenty)


def test_the_ledger_agrees_with_the_oracle_on_credits_for_some_meters_only():
    play(histories=FEW_HISTORIES, steps=STEPS, standard_seed=SEED, kind=Scoped)


@pytest.mark.slow
def test_the_ledger_agrees_with_the_oracle_on_many_random_histories():
    play(histories=MANY_HISTORIES, steps=STEPS, standard_seed=ANOTHER_SEED)


@pytest.mark.slow
@pytest.mark.skipif("CREDITOPS_ORACLE_STEPS" not in os.environ, reason="asked for by make oracle")
def test_the_ledger_agrees_with_the_oracle_for_as_long_as_asked(capsys):
    """History after history, each of a number of its own, until so many acts are done."""
    wanted = int(os.environ["CREDITOPS_ORACLE_STEPS"])
    first = int(os.environ.get("CREDITOPS_ORACLE_SEED", random.randrange(10**9)))
    begun, histories = time.monotonic(), -(-wanted // STEPS)
    for number in range(first, first + histories):
        with capsys.disabled():
            done = number - first
            print(
                f"\r{done * STEPS:,} of {wanted:,} acts agree, {time.monotonic() - begun:,.0f} s; "
                f"history {number} is next",
                end="" if done % 25 else "\n",
                flush=True,
            )
        difference = find_difference(number)
        assert difference is None, (
            f"CREDITOPS_ORACLE_STEPS={STEPS} CREDITOPS_ORACLE_SEED={number} shows it:\n{difference}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_noticed(fault, monkeypatch):
    fault(monkeypatch.setattr)
    first = SHOWS_IN.get(fault, 0)

    histories = sorted(range(ENOUGH_HISTORIES), key=lambda number: number != first)
    assert any(books_differ(number) for number in histories)


def books_differ(number: int) -> bool:
    """Whether history `number` finds a difference, or the database refuses what is written."""
    return find_difference(number) is not None


def find_difference(number: int) -> str | None:
    """What history `number` finds and the acts that lead there; None if both books agree."""
    chosen = random.Random(number)
    told: list[str] = []
    with transaction.atomic():
        try:
            history = History(chosen, told)
            for _ in range(STEPS):
                history.act(chosen)
                history.books.compare()
            history.books.compare_everything()
        except Exception as error:
            return "\n".join([*told, "".join(traceback.format_exception(error))])
        finally:
            transaction.set_rollback(True)
    return None
