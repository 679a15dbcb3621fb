"""Does what intake does as a good engineer would in ten minutes: Django's ORM, one event at a time.

A transaction per event: the event is stored unless it is known, the blocks of the customer's pool are
locked in draw order, and each gives what it has until the price is paid. It is honest work: indexed, without
races, exact to the credit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connections, models, transaction

from bench import market
from bench.market import Market
from bench.recount import Differs, Recount
from ledger.api.bodies import NativeEvent


class Block(models.Model):
    """A lot of credits of a customer's unit; for one meter only where `meter` is said."""

    customer = models.CharField(max_length=50)
    unit = models.CharField(max_length=20)
    source = models.CharField(max_length=20)
    meter = models.CharField(max_length=20)
    priority = models.IntegerField()
    remaining = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        indexes = (models.Index(fields=("customer", "unit", "priority"), name="bench_block_order"),)


class Event(models.Model):
    """A usage event."""

    customer = models.CharField(max_length=50)
    key = models.CharField(max_length=64)
    meter = models.CharField(max_length=20)
    quantity = models.BigIntegerField()
    credits = models.BigIntegerField()
    time = models.DateTimeField()
    refused = models.BooleanField(default=False)

    class Meta:
        app_label = "bench"
        constraints = (
            models.UniqueConstraint(fields=("customer", "key"), name="bench_event_once"),
        )


class Draw(models.Model):
    """What an event drew from a block."""

    event = models.ForeignKey(Event, models.PROTECT)
    block = models.ForeignKey(Block, models.PROTECT)
    credits = models.BigIntegerField()

    class Meta:
        app_label = "bench"


class Loop:
    """The market's pools as rows of these tables."""

    def __init__(self, sold: Market) -> None:
        owner = connections["owner"]
        with owner.schema_editor() as editor:
            for model in (Block, Event, Draw):
                editor.create_model(model)
        with owner.cursor() as cursor:
            cursor.execute("GRANT ALL ON bench_block, bench_event, bench_draw TO PUBLIC")
            cursor.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO PUBLIC")
        self._sold = sold
        self._recount = Recount(sold)
        self._cards = {sold.code(rank): sold.card(rank) for rank in range(sold.customers)}
        Block.objects.bulk_create(_blocks(sold), batch_size=2_000)

    def prepare(self, events: Sequence[NativeEvent]) -> None:
        """Nothing is missing."""

    def take(self, events: Sequence[NativeEvent]) -> None:
        """Take in these events, one by one."""
        for event in events:
            card = self._cards[event.customer]
            _take(event, int(event.quantity or 0) * market.rate(card, event.meter))
            # The plain model beside it costs next to nothing of the time that this takes.
            self._recount.take([event])

    def compare(self) -> None:
        """Raise Differs unless every event drew from the very blocks that it should."""
        found: dict[tuple[str, str], list[tuple[str, int]]] = {
            key: [] for key in Event.objects.values_list("customer", "key")
        }
        drawn = Draw.objects.order_by("id").select_related("event", "block")
        for draw in drawn:
            identity = (draw.event.customer, draw.event.key)
            found[identity].append((draw.block.source, draw.credits))
        if found != self._recount.draws:
            raise Differs("the plain ORM loop drew from other blocks than the recount")


@transaction.atomic
def _take(sent: NativeEvent, credits: int) -> None:
    event, is_new = Event.objects.get_or_create(
        customer=sent.customer,
        key=sent.id,
        defaults={
            "meter": sent.meter,
            "quantity": int(sent.quantity or 0),
            "credits": credits,
            "time": sent.time,
        },
    )
    if not is_new:
        return
    blocks = list(
        Block.objects.select_for_update()
        .filter(
            customer=sent.customer,
            unit=market.unit(sent.meter),
            meter__in=("", sent.meter),
            remaining__gt=0,
        )
        .order_by("priority", "expires_at", "id")
    )
    if sum(block.remaining for block in blocks) < credits:
        event.refused = True
        event.save(update_fields=["refused"])
        return
    for block in blocks:
        if not credits:
            break
        drawn = min(block.remaining, credits)
        block.remaining -= drawn
        block.save(update_fields=["remaining"])
        Draw.objects.create(event=event, block=block, credits=drawn)
        credits -= drawn


def _blocks(sold: Market) -> list[Block]:
    found: list[Any] = []
    for rank in range(sold.customers):
        kind = sold.kind(rank)
        for unit in (market.unit("m0"), market.unit("d0")):
            for priority, (source, credits) in enumerate(market.blocks(kind, unit)):
                found.append(
                    Block(
                        customer=sold.code(rank),
                        unit=unit,
                        source=source,
                        meter=market.SCOPED_METER if source == "0" and kind == "scoped" else "",
                        priority=priority,
                        remaining=credits,
                        expires_at=market.END + timedelta(days=1),
                    )
                )
    return found
