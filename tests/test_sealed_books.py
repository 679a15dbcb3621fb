"""`verify` names what was changed in sealed books: a row changed, gone, added, the end cut off.

Damage is planted as the owner of the tables with their triggers switched off; all other checks are
left alone here: what is asserted is what the seals say.
"""

from __future__ import annotations

import pytest

from creditops import verification
from creditops.lib import chain, seals
from creditops.lib.models import SealedRows
from creditops.lib.seals import Head
from invoicing.models import Invoice, InvoiceLine
from ledger import corrections, posting
from ledger.models import Drain, JournalEntry, JournalLine, Move, UsageEvent
from tests import cast, damage
from tests.cast import at, usage

NOW = at("2026-03-01")
CHECKS = ("seals_form_a_chain", "sealed_rows_are_unchanged", "numbers_were_given_out")


@pytest.fixture
def head() -> Head:
    """The head of sealed books: a contract billed, six events in two batches, one corrected, posted."""
    cast.sign()
    cast.run_due(cast.START)
    for day in (2, 3):
        batch = [usage(f"e{day}{i}", 100 + i) for i in range(3)]
        cast.report(*batch, when=at(f"2026-02-0{day}"))
    event = UsageEvent.objects.get(key="e20")
    corrections.correct(event, credits=40, by="Fiona", reason="test", at=at("2026-02-04"))
    posting.run(NOW)
    done = seals.seal(at=NOW)
    assert done.unsettled == []
    assert said() == []
    return done.head


def said(since: Head | None = None) -> list[tuple[str, str, str]]:
    """What the seals' checks find: (check, where, what)."""
    return [
        (breach.check, breach.where, breach.detail)
        for name, found in verification.verify(since)
        for breach in found
        if name in CHECKS
    ]


def changed(where: str) -> tuple[str, str, str]:
    return "sealed_rows_are_unchanged", where, "is not what seal 1 covers: it was changed"


def gone(table: str, after: int, rows: int) -> tuple[str, str, str]:
    covered = SealedRows.objects.get(table_name=table)
    return (
        "sealed_rows_are_unchanged",
        f"{table} after {after}",
        f"{rows} of the {covered.rows} rows that seal 1 covers up to {covered.upto_id} are gone",
    )


def added(where: str) -> tuple[str, str, str]:
    return (
        "sealed_rows_are_unchanged",
        where,
        "was not there when seal 1 was made: it was added",
    )


CHANGES = [
    (Drain, "pos_end = pos_end + 1"),
    (JournalEntry, "posting_date = posting_date + 1"),
    (JournalLine, "debit_minor = debit_minor + 1, credit_minor = credit_minor + 1"),
    (Move, "credits = credits + 1"),
    (UsageEvent, "credits = credits + 1"),
    (Invoice, "total_minor = total_minor + 1, net_minor = net_minor + 1"),
    (InvoiceLine, "amount_minor = amount_minor + 1"),
]


@damage.test
def test_rows_that_were_changed_are_named(head):
    damage.plant(
        "ALTER TABLE ledger_journalline"
        " DROP CONSTRAINT ledger_line_is_debit_or_credit_and_not_zero",
        *(
            f"UPDATE {book._meta.db_table} SET {change} WHERE id = {_middle(book)}"
            for book, change in CHANGES
        ),
    )

    named = [f"{book._meta.db_table} {_middle(book)}" for book, _ in CHANGES]
    assert said() == [changed(where) for where in sorted(named)]


@damage.test
def test_an_event_whose_time_was_changed_is_named(head):
    [number] = UsageEvent.objects.filter(key="e21").values_list("id", flat=True)

    damage.plant(
        "UPDATE ledger_usageevent SET event_time = event_time + interval '1 microsecond'"
        " WHERE key = 'e21'"
    )

    assert said() == [changed(f"ledger_usageevent {number}")]


@damage.test
def test_rows_that_are_gone_are_missed_where_they_stood(head):
    books = [Drain, JournalLine, Move, UsageEvent]
    rows = {book: (_middle(book), _before(book, _middle(book))) for book in books}
    lines = InvoiceLine.objects.count()

    damage.plant(
        *(f"DELETE FROM {book._meta.db_table} WHERE id = {row}" for book, (row, _) in rows.items()),
        "DELETE FROM invoicing_invoiceline",
        "DELETE FROM invoicing_invoicetax",
        "DELETE FROM invoicing_invoice",
    )

    assert said() == [
        gone("invoicing_invoice", 0, 1),
        gone("invoicing_invoiceline", 0, lines),
        gone("invoicing_invoicetax", 0, 1),
        *(gone(book._meta.db_table, before, 1) for book, (_, before) in rows.items()),
    ]


# A copy of the first row, with what must differ set anew, under a number before it.
ADDITIONS = [
    (Drain, "pos = pos + 1"),
    (JournalLine, "debit_minor = 1, credit_minor = 0"),
    (Move, "seq = seq + 1000, correction_no = 1000"),
    (UsageEvent, "key = 'forged'"),
    (Invoice, "number = 'X-2026-000001', series = 'X', source = 'forged'"),
    (InvoiceLine, "position = position + 1000, charge_id = NULL"),
]


@damage.test
def test_rows_that_were_added_are_named(head):
    first = {book: min(_numbers(book)) for book, _ in ADDITIONS}

    for book, change in ADDITIONS:
        table = book._meta.db_table
        damage.plant(
            f"CREATE TEMP TABLE forged ON COMMIT DROP AS SELECT * FROM {table} WHERE id = {first[book]}",
            f"UPDATE forged SET id = {first[book] - 1}, {change}",
            f"INSERT INTO {table} SELECT * FROM forged",
        )

    named = [f"{book._meta.db_table} {number - 1}" for book, number in first.items()]
    assert said() == [added(where) for where in sorted(named)]


@damage.test
def test_rows_that_were_exchanged_are_named(head):
    first, second = _numbers(UsageEvent)[1:3]

    damage.plant(
        "UPDATE ledger_usageevent AS e SET credits = o.credits FROM ledger_usageevent AS o"
        f" WHERE (e.id, o.id) IN (({first}, {second}), ({second}, {first}))"
    )

    assert said() == [changed(f"ledger_usageevent {n}") for n in (first, second)]


@damage.test
def test_a_row_with_a_number_never_given_out_is_named(head):
    damage.plant(
        "CREATE TEMP TABLE forged AS SELECT * FROM ledger_move LIMIT 1",
        "UPDATE forged SET id = 1000000, seq = seq + 1000, correction_no = 1000",
        "INSERT INTO ledger_move SELECT * FROM forged",
    )

    assert said() == [
        ("numbers_were_given_out", "ledger_move 1000000", "has a number that was never given out")
    ]


@damage.test
def test_a_seal_that_was_changed_is_named(head):
    damage.plant("UPDATE lib_seal SET sealed_at = sealed_at - interval '1 day'")

    assert said() == [
        ("seals_form_a_chain", "seal 1", "its head is not the digest of what it covers")
    ]


@damage.test
def test_what_a_seal_covers_cannot_be_rewritten_to_fit(head):
    damage.plant(
        "UPDATE lib_sealedrows SET digest = repeat('0', 64) WHERE table_name = 'ledger_move'"
    )

    assert [(check, where) for check, where, _ in said()] == [
        ("seals_form_a_chain", "seal 1"),
        ("sealed_rows_are_unchanged", f"ledger_move up to {max(_numbers(Move))}"),
    ]


@damage.test
def test_a_seal_taken_out_of_the_middle_is_missed(head):
    cast.send("later", 1, when=NOW)
    second = seals.seal(at=NOW).head
    cast.send("later still", 1, when=NOW)
    seals.seal(at=NOW)
    assert said() == []

    damage.plant(
        "DELETE FROM lib_sealedrows WHERE seal_id = 2", "DELETE FROM lib_seal WHERE number = 2"
    )

    [broken, *rows] = said()
    assert broken == (
        "seals_form_a_chain", "seal 3", f"does not follow seal 1 with its head {head.digest}",
    )  # fmt: skip
    assert rows
    assert second.number == 2


CUT = (
    "DELETE FROM lib_sealedrows WHERE seal_id = 2",
    "DELETE FROM lib_seal WHERE number = 2",
    "DELETE FROM ledger_usageevent WHERE key = 'later'",
)


@damage.test
def test_an_end_that_was_cut_off_shows_only_against_a_head_kept_outside(head):
    cast.send("later", 1, when=NOW)
    kept = seals.seal(at=NOW).head

    damage.plant(*CUT)

    assert said() == []
    assert said(since=head) == []
    assert said(since=kept) == [
        (
            "seals_form_a_chain",
            "seal 2",
            "was handed out and is gone: the chain ends with seal 1",
        )
    ]


@damage.test
def test_a_chain_forged_anew_shows_against_a_head_kept_outside(head):
    damage.plant(
        "UPDATE ledger_usageevent SET credits = 1 WHERE key = 'e21'",
        "DELETE FROM lib_sealedrows",
        "DELETE FROM lib_seal",
    )
    forged = seals.seal(at=NOW).head

    assert said() == []
    assert said(since=head) == [
        (
            "seals_form_a_chain",
            "seal 1",
            f"was handed out as {head.digest}; now its head is {forged.digest}",
        )
    ]


@damage.test
def test_a_column_that_was_dropped_is_named(head):
    damage.plant("ALTER TABLE ledger_costlayer DROP COLUMN recorded_at")

    assert list(chain.changed_rows()) == [
        ("ledger_costlayer", "was sealed with columns that it has no more: recorded_at"),
    ]


@damage.test
def test_what_seals_leave_out_may_be_erased(head):
    """Names and free text: an erased person breaks no chain."""
    damage.plant(
        "UPDATE ledger_correction SET corrected_by = '', reason = ''",
        "UPDATE invoicing_invoice SET buyer = '{}'",
        "UPDATE ledger_username SET name = NULL",
    )

    assert said() == []


def _numbers(book) -> list[int]:
    return sorted(book.objects.values_list("id", flat=True))


def _before(book, row: int) -> int:
    """The number before that of a row; 0 if it is the first."""
    return max((number for number in _numbers(book) if number < row), default=0)


def _middle(book) -> int:
    """A row that has neighbours, where there are so many."""
    numbers = _numbers(book)
    return numbers[len(numbers) // 2]
