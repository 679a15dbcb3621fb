"""What must never happen is refused by the database, whoever asks: the ORM, bulk statements, raw SQL.

As the application's role, on books with usage, an invoice, a closed month. The admin's own refusals
stand in tests/test_admin.py; what each rule promises in docs/database-rules.md.
"""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, connections, transaction
from django.db.models import F
from django.db.utils import IntegrityError

from creditops.lib import approvals
from creditops.lib.tables import Book, WrittenOnce
from invoicing import credit_notes, payments
from ledger import closing, corrections, posting
from ledger.models import UsageEvent
from tests import cast
from tests.cast import at, usage

BOOKS = sorted(
    (model for model in apps.get_models() if issubclass(model, Book)), key=lambda m: m._meta.label
)
every_book = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book._meta.label)


# ------------------------------------------------------------------- what was written stays


@pytest.mark.django_db
@every_book
def test_no_row_of_a_book_is_changed_or_removed_through_the_orm(book):
    row = book(pk=1)
    row._state.adding = False

    for change in (
        row.save,
        row.delete,
        book.objects.all().delete,
        lambda: book.objects.update(pk=F("pk")),
        lambda: book.objects.bulk_update([row], [_plain_field(book)]),
    ):
        with pytest.raises(WrittenOnce):
            change()


@pytest.mark.django_db
@every_book
def test_no_row_of_a_book_is_changed_or_removed_around_the_orm(book):
    rows, table = book._base_manager.all(), book._meta.db_table
    key = book._meta.pk.column

    for change in (
        lambda: rows.update(**{_plain_field(book): F(_plain_field(book))}),
        lambda: rows._raw_delete("default"),
        *(
            lambda statement=statement: connection.cursor().execute(statement)
            for statement in (
                f"UPDATE {table} SET {key} = {key}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
                f"INSERT INTO {table} SELECT * FROM {table}"
                f" ON CONFLICT ({_conflict(book)}) DO UPDATE SET {key} = EXCLUDED.{key}",
                f"MERGE INTO {table} AS t USING {table} AS s ON t.{key} = s.{key}"
                " WHEN MATCHED THEN DELETE",
                f"ALTER TABLE {table} DISABLE TRIGGER written_once",
                f"DROP TRIGGER written_once ON {table}",
                f"CREATE RULE quiet AS ON INSERT TO {table} DO INSTEAD NOTHING",
            )
        ),
    ):
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            transaction.atomic(),
        ):
            change()


@pytest.mark.django_db(databases=["default", "owner"])
@every_book
def test_not_even_the_owner_changes_a_book_while_its_trigger_stands(book):
    table, key = book._meta.db_table, book._meta.pk.column

    # One book judges each row that changes by itself (tests/ledger/test_archiving.py).
    changes = () if book.guards_itself else (f"UPDATE {table} SET {key} = {key}",)
    for statement in (*changes, f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic("owner"):
            connections["owner"].cursor().execute(statement)


@pytest.mark.django_db
def test_the_application_turns_back_no_sequence_and_switches_off_no_trigger():
    for statement in (
        "SELECT setval(pg_get_serial_sequence('ledger_move', 'id'), 1)",
        "SET session_replication_role = replica",
        "INSERT INTO lib_auditentry (table_name, row_id, action, fields, actor, at, reason)"
        " VALUES ('ledger_move', '1', 'update', '{}', 'nobody', now(), '')",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


# ------------------------------------------------------------------- what is new keeps the promises


@pytest.fixture
def books() -> None:
    """A contract billed and paid in part, usage in February, an event voided, January closed."""
    contract = cast.sign()
    cast.run_due(cast.START)
    for day in (2, 3):
        cast.report(usage(f"e{day}", 1_000), when=at(f"2026-02-0{day}"))
    event = UsageEvent.objects.get(key="e2")
    corrections.void(event, by="Fiona", reason="test", at=at("2026-02-04"))
    invoice = contract.invoices.get()
    payments.record(
        invoice, amount_minor=60_000, currency="USD", method="transfer", reference="wire 1",
        by="Fiona", at=at("2026-02-05"),
    )  # fmt: skip
    credit_notes.credit(
        invoice, credits=10_000, by="Fiona", reason="not needed", at=at("2026-02-05")
    )
    cast.sign_books(at("2026-02-06"))
    closing.close_month(date(2026, 1, 1), by="Fiona", at=at("2026-02-06"))
    posting.run(at("2026-02-06"))
    asked = approvals.request(
        kind="k", subject="s", summary="S", content={"credits": 5}, by="Sam", at=at("2026-02-06")
    )
    approvals.approve(asked.id, by="Fiona", at=at("2026-02-06"))
    approvals.request(
        kind="k", subject="open", summary="S", content={"credits": 5}, by="Sam",
        at=at("2026-02-06"),
    )  # fmt: skip


ENTRY = (
    "INSERT INTO ledger_journalentry (posting_date, recipe, memo, source, prior_period, recorded_at)"
    " VALUES ('2026-02-01', 'JE-05', 'forged', 'forged', false, now());"
)
LINE = (
    "INSERT INTO ledger_journalline (entry_id, account_id, debit_minor, credit_minor, currency)"
    " SELECT currval(pg_get_serial_sequence('ledger_journalentry', 'id')), id, {}, {}, '{}'"
    " FROM ledger_account WHERE code = '1000';"
)


def copy(table: str, change: str, where: str = "true", *, but: str = "id") -> str:
    """A row that is already there once more, with something changed."""
    return (
        f"CREATE TEMP TABLE forged AS SELECT * FROM {table} WHERE {where} LIMIT 1;"
        f"ALTER TABLE forged DROP COLUMN {but};"
        f"UPDATE forged SET {change};"
        "DO $$ DECLARE names text := (SELECT string_agg(quote_ident(attname), ',') FROM pg_attribute"
        " WHERE attrelid = 'forged'::regclass AND attnum > 0 AND NOT attisdropped); BEGIN"
        f" EXECUTE format('INSERT INTO {table} (%s) SELECT %s FROM forged', names, names); END $$"
    )


NEXT_LAYOUT = copy(
    "ledger_layout",
    "no = (SELECT max(no) + 1 FROM ledger_layout),"
    " start_pos = (SELECT max(pos_end) FROM ledger_drain)",
    "no = (SELECT max(no) FROM ledger_layout)",
)
SEGMENT = (
    "; INSERT INTO ledger_segment (customer_id, pool_id, line, layout_no, pos, pos_end, block_id,"
    " granted, layer_id, b0, u0, r0)"
    " SELECT g.customer_id, g.pool_id, g.line, l.no, {}, {}, {}, {}, g.layer_id, 0, 0, 0"
    " FROM ledger_segment AS g, forged AS l WHERE g.block_id IS NOT NULL LIMIT 1"
)
FORBIDDEN = {
    # the journal
    "an entry that does not balance": (
        ENTRY + LINE.format(5, 0, "USD") + LINE.format(0, 4, "USD"), "ledger_entry_balances",
    ),
    "an entry that balances across currencies only": (
        ENTRY + LINE.format(5, 0, "USD") + LINE.format(0, 5, "EUR"), "ledger_entry_balances",
    ),
    "an entry without lines": (ENTRY, "ledger_entry_has_lines"),
    "a line of nothing": (
        ENTRY + LINE.format(0, 0, "USD"), "ledger_line_is_debit_or_credit_and_not_zero",
    ),
    "a line on both sides": (
        ENTRY + LINE.format(5, 5, "USD"), "ledger_line_is_debit_or_credit_and_not_zero",
    ),
    "an entry in a closed month": (ENTRY.replace("-02-", "-01-"), "ledger_period_is_open"),
    "the same source twice": (
        copy("ledger_journalentry", "posting_date = '2026-02-01'"), "ledger_journalentry_source_key",
    ),
    "a closed month opened again": (
        "UPDATE ledger_accountingperiod SET state = 'open' WHERE state = 'closed'",
        "ledger_period_stays_closed",
    ),
    "a closed month forgotten": (
        "DELETE FROM ledger_accountingperiod WHERE state = 'closed'", "ledger_period_stays_closed",
    ),
    # blocks and the line
    "the same grant twice": (
        copy("ledger_block", "reason = ''"), "ledger_block_granted_once_per_source",
    ),
    "a block of nothing": (
        copy("ledger_block", "granted = 0, source = 'x'"), "ledger_block_granted_check",
    ),
    "a block that rolls over twice": (
        copy("ledger_blockchange", "no = 2, act = 'rollover'") + ";"
        "UPDATE forged SET no = 3; INSERT INTO ledger_blockchange (customer_id, block_id, no, act,"
        " expires_at, effective_at, recorded_at, reason) SELECT customer_id, block_id, no, act,"
        " expires_at, effective_at, recorded_at, reason FROM forged",
        "ledger_blockchange_rolls_over_once",
    ),
    "a segment beyond its block": (
        copy("ledger_segment", "pos_end = pos_end + 1, layout_no = layout_no + 1000"),
        "ledger_segment_ends_inside_its_block",
    ),
    "a segment of a block of another size": (
        copy(
            "ledger_segment", "granted = granted + 1", "block_id IS NOT NULL",
        ).replace("DO $$", "UPDATE forged SET layout_no = 1, pos = pos + 9e9, pos_end = pos_end + 9e9,"
                  " block_id = block_id + 1000; DO $$"),
        "ledger_segment_of_a_block_of_this_size",
    ),
    "segments that overlap": (
        copy(
            "ledger_segment",
            "block_id = block_id + 1000, pos = pos + 1, pos_end = pos_end + 1",
            "layout_no = 1 AND block_id IS NOT NULL",
        ),
        "ledger_segment_disjoint",
    ),
    "the same block twice in a layout": (
        copy("ledger_segment", "pos = pos + 1000000000, pos_end = pos_end + 1000000000"),
        "ledger_segment_one_per_block",
    ),
    "a segment behind a gap": (
        NEXT_LAYOUT + SEGMENT.format("l.start_pos + 1", "l.start_pos + 2", "NULL", "NULL"),
        "ledger_segment_holds_the_rest",
    ),
    "a layout that begins elsewhere": (
        copy("ledger_layout", "no = (SELECT max(no) + 1 FROM ledger_layout), start_pos = 1"),
        "ledger_layout_begins_at_counter",
    ),
    "a layout that leaves a number out": (
        copy("ledger_layout", "no = 1000, start_pos = (SELECT max(pos_end) FROM ledger_drain)"),
        "ledger_layout_begins_at_counter",
    ),
    "a layout that lays out more of a block than is left": (
        NEXT_LAYOUT
        + SEGMENT.format("l.start_pos", "l.start_pos + g.granted", "g.block_id", "g.granted"),
        "ledger_segment_holds_the_rest",
    ),
    "a move that no layout knows": (
        copy("ledger_move", "seq = (SELECT max(seq) + 1 FROM ledger_move), correction_no = 9"),
        "ledger_move_is_accounted_for",
    ),
    "a move whose sign is not its type's": (
        copy("ledger_move", "seq = 1000, credits = -credits"), "ledger_move_sign_follows_type",
    ),
    "a move in a closed month": (
        copy("ledger_move", "seq = 1000, correction_no = 9, posting_date = '2026-01-31'"),
        "ledger_period_is_open",
    ),
    "a reversal that was done": (
        copy("ledger_move", "seq = 1000"), "ledger_move_reversed_once_per_correction",
    ),
    "a drain of nothing": (
        copy("ledger_drain", "pos = pos + 5000, pos_end = pos + 5000"), "ledger_drain_is_not_empty",
    ),
    "a drain of what was drained": (copy("ledger_drain", "events = 1"), "ledger_drain_pkey"),
    "a counter that goes back": (
        "UPDATE ledger_poolstate SET consumed = consumed - 1, posted_pos = 0",
        "ledger_counter_follows_drains",
    ),
    "a counter that runs ahead of its drains": (
        "UPDATE ledger_poolstate SET consumed = consumed + 1", "ledger_counter_follows_drains",
    ),
    "a counter past what the pool has": (
        "UPDATE ledger_poolstate SET consumed = stop_pos + 1",
        "ledger_poolstate_not_past_its_stop",
    ),
    "a negative hold": ("UPDATE ledger_poolstate SET held = -1", "ledger_poolstate_held_check"),
    "a negative balance of a block": (
        "UPDATE ledger_blockstate SET used = granted + 1", "ledger_blockstate_not_overdrawn",
    ),
    "negative use of a block": (
        "UPDATE ledger_blockstate SET used = -1", "ledger_blockstate_used_check",
    ),
    "terms that overlap": (
        copy("ledger_term", "number = 2, ends_at = ends_at - interval '1 day', follows = starts_at"),
        "ledger_term_follows_an_end",
    ),
    "a second first term": (
        copy("ledger_term", "number = 2, ends_at = ends_at - interval '1 day'"),
        "ledger_term_one_follows_each",
    ),
    # usage
    "two events with one identity": (
        copy("ledger_usageevent", "id = 1, credits = 5", but="status").replace(
            "(%s) SELECT %s", "(%s, status) SELECT %s, ''a''"
        ),
        "ledger_usageevent_pkey",
    ),
    "an event of less than nothing": (
        "INSERT INTO ledger_usageevent (customer_id, source_id, key, id, event_time, recorded_at,"
        " meter_id, holder_id, quantity, credits, status, code)"
        " SELECT customer_id, source_id, 'x', 1, now(), now(), meter_id, holder_id, 1, -1, 'a', ''"
        " FROM ledger_usageevent LIMIT 1",
        "ledger_usageevent_credits_check",
    ),
    "an event of a quantity that is no number": (
        "INSERT INTO ledger_usageevent (customer_id, source_id, key, id, event_time, recorded_at,"
        " meter_id, holder_id, quantity, credits, status, code)"
        " SELECT customer_id, source_id, 'x', 1, now(), now(), meter_id, holder_id, 'NaN', 1, 'a', ''"
        " FROM ledger_usageevent LIMIT 1",
        "ledger_usageevent_quantity_check",
    ),
    "a correction after a void": (
        copy("ledger_correction", "no = 2, void = false, credits = 5"), "ledger_correction_follows",
    ),
    "a correction that leaves a number out": (
        copy("ledger_correction", "no = 7"), "ledger_correction_follows",
    ),
    "a cap lifted by nobody": (
        "INSERT INTO ledger_caplift (customer_id, pool_id, term_id, cap, effective_at, recorded_at,"
        " approved_by, reason) SELECT customer_id, pool_id, term_id, 5, now(), now(), '', ''"
        " FROM ledger_poolterm",
        "ledger_caplift_approved_by_check",
    ),
    # invoices and payments
    "an invoice whose lines are not its net": (
        copy(
            "invoicing_invoice",
            "sequence = 2, number = 'INV-2026-000002', source = 'x', net_minor = 5, total_minor = 5",
        ),
        "invoicing_invoice_is_its_lines",
    ),
    "an invoice that does not add up": (
        copy("invoicing_invoice", "total_minor = total_minor + 1"), "invoicing_invoice_adds_up",
    ),
    "an invoice that leaves a number out": (
        copy("invoicing_invoice", "sequence = 3, number = 'INV-2026-000003', source = 'x'"),
        "invoicing_invoice_follows",
    ),
    "an invoice dated before the one before it": (
        copy(
            "invoicing_invoice",
            "sequence = 2, number = 'INV-2026-000002', source = 'x', issue_date = '2025-12-31'",
        ),
        "invoicing_invoice_follows",
    ),
    "an invoice with another number than counted": (
        copy("invoicing_invoice", "number = 'INV-2026-000007', source = 'x', sequence = 2"),
        "invoicing_invoice_number_reads_as_counted",
    ),
    "the same thing invoiced twice": (
        copy("invoicing_invoice", "sequence = 2, number = 'INV-2026-000002'"),
        "invoicing_invoice_source_key",
    ),
    "a charge billed twice": (
        copy("invoicing_invoiceline", "position = 9"), "invoicing_invoiceline_charge_id_key",
    ),
    "a payment above what is open": (
        copy("invoicing_payment", "reference = 'x', amount_minor = 40001"), "invoicing_payment_fits",
    ),
    "a payment in another currency": (
        copy("invoicing_payment", "reference = 'x', amount_minor = 1, currency = 'EUR'"),
        "invoicing_payment_fits",
    ),
    "a payment of nothing": (
        copy("invoicing_payment", "reference = 'x', amount_minor = 0"),
        "invoicing_payment_is_positive",
    ),
    "the same payment twice": (
        copy("invoicing_payment", "amount_minor = 1"), "invoicing_payment_reference_key",
    ),
    # credit notes, voids, refunds
    "a credit note that leaves a number out": (
        copy("invoicing_creditnote", "sequence = 3, number = 'CN-2026-000003', source = 'x'"),
        "invoicing_note_follows",
    ),
    "a credit note of nothing": (
        copy(
            "invoicing_creditnote",
            "sequence = 2, number = 'CN-2026-000002', source = 'x', net_minor = 0, tax_minor = 0,"
            " total_minor = 0, receivable_minor = 0, refundable_minor = 0",
        ),
        "invoicing_note_is_something",
    ),
    "a credit note without lines": (
        copy("invoicing_creditnote", "sequence = 2, number = 'CN-2026-000002', source = 'x'"),
        "invoicing_note_is_its_lines",
    ),
    "a credit note above its invoice": (
        copy(
            "invoicing_creditnote",
            "sequence = 2, number = 'CN-2026-000002', source = 'x', net_minor = 90001,"
            " total_minor = 90001, receivable_minor = 30000, refundable_minor = 60001",
        ),
        "invoicing_note_fits",
    ),
    "a credit note that leaves a debt and owes a refund": (
        copy(
            "invoicing_creditnote",
            "sequence = 2, number = 'CN-2026-000002', source = 'x', receivable_minor = 0,"
            " refundable_minor = total_minor",
        ),
        "invoicing_note_fits",
    ),
    "a void of an invoice that was paid": (
        "INSERT INTO invoicing_invoicevoid (invoice_id, amount_minor, voided_at, voided_by, reason)"
        " SELECT id, total_minor, now(), 'Sam', 'x' FROM invoicing_invoice",
        "invoicing_void_fits",
    ),
    "a write-off by one person": (
        "INSERT INTO invoicing_writeoff (invoice_id, amount_minor, written_off_at, written_off_by,"
        " reason) SELECT id, invoicing_owed(id), now(), 'Sam', 'x' FROM invoicing_invoice",
        "invoicing_write_off_has_four_eyes",
    ),
    "a refund of a note that owes nothing": (
        "INSERT INTO invoicing_refund (note_id, payment_id, amount_minor, currency, reference, paid_at,"
        " paid_by) SELECT n.id, p.id, 1, 'USD', 'x', now(), 'Sam'"
        " FROM invoicing_creditnote AS n, invoicing_payment AS p",
        "invoicing_refund_fits",
    ),
    "more taken back of a charge than it has": (
        "UPDATE contracts_scheduledcharge SET taken_back_credits = credits + 1",
        "contracts_charge_not_taken_back_twice",
    ),
    # four eyes
    "a request approved by who made it": (
        "UPDATE lib_approval SET state = 'approved', decided_by = requested_by, decided_at = now()"
        " WHERE subject = 'open'",
        "lib_approval_needs_a_second_person",
    ),
    "a request whose content is exchanged": (
        "UPDATE lib_approval SET content = '{\"credits\": 500}' WHERE subject = 'open'",
        "lib_approval_stays_as_decided",
    ),
    "a decision turned around": (
        "UPDATE lib_approval SET state = 'rejected' WHERE subject = 's'",
        "lib_approval_stays_as_decided",
    ),
    "a decision forgotten": (
        "DELETE FROM lib_approval WHERE subject = 's'", "lib_approval_stays_as_decided",
    ),
    "an approval out of nowhere": (
        copy("lib_approval", "subject = 'x'", "state = 'approved'"),
        "lib_approval_stays_as_decided",
    ),
    "a setting in the past": (
        "INSERT INTO lib_policysetting (scope, name, version, value, effective_at, recorded_at,"
        " set_by, approved_by) VALUES ('books', 'x', 1, '1', '2026-01-01', '2026-01-02', 'Sam', '')",
        "lib_policy_never_touches_the_past",
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("act", FORBIDDEN)
def test_it_is_refused_to_raw_sql(books, act):
    statements, constraint = FORBIDDEN[act]

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        _commit(statements)

    said = refused.value.__cause__.diag.constraint_name
    assert re.sub(r"_\d+_pkey$", "_pkey", said) == constraint  # a part has a key of its own


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_what_was_committed(books):
    """A balanced pair of lines to an entry, a line of nothing to an invoice."""
    pair = copy("ledger_journalline", "debit_minor = 1, credit_minor = 0")
    line = copy(
        "invoicing_invoiceline", "position = 9, amount_minor = 0, charge_id = NULL, block_id = NULL"
    )
    before = _counts()

    for statements, constraint in (
        (pair, "ledger_entry_is_closed"),
        (line, "invoicing_invoice_is_issued"),
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            connection.cursor().execute(statements)
        assert refused.value.__cause__.diag.constraint_name == constraint

    assert _counts() == before


def _commit(statements: str) -> None:
    """Run statements, and what is checked when their transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(statements)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in BOOKS}


def _plain_field(book) -> str:
    """A field that is no key."""
    return next(f.attname for f in book._meta.local_concrete_fields if not f.primary_key)


def _conflict(book) -> str:
    """The columns of the table's primary key in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_constraint AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
            " WHERE c.contype = 'p' AND c.conrelid = %s::regclass",
            [book._meta.db_table],
        )
        return str(cursor.fetchone()[0])
