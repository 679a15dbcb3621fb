"""The main job on real usage: 8,819 calls of a code-completion service, from file to renewal."""

from __future__ import annotations

import multiprocessing
import os
import signal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections

from contracts.models import RenewalProposal
from creditops import schedule, verification
from creditops.demo import code_completion
from creditops.lib import clock
from invoicing.models import Invoice
from ledger import balances, importing, intake_counts, posting, statements
from ledger.models import Holder, ThresholdCrossing, UsageEvent
from tests.cast import at
from tests.shared import needed

NOW = at("2023-11-17")
TERM_END = at("2024-11-01")
OPTIONS = [
    "--customer=code-assistant",
    "--source=azure-2023",
    "--id=row",
    "--meter=completion",
    "--time-zone=UTC",
    "--map=time=TIMESTAMP",
    "--map=context_tokens=ContextTokens",
    "--map=generated_tokens=GeneratedTokens",
]


def usage_file():
    return needed("data/azure_llm_code_2023.csv")


def import_it() -> str:
    out = StringIO()
    call_command("import_usage", str(usage_file()), *OPTIONS, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def clock_of_2023(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.django_db
def test_real_usage_is_drawn_alerted_billed_and_becomes_the_next_commitment(clock_of_2023):
    usage_file()
    code_completion.sign(NOW)

    first, second = import_it(), import_it()
    schedule.run_due(TERM_END)
    posting.run(TERM_END)

    assert first == "8,819 rows: 8,819 applied. 19,288 credits drawn.\n"
    assert second == "8,819 rows: 0 applied, 8,819 duplicates. 0 credits drawn.\n"
    holder = Holder.objects.get(code="completion-2023")
    (pool,) = balances.pools_of(holder)
    term = holder.terms.get(customer_id=holder.customer_id)
    assert balances.consumption(pool, term) == {"promo": 1_000, "paid": 16_000, "overage": 2_288}
    assert balances.caps([pool], NOW) == {pool.id: 3_200}
    crossed = ThresholdCrossing.objects.order_by("id").values_list("threshold", flat=True)
    assert list(crossed) == ["50", "80", "95", "EXHAUSTED"]
    overage = Invoice.objects.get(lines__kind="OVERAGE")
    assert (overage.number, overage.total_minor) == ("INV-2024-000001", 2_288)
    proposal = RenewalProposal.objects.get(final=True)
    assert (proposal.credits, proposal.price_minor) == (18_288, 18_288)
    assert statements.balance(statements.lines(), ["2100"]) == 0
    assert [breach for _, found in verification.verify() for breach in found] == []


@pytest.mark.django_db
def test_without_the_test_clock_the_same_usage_waits_as_too_late():
    usage_file()
    code_completion.sign(clock.now())

    told = import_it()

    assert told.startswith("8,819 rows: 0 applied, 8,819 exceptions. 0 credits drawn.\n")
    assert "8,819 too_late" in told
    assert "manage.py exceptions apply --source azure-2023" in told


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_import_killed_in_the_middle_goes_on_where_it_stopped(clock_of_2023, monkeypatch):
    usage_file()
    code_completion.sign(NOW)
    for size in ("SMALLEST_BATCH", "FIRST_BATCH", "LARGEST_BATCH"):
        monkeypatch.setattr(importing, size, 1_000)

    child = multiprocessing.get_context("fork").Process(target=_import_and_die)
    child.start()
    child.join()
    stored = UsageEvent.objects.count()
    told = import_it()

    assert child.exitcode == -signal.SIGKILL
    assert stored == 3_000
    assert told == (
        "8,819 rows: 8,819 applied. 19,288 credits drawn.\n"
        "  3,000 of them by a start before this one.\n"
    )
    assert intake_counts.of()["applied"] == 8_819
    drawn = sum(UsageEvent.objects.values_list("credits", flat=True))
    assert drawn == 19_288


def _import_and_die() -> None:
    """Import in a process of its own, and be killed while the fourth batch is on its way."""
    for alias in connections:
        connections[alias].connection = None
    batches = 0
    accept = importing.metering.accept

    def accept_three(*args, **named):
        nonlocal batches
        batches += 1
        if batches == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return accept(*args, **named)

    importing.metering.accept = accept_three
    import_it()
