"""Each check of `verify` speaks when its promise is broken, and no other one does.

Damage is planted as the owner of the tables with their triggers switched off; nothing is sealed here, so
what speaks is the invariant itself. Those of documents and numbers: tests/invoicing/test_verify.py; the
seals: tests/test_sealed_books.py.
"""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.db import connection

from contracts import agreements, rate_cards
from contracts.rate_cards import Item
from creditops.lib import files, sql
from invoicing import payments
from ledger import caps, closing, corrections, entitlements, expiry, limits, units
from ledger.models import Block, Correction, Entitlement, Holder, JournalEntry, Pool, UsageEvent
from tests import cast, damage
from tests.cast import at, usage

NOW = at("2026-03-01")


@pytest.fixture
def books(books_break) -> Pool:
    """A paid contract used into its second layout, and a pool of free credits with a late event.

    Of the free ones (customer free) blocks of 50 and 5 ended on 1 February; an event from before
    came afterwards and took 20 of the 50 back. January is closed. Nothing is wrong.
    """
    contract = cast.sign()
    cast.run_due(cast.START)
    payments.record(
        contract.invoices.get(), amount_minor=100_000, currency="USD", method="transfer",
        reference="wire", by="Fiona", at=at("2026-01-02"),
    )  # fmt: skip
    pool = cast.open_pool(cast.customer("free"))
    for size in (50, 5):
        block = cast.grant(pool, size, source=f"b{size}", end=at("2026-02-01"))
        subject = f"{block.customer_id}-{block.id}"
        expiry.expire_due(subject, at("2026-02-01"), at("2026-02-01"))
    cast.send("late", 20, when=at("2026-02-02"), time=at("2026-01-31"), customer="free")
    cast.grant(pool, 1_000, source="b1000", when=at("2026-02-03"))
    for day in (4, 5):
        cast.report(
            usage(f"f{day}", 100, customer="free"),
            usage(f"p{day}", 7_000),
            when=at(f"2026-02-0{day}"),
        )
    cast.grant(pool, 10, source="b10", when=at("2026-02-06"))
    cast.send("f7", 100, when=at("2026-02-07"), customer="free")
    files.keep("paper", b"as it was", content_type="text/plain", at=NOW)
    cast.sign_books(at("2026-02-20"))
    closing.close_month(date(2026, 1, 1), by="Fiona", at=at("2026-02-20"))
    assert said() == []
    return pool


def said() -> list[tuple[str, str, str]]:
    return [(breach.check, breach.where, breach.detail) for breach in cast.breaches(NOW)]


def name(pool: Pool) -> str:
    return f"{pool.customer_id}-{pool.id}"


@damage.test
def test_a_block_whose_state_is_not_what_its_rows_say(books):
    block = Block.objects.get(source="b1000")

    damage.plant(f"UPDATE ledger_blockstate SET voided = 1 WHERE block_id = {block.id}")

    assert said() == [
        (
            "blocks_add_up",
            f"block {block.customer_id}-{block.id}",
            "rows say used 200, expired 0, voided 0 of 1000; its state says 200, 0, 1",
        )
    ]


@damage.test
def test_an_entry_recorded_after_the_close(books):
    [entry] = JournalEntry.objects.filter(source="payment:wire")

    damage.plant(f"UPDATE ledger_journalentry SET recorded_at = '2026-02-21' WHERE id = {entry.id}")

    assert said() == [
        (
            "closed_months_stay_closed",
            f"journal entry {entry.id}",
            "posts on 2026-01-02, recorded 2026-02-21 00:00:00+00, after the close of "
            "2026-02-20 00:00:00+00",
        )
    ]


@damage.test
def test_more_that_came_back_than_had_gone(books):
    damage.plant("UPDATE ledger_move SET of_seq = 2 WHERE type = 'EXPIRE_REVERSAL'")

    assert said() == [
        (
            "corrections_give_back_what_was_drawn",
            f"move 2 of pool {name(books)}",
            "20 credits of 5 came back",
        )
    ]


@damage.test
def test_more_that_came_back_than_an_event_drew_on_the_line(books):
    event = UsageEvent.objects.get(key="f5")
    corrections.void(event, by="Fiona", reason="test", at=at("2026-02-10"))
    other = UsageEvent.objects.get(key="late")
    assert said() == []

    damage.plant(
        f"UPDATE ledger_move SET event_id = {other.id} WHERE type = 'CONSUME_REVERSAL'",
    )

    assert said() == [
        (
            "corrections_give_back_what_was_drawn",
            f"event {other.customer_id}-{other.id}",
            "100 credits of 0 came back that it drew on the line from block "
            f"{Block.objects.get(source='b1000').id}",
        )
    ]


@damage.test
def test_deferred_revenue_that_is_not_the_value_of_blocks(books):
    """An entry changed on both sides still balances."""
    entry = JournalEntry.objects.filter(recipe="JE-05", customer__code="acme").first()

    damage.plant(
        "UPDATE ledger_journalline SET debit_minor = debit_minor + 1"
        f" WHERE debit_minor > 0 AND entry_id = {entry.id}",
        "UPDATE ledger_journalline SET credit_minor = credit_minor + 1"
        f" WHERE credit_minor > 0 AND entry_id = {entry.id}",
    )

    assert said() == [
        (
            "deferred_revenue_is_the_value_of_blocks",
            f"customer {entry.customer_id}",
            "its blocks are worth 86000, deferred revenue is 85999 (minor units)",
        )
    ]


@damage.test
@pytest.mark.parametrize(
    ("pos", "layout", "cover"),
    [(0, "newest", "from 200 to now, cover 0"), (200, "before", "to 200, cover 0")],
    ids=["a later layout", "an earlier layout"],
)
def test_a_drain_of_another_layout_than_told(books, pos, layout, cover):
    newest = "(SELECT max(no) FROM ledger_layout AS l WHERE l.pool_id = d.pool_id)"
    shift = "" if layout == "newest" else " - 1"

    damage.plant(
        f"UPDATE ledger_drain AS d SET layout_no = {newest}{shift}"
        f" WHERE pool_id = {books.id} AND pos = {pos}"
    )

    [(check, where, detail)] = said()
    assert (check, where) == ("drains_are_covered", f"drain {pos} of pool {name(books)}")
    assert detail.endswith(f"{cover} of its 100 credits")


@damage.test
def test_a_drain_that_is_gone(books):
    damage.plant(f"DELETE FROM ledger_drain WHERE pool_id = {books.id} AND pos = 100")

    assert said() == [
        (
            "drains_form_a_chain",
            f"drain 200 of pool {name(books)}",
            "begins at 200 instead of 100",
        )
    ]


@damage.test
def test_the_last_drain_that_is_gone(books):
    damage.plant(f"DELETE FROM ledger_drain WHERE pool_id = {books.id} AND pos = 200")

    assert said() == [
        (
            "drains_form_a_chain",
            f"pool {name(books)}",
            "its counter is 300, its drains end at 200",
        )
    ]


@pytest.fixture
def scope(books) -> Pool:
    """The pool of free credits has 40 for one meter only beside the others, of which 25 are used."""
    meter = units.find_meter(units.rated_meter(units.CREDITS))
    cast.grant(books, 40, source="scoped", when=at("2026-02-08"), meters=[meter.id])
    for day, credits in ((9, 10), (10, 15)):
        cast.send(f"s{day}", credits, when=at("2026-02-01") + timedelta(days=day), customer="free")
    assert said() == []
    return books


@damage.test
def test_a_drain_of_a_scope_that_is_gone(scope):
    damage.plant(f"DELETE FROM ledger_drain WHERE pool_id = {scope.id} AND line = 1 AND pos = 10")

    assert said() == [
        (
            "drains_form_a_chain",
            f"line 1 of pool {name(scope)}",
            "its counter is 25, its drains end at 10",
        )
    ]


@damage.test
def test_an_event_of_a_scope_that_says_it_lies_on_the_general_line(scope):
    damage.plant("UPDATE ledger_usageevent SET line = 0 WHERE key = 's10'")

    told = [(where, detail) for check, where, detail in said() if check == "events_fill_their_line"]
    assert (f"line 1 of pool {name(scope)}", "its counter is 25, its events end at 10") in told


@damage.test
def test_the_counter_of_a_scope_that_went_back(scope):
    damage.plant(
        f"UPDATE ledger_scopeline SET consumed = 20, posted_pos = 20 WHERE pool_id = {scope.id}"
    )

    assert {check for check, _, _ in said()} == {
        "drains_form_a_chain", "events_fill_their_line", "totals_are_what_blocks_come_to",
    }  # fmt: skip


@damage.test
def test_a_scope_whose_credits_end_elsewhere_than_its_blocks(scope):
    damage.plant(f"UPDATE ledger_scopeline SET limit_pos = 41 WHERE pool_id = {scope.id}")

    assert said() == [
        (
            "scopes_lie_on_their_lines",
            f"line 1 of pool {name(scope)}",
            "its credits end at 41, its segments at 40",
        )
    ]


@damage.test
def test_a_scope_with_other_meters_than_its_blocks(scope):
    damage.plant(f"UPDATE ledger_scopeline SET meters = '{{999}}' WHERE pool_id = {scope.id}")

    [(check, where, detail)] = said()
    assert (check, where.partition(" of ")[2]) == (
        "scopes_lie_on_their_lines",
        f"pool {name(scope)}",
    )
    assert detail.endswith("on line 1, which is not that of its scope")


@damage.test
def test_a_line_of_a_scope_that_the_pool_forgot(scope):
    damage.plant(f"UPDATE ledger_poolstate SET scope_lines = 0 WHERE pool_id = {scope.id}")

    assert said() == [
        (
            "scopes_lie_on_their_lines",
            f"pool {name(scope)}",
            "has 1 lines of scopes, numbered up to 1; its state says 0",
        )
    ]


@damage.test
def test_what_scopes_have_left_that_is_not_what_was_used(scope):
    damage.plant(f"UPDATE ledger_poolstate SET scoped_left = 40 WHERE pool_id = {scope.id}")

    [(check, where, _)] = said()
    assert (check, where) == ("totals_are_what_blocks_come_to", f"pool {name(scope)}")


@damage.test
def test_an_entry_that_does_not_balance(books):
    [entry] = JournalEntry.objects.filter(source="payment:wire")

    damage.plant(
        f"UPDATE ledger_journalline SET debit_minor = 99999 WHERE debit_minor > 0 AND"
        f" entry_id = {entry.id}"
    )

    january, *others = said()
    assert january[:2] == ("closed_months_keep_their_checksum", "month 2026-01")
    assert others == [
        ("entries_balance", f"journal entry {entry.id}", "debits 99999, credits 100000 USD")
    ]


@damage.test
def test_an_entry_without_lines(books):
    [entry] = JournalEntry.objects.filter(source="payment:wire")

    damage.plant(f"DELETE FROM ledger_journalline WHERE entry_id = {entry.id}")

    january, *others = said()
    assert january[:2] == ("closed_months_keep_their_checksum", "month 2026-01")
    assert others == [
        ("entries_balance", f"journal entry {entry.id}", "debits 0, credits 0 "),
        ("receivables_are_what_is_open", f"customer {entry.customer_id}",
         "0 of its invoices are open, its receivables are 100000 (minor units of USD)"),
    ]  # fmt: skip


@damage.test
def test_an_event_with_another_amount(books):
    after = UsageEvent.objects.get(key="f5")

    damage.plant("UPDATE ledger_usageevent SET credits = 99 WHERE key = 'f4'")

    assert said() == [
        (
            "events_fill_their_line",
            f"event {after.customer_id}-{after.id}",
            "lies at 100 of its line instead of 99",
        )
    ]


@damage.test
def test_a_state_that_stands_at_another_layout(books):
    damage.plant(f"UPDATE ledger_poolstate SET layout_no = 99 WHERE pool_id = {books.id}")

    [(check, where, detail)] = said()
    assert (check, where) == ("layouts_follow_each_other", f"pool {name(books)}")
    assert "its state says 99 and 4" in detail


@damage.test
def test_a_batch_that_received_more_than_it_stored(books):
    batch = UsageEvent.objects.get(key="f4").id >> 16

    damage.plant(f"UPDATE ledger_eventbatch SET received = 3 WHERE id = {batch}")

    assert said() == [
        (
            "messages_are_accounted_for",
            f"batch {batch}",
            "3 received, 2 stored, 0 duplicates, 0 set aside",
        )
    ]


@damage.test
def test_overage_that_no_row_knows(books):
    damage.plant("UPDATE ledger_termuse SET overage = 7 WHERE term_id <> 0")

    [(check, _, detail)] = said()
    assert (check, detail) == ("overage_is_allowed", "its state says overage 7, rows say 0")


@damage.test
def test_room_for_overage_beyond_what_the_commitment_allows(books):
    damage.plant("UPDATE ledger_poolterm SET commitment = 50000")

    assert {check for check, _, _ in said()} == {"caps_are_what_was_agreed"}
    [(_, where, detail), *_] = said()
    pool = Pool.objects.get(holder__code="c1")
    term = pool.holder.terms.get(number=1)
    assert where == f"layout 1 of pool {name(pool)}"
    assert detail == f"lets overage of term {term.id} go to 20000, agreed were 10000"


@damage.test
def test_overage_that_was_not_late_beyond_its_cap(books_break):
    _, pool, term = cast.contract_pool(cast.customer(), commitment=100, price_minor=0)
    cast.send("u1", 120, when=at("2026-02-01"))
    cast.send("late", 30, when=at("2026-02-02"), time=at("2026-01-31"))
    assert said() == []

    damage.plant("UPDATE ledger_move SET late = false WHERE type = 'OVERAGE'")

    assert said() == [
        (
            "caps_are_what_was_agreed",
            f"move 1 of pool {name(pool)}",
            f"lets overage of term {term.id} go to 50, agreed were 20",
        )
    ]


@damage.test
def test_overage_beyond_what_a_lift_allows(books_break):
    holder, pool, term = cast.contract_pool(cast.customer(), commitment=100, price_minor=0)
    caps.lift(holder, unit_id=pool.unit_id, cap=60, by="Fiona", reason="more", at=at("2026-02-01"))
    cast.send("u1", 150, when=at("2026-02-02"))
    cast.grant(pool, 10, source="b2", when=at("2026-02-03"))
    assert said() == []

    damage.plant("UPDATE ledger_caplift SET cap = 59")

    assert said() == [
        (
            "caps_are_what_was_agreed",
            f"layout {number} of pool {name(pool)}",
            f"lets overage of term {term.id} go to 60, agreed were 59",
        )
        for number in (2, 3)
    ]


def rows_touched(name: str, **asked: object) -> int:
    """How many rows the steps of a check hand on, all together; these tables have no statistics, so
    what the planner would guess without them is taken from it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.statement('ledger', f'verify/{name}')}", asked
        )
        [(told,)] = cursor.fetchall()

    def touched(step: dict) -> int:
        own = int(step["Actual Rows"] * step["Actual Loops"])
        return own + sum(touched(below) for below in step.get("Plans", ()))

    [plan] = json.loads(told) if isinstance(told, str) else told
    return touched(plan["Plan"])


@pytest.mark.django_db
def test_the_check_of_caps_costs_as_much_as_there_are_generations_not_their_square():
    """A pool has one more with every correction; a cap may be a share of all that is available."""
    cast.sign(settings={"overage_base": "TOTAL_AVAILABLE"})
    cast.run_due(cast.START)
    cast.send("u1", 100, when=at("2026-02-01"))
    event = UsageEvent.objects.get()
    wanted = limits.unset("overage_pct", "overage_base", "grace_pct")
    costs = []
    for number in (40, 120):
        while (done := Correction.objects.count()) < number:
            corrections.correct(
                event,
                credits=100 + done % 2,
                by="Fiona",
                reason="counted anew",
                at=at("2026-02-02"),
            )
        costs.append(rows_touched("caps_are_what_was_agreed", **wanted))

    assert costs[1] < 3.5 * costs[0]


@pytest.fixture
def unlocked(books) -> Entitlement:
    """The contract unlocks a feature for 5,000 of its credits; its first month is earned."""
    rate_cards.publish(
        card="std", version="v1", items=[Item("crm_sync", 5_000, kind="flat", period_months=12)],
        effective_from=cast.START, by="Sam", at=cast.START,
    )  # fmt: skip
    holder = Holder.objects.get(code="c1")
    agreements.follow_rates(holder, rate_cards.find("std"), at=at("2026-02-10"))
    made = entitlements.unlock(
        holder, item="crm_sync", source="order 1", by="Ada", at=at("2026-02-10")
    )
    cast.run_due(NOW)
    assert said() == []
    return made


@damage.test
def test_more_earned_than_was_posted(unlocked):
    damage.plant("UPDATE ledger_entitlementrelease SET cumulative_minor = cumulative_minor + 1")

    assert said() == [
        (
            "entitlements_are_deferred_until_earned",
            f"customer {unlocked.customer_id}",
            "its flat fees and licences were worth 5000 and have earned 261, account 2120 is 4740 "
            "(minor units)",
        )
    ]


@damage.test
def test_an_entitlement_s_deferred_value_that_nobody_drew(unlocked):
    entry = JournalEntry.objects.get(source__startswith="entitlement:")

    damage.plant(
        "UPDATE ledger_journalline SET debit_minor = debit_minor + 3"
        f" WHERE debit_minor > 0 AND entry_id = {entry.id}",
        "UPDATE ledger_journalline SET credit_minor = credit_minor + 3"
        f" WHERE credit_minor > 0 AND entry_id = {entry.id}",
    )

    [(check, _, detail)] = said()
    assert check == "entitlements_are_deferred_until_earned"
    assert detail.endswith("have earned 260, account 2120 is 4737 (minor units)")


@damage.test
def test_a_segment_that_begins_with_another_rest(books):
    damage.plant(
        "UPDATE ledger_segment SET u0 = u0 - 1 WHERE u0 > 0 AND layout_no ="
        f" (SELECT max(layout_no) FROM ledger_segment WHERE pool_id = {books.id})"
        f" AND pool_id = {books.id}"
    )

    [(check, _, detail)] = said()
    block = Block.objects.get(source="b1000")
    assert check == "segments_begin_where_blocks_stood"
    assert detail == f"block {block.id} begins with 200 gone and 199 used, rows say 200 and 200"


@damage.test
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ("used = used - 1", "1065, 319, 35, 0, 0, 1010, 1010"),
        ("expired = expired + 1", "1065, 320, 36, 0, 0, 1010, 1010"),
        ("granted = granted + 1", "1066, 320, 35, 0, 0, 1010, 1010"),
        ("scoped_left = 1", "1065, 320, 35, 0, 1, 1010, 1010"),
        ("stop_pos = stop_pos + 1", "1065, 320, 35, 0, 0, 1010, 1011"),
    ],
    ids=["used", "expired", "granted", "scoped", "where the line stops"],
)
def test_a_pool_whose_totals_are_not_what_its_blocks_come_to(books, changed, says):
    damage.plant(f"UPDATE ledger_poolstate SET {changed} WHERE pool_id = {books.id}")

    assert said() == [
        (
            "totals_are_what_blocks_come_to",
            f"pool {name(books)}",
            "rows come to granted 1065, used 320, expired 35, voided 0, scoped 0, its credits end at "
            f"1010, overage at 1010; its state says {says}",
        )
    ]


@damage.test
def test_a_document_with_other_bytes(books):
    damage.plant("UPDATE lib_storedfile SET content = 'as it was not' WHERE name = 'paper'")

    [(check, where, detail)] = said()
    assert (check, where) == ("documents_are_as_stored", "document paper")
    assert detail.startswith("its bytes hash to ")
