"""Faults to plant in the ledger, one at a time: a judge that does not notice them is no judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from creditops.lib import sql
from ledger import (
    daily_credits,
    drawdown,
    hold_ends,
    line,
    moving,
    periods,
    pool_books,
    rating,
    resolving,
)
from ledger.line import LATE_AFTER

# Sets an attribute for the time of a test.
Plant = Callable[[Any, str, Any], None]


def any_event_fits_the_line(plant: Plant) -> None:
    """The window is not looked at: late events draw what is laid out."""
    plant(line.Window, "holds", lambda window, instant: window.since is not None)


def expired_blocks_still_pay(plant: Plant) -> None:
    """The end of a block is not looked at when the line is laid out."""
    plant(line.Block, "usable_at", lambda block, now: block.effective_at <= now)


def the_term_is_not_looked_at(plant: Plant) -> None:
    """Late events draw from blocks of a later term."""
    usual = moving.eligible

    def eligible(block: line.Block, use: moving.Use, now: datetime) -> bool:
        block.term_start = min(block.term_start, use.time)
        return usual(block, use, now)

    plant(moving, "eligible", eligible)


def all_credits_have_one_class(plant: Plant) -> None:
    """Promotional credits don't burn first."""
    usual = line.in_draw_order

    def in_draw_order(blocks: Any, *, expiry_first: bool) -> Any:
        found = list(blocks)
        for block in found:
            block.priority = 50
        return usual(found, expiry_first=expiry_first)

    plant(line, "in_draw_order", in_draw_order)
    plant(moving, "in_draw_order", in_draw_order)


def nothing_that_expired_comes_back(plant: Plant) -> None:
    """A late event gets nothing from a block that expired meanwhile."""

    def draw_from(of: line.Line, block: line.Block, time: datetime, wanted: int) -> moving.Draw:
        return moving.Draw(block, min(wanted, of.left(block)))

    plant(moving, "_draw_from", draw_from)


def corrections_give_back_the_first_draw_first(plant: Plant) -> None:
    """Draws are reversed in the wrong order."""
    usual = moving.give_back

    def give_back(of: line.Line, use: Any, drawn: Any, *args: Any, **kwargs: Any) -> None:
        usual(of, use, list(reversed(drawn)), *args, **kwargs)

    plant(moving, "give_back", give_back)


def returned_credits_of_an_ended_block_stay(plant: Plant) -> None:
    """What comes back to an ended block does not lapse."""
    plant(line.Block, "expired_by", lambda block, now: False)


def the_cap_is_always_of_the_commitment(plant: Plant) -> None:
    """What is available besides is not looked at."""
    plant(line.Line, "cap", lambda of, term, now: term.cap)


def usage_posts_into_closed_months(plant: Plant) -> None:
    """The state of the month is not looked at."""
    plant(periods.Months, "posting_date", lambda months, economic: economic)


def five_minutes_are_late(plant: Plant) -> None:
    """An event is late one microsecond too early."""
    plant(resolving, "LATE_AFTER", LATE_AFTER - timedelta(microseconds=1))


def packs_are_rounded_up(plant: Plant) -> None:
    """Fractions are drawn instead of carried on."""
    plant(
        rating.RunningSum,
        "would_draw",
        lambda total, credits: max(0, -(-(total.carry + credits) // 1)),
    )


def values_begin_at_nothing(plant: Plant) -> None:
    """Segments forget what their cost layer has released before them."""
    usual = line._segment

    def segment(*args: Any) -> line.Segment:
        made = usual(*args)
        made.r0 = 0
        return made

    plant(line, "_segment", segment)


def late_use_settles_and_does_not_lay_out(plant: Plant) -> None:
    """Moves are made and the line goes on as if nothing had happened."""
    plant(drawdown.Drawing, "_lay_out_moved", lambda drawing, reason: None)


def only_open_blocks_are_read(plant: Plant) -> None:
    """The oldest event time is forgotten when blocks are read."""
    usual = pool_books.add_detail

    def add_detail(lines: Any, now: datetime, *, horizons: Any = None, blocks: Any = ()) -> Any:
        return usual(lines, now, blocks=blocks)

    plant(pool_books, "add_detail", add_detail)


def the_cap_is_forgotten(plant: Plant) -> None:
    """Overage has no cap."""
    plant(moving, "_overage_refused", lambda *args: "")


def posting_forgets_its_marks(plant: Plant) -> None:
    """Usage is posted again with every run."""
    usual = sql.run

    def run(package: str, name: str, **parameters: Any) -> int:
        return 0 if name == "advance_posting_marks" else usual(package, name, **parameters)

    plant(sql, "run", run)


def holds_are_forgotten(plant: Plant) -> None:
    """Events on the line draw what is on hold."""
    plant(line.Line, "room", lambda of, now: of.stop - of.consumed)


def holds_outlive_their_end(plant: Plant) -> None:
    """What lapsed goes on being held until a sweep comes, and for ever if none does."""
    plant(pool_books, "_lapse_holds", lambda lines, now: None)


def captures_keep_their_hold(plant: Plant) -> None:
    """The credits of a captured hold don't come back."""
    plant(hold_ends, "give_back", lambda *args: None)


def holds_beyond_the_balance_leave_the_cap_alone(plant: Plant) -> None:
    """The room for overage is given away twice."""
    usual = moving._overage_refused

    def overage_refused(of: line.Line, *args: Any) -> str:
        held, of.held = of.held, 0
        try:
            return usual(of, *args)
        finally:
            of.held = held

    def room(of: line.Line, now: datetime) -> int:
        return of.stop - of.consumed - min(of.held, max(0, of.limit - of.consumed))

    plant(moving, "_overage_refused", overage_refused)
    plant(line.Line, "room", room)


def days_wait_for_the_sweep(plant: Plant) -> None:
    """A day's credits are not there before a sweep has made its block."""
    plant(daily_credits, "bring_up_to_date", lambda lines, now: False)


FAULTS = (
    any_event_fits_the_line,
    expired_blocks_still_pay,
    the_term_is_not_looked_at,
    all_credits_have_one_class,
    nothing_that_expired_comes_back,
    corrections_give_back_the_first_draw_first,
    returned_credits_of_an_ended_block_stay,
    the_cap_is_always_of_the_commitment,
    usage_posts_into_closed_months,
    five_minutes_are_late,
    packs_are_rounded_up,
    values_begin_at_nothing,
    late_use_settles_and_does_not_lay_out,
    only_open_blocks_are_read,
    the_cap_is_forgotten,
    posting_forgets_its_marks,
    holds_are_forgotten,
    holds_outlive_their_end,
    captures_keep_their_hold,
    holds_beyond_the_balance_leave_the_cap_alone,
    days_wait_for_the_sweep,
)
