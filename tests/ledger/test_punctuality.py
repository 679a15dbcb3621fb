"""What is due for a customer is done before its usage is judged, whether or not the sweep came first."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts import term_ends
from contracts.models import Contract
from creditops.lib import due
from creditops.lib.models import DueRow
from creditops.lib.refusals import Refusal
from ledger import availability, exceptions, punctuality
from ledger.models import Term, UsageException
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
NEW_YEAR = END + cast.SECOND


@pytest.fixture
def renewing() -> Contract:
    """100,000 credits for 2026, 40,000 of them used; renewed at the end, which nobody has worked."""
    contract = cast.sign(auto_renew=True)
    cast.send("u1", 40_000, when=cast.at("2026-07-01"), contract="c1")
    return contract


@pytest.fixture
def failing(monkeypatch):
    """The end of terms fails until it is undone."""

    def fail(subject, due_at, recorded_at):
        raise Refusal("books_away", "The books are away.")

    with monkeypatch.context() as patched:
        patched.setitem(due._handlers, "contracts.term_end", fail)
        yield patched


def told(credits: int, **fields) -> tuple[str, str]:
    outcome = cast.send(f"{credits} {fields}", credits, when=NEW_YEAR, **fields)
    return outcome.status, outcome.code


@pytest.mark.parametrize(
    "named",
    [{"contract": "c1"}, {"contract": "c1", "customer": None}, {},
     {"account": "c1", "customer": None}, {"account": "acme", "customer": None}],
    ids=["customer and contract", "contract", "customer", "account: contract", "account: customer"],
)  # fmt: skip
def test_the_renewal_is_worked_first_however_the_event_names_its_customer(renewing, named):
    assert told(100, **named) == ("applied", "")
    assert cast.left(renewing, NEW_YEAR) == 99_900


def test_a_child_of_the_family_has_its_root_caught_up(renewing):
    cast.customer("branch", parent=renewing.customer)

    assert told(100, customer="branch") == ("applied", "")


def test_a_check_answers_as_if_the_renewal_had_been_worked(renewing):
    verdict = availability.check(cast.usage("check", 100_000, contract="c1"), NEW_YEAR)

    assert (verdict.allowed, verdict.credits, verdict.available) == (True, 100_000, 100_000)


def test_the_renewal_is_the_same_as_by_the_sweep(renewing):
    told(100)

    cast.run_due(NEW_YEAR)

    terms = Term.objects.filter(customer_id=renewing.customer_id).order_by("number")
    assert [term.starts_at for term in terms] == [START, END]
    assert cast.journal(NEW_YEAR)[-2:] == [
        "2027-01-01 JE-02 debit 1100 400.00, credit 2100 400.00",
        "2027-01-01 JE-05 debit 2100 1.00, credit 4000 1.00",
    ]


def test_a_term_to_come_begins_in_time_for_its_first_event():
    cast.sign(starts_on=END.date())

    assert told(100, contract="c1") == ("applied", "")


def test_other_customers_are_left_to_the_sweep(renewing):
    cast.sign(cast.customer("otto"), code="c2", auto_renew=True)

    told(100, contract="c1")

    assert DueRow.objects.filter(
        group="otto", kind="contracts.term_end", done_at__isnull=True
    ).exists()


def test_what_decides_nothing_waits_for_the_sweep():
    """A charge to be billed is no reason to bill while usage comes in."""
    cast.sign()

    cast.send("u1", 1, when=START, contract="c1")

    assert DueRow.objects.get(kind="contracts.charge").done_at is None


def test_usage_is_kept_aside_when_the_work_fails_and_let_in_afterwards(renewing, failing):
    """Not refused for good, not drawn from other credits: nobody can say yet what pays for it."""
    assert told(100, contract="c1") == ("exception", "due_work_waits")
    assert told(100) == ("exception", "due_work_waits")
    verdict = availability.check(cast.usage("check", 1), NEW_YEAR)
    assert (verdict.allowed, verdict.reason) == (False, "due_work_waits")
    assert DueRow.objects.get(kind="contracts.term_end").error == "Refusal: The books are away."

    failing.undo()
    done = exceptions.apply(
        list(UsageException.objects.all()), by="Fiona", reason="worked", at=NEW_YEAR
    )

    assert (done.statuses, done.still) == ({"applied": 2}, {})
    assert cast.left(renewing, NEW_YEAR) == 99_800


def test_use_from_before_the_failed_work_is_judged_as_ever(renewing, failing):
    assert told(100, contract="c1", time=END - cast.SECOND) == ("applied", "")
    assert told(200, contract="c1", time=END) == ("exception", "due_work_waits")


def test_a_customer_whose_work_fails_stops_nobody_else(renewing, failing):
    otto = cast.customer("otto")
    cast.grant(cast.open_pool(otto), 5, source="b1")
    batch = [cast.usage("a", 1), cast.usage("b", 1, customer="otto")]

    said = cast.report(*batch, when=NEW_YEAR).outcomes

    assert [outcome.status for outcome in said] == ["exception", "applied"]


def test_it_costs_one_statement_where_nothing_is_due(renewing, sent_beside):
    named = {"acme", *map(str, range(50))}

    with CaptureQueriesContext(connection) as captured:
        assert punctuality.catch_up(named, END - cast.SECOND) == {}

    assert len(captured) + len(sent_beside) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False])
def test_usage_waits_for_a_renewal_that_another_runner_has_begun(monkeypatch, waits):
    """With its negative control: whoever does not wait can't judge the use."""
    cast.sign(auto_renew=True)
    cast.send("u1", 40_000, when=cast.at("2026-07-01"), contract="c1")
    begun, proceed = threading.Event(), threading.Event()
    usual = term_ends.end_term

    def slow(subject, due_at, recorded_at):
        usual(subject, due_at, recorded_at)
        begun.set()
        assert proceed.wait(30)

    monkeypatch.setitem(due._handlers, "contracts.term_end", slow)
    others = due._others_are_done

    def wait(groups, at):
        proceed.set()
        return others(groups, at) if waits else False

    monkeypatch.setattr(due, "_others_are_done", wait)

    def sweep() -> None:
        due.run(END, now=END)
        connection.close()

    runner = threading.Thread(target=sweep)
    runner.start()
    assert begun.wait(30)
    fate = told(100, contract="c1")
    runner.join(30)

    assert fate == (("applied", "") if waits else ("exception", "due_work_waits"))
