"""Faults to plant in the ledger, one at a time: a judge that does not notice them is no judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from creditops.lib import calendar, sql
from ledger import (
    corrected_sums,
    corrections,
    daily_credits,
    drawdown,
    entitlements,
    hold_ends,
    line,
    locked_pools,
    moving,
    periods,
    pool_books,
    provider_costs,
    rating,
    resolving,
    seats,
    tariffs,
)
from ledger.line import LATE_AFTER
from ledger.seats import Use

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
    plant(line.Line, "room", property(lambda of: of.stop - of.consumed))
    plant(line.Line, "covers_holds", True)


def holds_outlive_their_end(plant: Plant) -> None:
    """What lapsed goes on being held until a sweep comes, and for ever if none does."""
    plant(locked_pools, "_lapse_holds", lambda states, now: None)


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

    def room(of: line.Line) -> int:
        return of.stop - of.consumed - min(of.held, max(0, of.limit - of.consumed))

    plant(moving, "_overage_refused", overage_refused)
    plant(line.Line, "room", property(room))


def days_wait_for_the_sweep(plant: Plant) -> None:
    """A day's credits are not there before a sweep has made its block."""
    plant(daily_credits, "bring_up_to_date", lambda lines, now: False)


def seats_are_not_counted(plant: Plant) -> None:
    """Users draw as if each batch were their first in the month."""
    plant(seats.Seats, "write", lambda book: None)


def inside_a_batch_seats_stay_as_they_were(plant: Plant) -> None:
    """What a user's earlier events in the same batch took is not looked at."""
    usual = seats.Seats.left

    def left(book: seats.Seats, *args: Any) -> int | None:
        drawn, book.drawn = book.drawn, {}
        try:
            return usual(book, *args)
        finally:
            book.drawn = drawn

    plant(seats.Seats, "left", left)


def holds_leave_seats_alone(plant: Plant) -> None:
    """What is on hold for a user is not looked at."""
    plant(seats, "Use", lambda used=0, held=0: Use(used, 0))


def corrections_keep_their_seat(plant: Plant) -> None:
    """Credits that come back don't come back to the user."""
    plant(seats, "correct", lambda *args: None)


def late_use_needs_a_seat(plant: Plant) -> None:
    """What was used is refused because its user had no more."""
    usual = drawdown.Drawing._seat_is_short

    def seat_is_short(drawing: drawdown.Drawing, event: Any, credits: Any) -> bool:
        late, event.late = event.late, False
        try:
            return usual(drawing, event, credits)
        finally:
            event.late = late

    plant(drawdown.Drawing, "_seat_is_short", seat_is_short)


def the_first_rate_that_matches_prices(plant: Plant) -> None:
    """The provider's price is not looked for where there is one for all."""

    def narrowest(matching: Any) -> list[Any]:
        found: dict[Any, Any] = {}
        for rate in matching:
            found.setdefault((rate.property, rate.unit_id), rate)
        return list(found.values())

    plant(tariffs, "narrowest", narrowest)


def one_property_is_as_narrow_as_two(plant: Plant) -> None:
    """Of a price for a provider and one for its model the first on the card counts."""

    def narrowest(matching: Any) -> list[Any]:
        found: dict[Any, Any] = {}
        for rate in matching:
            key = (rate.property, rate.unit_id)
            if key not in found or (rate.match and not found[key].match):
                found[key] = rate
        return list(found.values())

    plant(tariffs, "narrowest", narrowest)


def new_prices_price_what_was_used_before(plant: Plant) -> None:
    """The newest version acts, whenever the usage was and the version begins."""
    plant(tariffs, "_acting", lambda versions, time: versions[-1] if versions else None)


def locks_are_forgotten(plant: Plant) -> None:
    """Who has a right to the old price pays the new one."""
    usual = tariffs.PriceBook.tariff

    def tariff(book: tariffs.PriceBook, holder_id: int, time: datetime) -> Any:
        rows = book._assigned.get(holder_id, ())
        unlocked = tuple(row._replace(pinned_id=None) for row in rows)
        book._assigned = {**book._assigned, holder_id: unlocked}
        return usual(book, holder_id, time)

    plant(tariffs.PriceBook, "tariff", tariff)


def prices_begin_an_instant_late(plant: Plant) -> None:
    """Versions, and what follows a lock, act from one microsecond after their instant on."""
    usual = tariffs.PriceBook.tariff

    def tariff(book: tariffs.PriceBook, holder_id: int, time: datetime) -> Any:
        return usual(book, holder_id, time - timedelta(microseconds=1))

    plant(tariffs.PriceBook, "tariff", tariff)


def choices_are_forgotten(plant: Plant) -> None:
    """Whatever the customer chose, the old price counts."""
    plant(tariffs.PriceBook, "chosen", lambda book, holder_id, item, time: item)


def ended_actions_keep_their_price(plant: Plant) -> None:
    """What no version in force has goes on costing what it did."""
    usual = tariffs.PriceBook.rates

    def rates(book: tariffs.PriceBook, holder: int, tariff: Any, event: Any, *args: Any, **kw: Any):
        return usual(book, holder, tariff, event, *args, **kw) or book._retired(
            tariff, event, *args
        )

    plant(tariffs.PriceBook, "rates", rates)


def what_providers_charge_is_rounded_day_by_day(plant: Plant) -> None:
    """Parts of a cent are lost between postings."""
    usual = provider_costs._decimal
    plant(provider_costs, "_decimal", lambda cost: usual(cost).quantize(Decimal("0.01")))


def what_is_passed_on_is_revenue(plant: Plant) -> None:
    """An agent books gross."""
    plant(drawdown, "AGENT", drawdown.USAGE)


def a_day_of_access_is_earned_too_late(plant: Plant) -> None:
    """The last day of a month counts in the next one."""
    usual = calendar.days_passed

    def days_passed(starts_on: date, ends_on: date, through: date) -> int:
        return usual(starts_on, ends_on, calendar.day_before(through))

    plant(calendar, "days_passed", days_passed)


def licences_run_from_the_day_they_are_added(plant: Plant) -> None:
    """A licence's period does not begin with the month."""
    usual = entitlements.charge_licences

    def charge_licences(holder: Any, *, at: datetime, **fields: Any) -> Any:
        return usual(holder, at=at, starts_on=at.date(), **fields)

    plant(entitlements, "charge_licences", charge_licences)


def only_the_first_unit_can_be_scoped(plant: Plant) -> None:
    """Of two units that an event draws, the second one's scoped credits are passed by."""
    usual = drawdown.Drawing._fits_windows

    def fits_windows(drawing: drawdown.Drawing, event: Any) -> bool:
        charges, event.charges = event.charges, event.charges[:1]
        try:
            return usual(drawing, event)
        finally:
            event.charges = charges

    plant(drawdown.Drawing, "_fits_windows", fits_windows)


def ended_terms_still_cover(plant: Plant) -> None:
    """A contract pays for what comes after it, or before."""
    plant(resolving.HeldTerms, "covers", lambda holder, time: bool(holder.terms))


def any_of_two_contracts_pays(plant: Plant) -> None:
    """Which contract is the default is not looked at, and doubt is no reason."""
    usual = resolving._take_covering

    def take_covering(event: Any, candidates: list[Any], book: Any, at: datetime) -> None:
        fit = [h for h in candidates if h.covers(event.time) and resolving._prices(h, event, book)]
        others = [h for h in candidates if h.key.kind == "open"]
        usual(event, [*fit[:1], *others], book, at)

    plant(resolving, "_take_covering", take_covering)


def layouts_that_are_over_tell_totals(plant: Plant) -> None:
    """What a pool comes to is read from a layout that is not the right one any more."""
    _cut_out(plant, "AND (s.relay_at IS NULL OR s.relay_at > %(at)s)")


def use_that_lies_ahead_counts_now(plant: Plant) -> None:
    """What a pool comes to counts use of some minutes ahead."""
    _cut_out(plant, "AND s.current_from <= %(at)s")


def scoped_credits_are_left_out(plant: Plant) -> None:
    """What a pool comes to knows only credits that are laid out."""
    _cut_out(plant, "+ s.scoped_left")


def _cut_out(plant: Plant, condition: str) -> None:
    usual = sql.statement
    assert condition in usual("ledger", "pool_totals")
    plant(sql, "statement", lambda package, name: usual(package, name).replace(condition, ""))


def voids_forget_the_second_unit(plant: Plant) -> None:
    """A void gives back what was drawn in the first unit."""
    plant(corrections, "_parts", lambda event: [])


def void_events_stay_in_running_sums(plant: Plant) -> None:
    """What a void event brought to the next whole credit goes on counting."""
    plant(corrected_sums, "correct", lambda *args, **fields: None)


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
    seats_are_not_counted,
    inside_a_batch_seats_stay_as_they_were,
    holds_leave_seats_alone,
    corrections_keep_their_seat,
    late_use_needs_a_seat,
    the_first_rate_that_matches_prices,
    one_property_is_as_narrow_as_two,
    new_prices_price_what_was_used_before,
    locks_are_forgotten,
    prices_begin_an_instant_late,
    choices_are_forgotten,
    ended_actions_keep_their_price,
    what_providers_charge_is_rounded_day_by_day,
    what_is_passed_on_is_revenue,
    a_day_of_access_is_earned_too_late,
    licences_run_from_the_day_they_are_added,
    only_the_first_unit_can_be_scoped,
    ended_terms_still_cover,
    any_of_two_contracts_pays,
    layouts_that_are_over_tell_totals,
    use_that_lies_ahead_counts_now,
    scoped_credits_are_left_out,
    voids_forget_the_second_unit,
    void_events_stay_in_running_sums,
)

# In which history those show first that few do: the search begins there. It goes on over all others, so
# that a number that is out of date costs time and no more.
SHOWS_IN = {
    expired_blocks_still_pay: 4,
    all_credits_have_one_class: 4,
    corrections_give_back_the_first_draw_first: 8,
    returned_credits_of_an_ended_block_stay: 6,
    usage_posts_into_closed_months: 6,
    holds_are_forgotten: 10,
    holds_outlive_their_end: 4,
    captures_keep_their_hold: 4,
    holds_beyond_the_balance_leave_the_cap_alone: 30,
    inside_a_batch_seats_stay_as_they_were: 3,
    holds_leave_seats_alone: 22,
    corrections_keep_their_seat: 3,
    locks_are_forgotten: 3,
    prices_begin_an_instant_late: 7,
    what_providers_charge_is_rounded_day_by_day: 2,
    only_the_first_unit_can_be_scoped: 26,
    ended_terms_still_cover: 2,
    any_of_two_contracts_pays: 6,
}
