"""Answers with tables that follow an event to its rate, to the blocks that paid, into the journal (S73)."""

from __future__ import annotations

from creditops.lib.admin_columns import NOTHING, amount, count, instant, link
from creditops.lib.admin_tables import Listing
from ledger import evidence, explain
from ledger.admin.journal import lines_of
from ledger.models import Block, Correction, Rate, UsageEvent, UsagePart


def tables(event: UsageEvent) -> list[Listing]:
    """Everything that is known about what the event cost and who paid."""
    found = [_rates(event), _draws(event), _corrections(event), _entries(event)]
    return [listing for listing in found if listing is not None]


def _rates(event: UsageEvent) -> Listing | None:
    """The rates of the tariff's version that price its meter; of several those that match. Nobody can say
    which while the event's data lies in an archive file."""
    if event.tariff_id is None or event.data_digest is not None:
        return None
    data = event.data or {}
    rates = Rate.objects.filter(tariff_id=event.tariff_id, meter_id=event.meter_id)
    rows = [
        (rate.item, rate.property or "quantity", rate.get_kind_display(), count(rate.credits),
         count(rate.per), rate.unit.name)
        for rate in rates.select_related("unit").order_by("id")
        if all(str(data.get(name)) == value for name, value in rate.match.items())
    ]  # fmt: skip
    heads = ("Action", "Of its", "Kind", "#Credits", "#Per", "Unit")
    return Listing(f"Rate: {event.tariff}", heads, rows)


def _draws(event: UsageEvent) -> Listing:
    draws = explain.draws(event)
    blocks = {
        block.id: block
        for block in Block.objects.filter(
            customer_id=event.customer_id, id__in=[d.block_id for d in draws if d.block_id]
        )
    }
    rows = [
        (
            link(blocks[d.block_id]) if d.block_id is not None else "overage",
            d.block_kind or NOTHING,
            "on the line" if d.of_seq is None else f"move {d.of_seq}",
            count(d.credits),
            amount(d.value, d.currency),
        )
        for d in draws
    ]
    sums = ("Together", "", "", count(sum(d.credits for d in draws)), _value(draws))
    return Listing(
        "Who paid", ("Block", "Kind", "Drawn", "#Credits", "#Value"), rows, sums if rows else (),
        empty="It drew nothing.",
    )  # fmt: skip


def _value(draws: list[explain.Draw]) -> str:
    currencies = {draw.currency for draw in draws}
    if len(currencies) != 1:
        return ""
    return amount(sum(draw.value for draw in draws), currencies.pop())


def _corrections(event: UsageEvent) -> Listing | None:
    where = {"customer_id": event.customer_id, "event_id": event.id}
    corrections = Correction.objects.filter(**where).select_related("unit").order_by("no")
    parts = UsagePart.objects.filter(**where).select_related("unit")
    rows = [
        (f"{c.no}", "void" if c.void else "corrected", count(c.credits), c.unit.name,
         instant(c.recorded_at), c.corrected_by, c.reason)
        for c in corrections
    ]  # fmt: skip
    rows += [
        ("–", "also drew", count(p.credits), p.unit.name, NOTHING, NOTHING, NOTHING) for p in parts
    ]
    if not rows:
        return None
    heads = ("No", "What", "#Credits", "Unit", "Recorded", "By", "~Reason")
    return Listing("Corrections and further draws", heads, rows)


def _entries(event: UsageEvent) -> Listing:
    return lines_of(
        evidence.entries(event),
        title="Journal entries behind it",
        empty="Not posted yet: usage is posted for the whole pool, at the latest when its month is "
        "closed.",
    )
