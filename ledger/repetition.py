"""Answers whether a message is a repetition: the same again, or another under the same identity.

An event's identity is (customer, source, key), for ever (L7). Two messages are the same when every
field that the second one gives equals what is stored; a field that it leaves out is not compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from creditops.lib import binary
from ledger import data_digests, messages
from ledger.models import EventSource
from ledger.remembered import Memory
from ledger.resolving import Event

_COMPARED = ("contract", "meter", "time", "quantity", "user")


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored under an identity. A field that is None in `fields` was not given then;
    one that is missing can't be compared."""

    fields: Mapping[str, Any]
    data: Mapping[str, Any]
    data_is_whole: bool
    quantity_property: str = ""
    credits: int | None = None
    uid: str = ""
    # In the place of `data` that was moved to an archive file.
    data_digest: bytes | None = None

    def same(self, event: Event) -> bool:
        """Whether `event`'s message says again what is stored."""
        body = event.message.body()
        data = dict(body.pop("data", {}))
        body.pop("customer", None)
        body.pop("account", None)
        if self.quantity_property in data and "quantity" not in body:
            body["quantity"] = str(data.pop(self.quantity_property))
        given = {name: _comparable(name, value) for name, value in body.items()}
        return all(
            value == _comparable(name, self.fields[name])
            for name, value in given.items()
            if name in self.fields
        ) and all(self._has(name, value) for name, value in data.items())

    def _has(self, name: str, value: Any) -> bool:
        """Whether the data says so, or nothing where it needn't say all."""
        if self.data_digest is not None:
            return data_digests.agrees(self.data_digest, name, value)
        left_out = not self.data_is_whole and name not in self.data
        return left_out or str(value) == str(self.data.get(name))


def source_ids(names: set[str], memory: Memory) -> dict[str, int]:
    """The ids of these event sources, made where they are new.

    `memory`: of this session, brought up to date in this transaction.
    """
    if names <= memory.sources.keys():
        return {name: memory.sources[name] for name in names}
    found = dict(EventSource.objects.filter(name__in=names).values_list("name", "id"))
    missing = sorted(names - found.keys())
    if missing:
        EventSource.objects.bulk_create(
            [EventSource(name=name) for name in missing], ignore_conflicts=True
        )
        found = dict(EventSource.objects.filter(name__in=names).values_list("name", "id"))
    memory.learn_sources_if_kept(found)
    return found


def mark(
    events: Sequence[Event], sources: Mapping[str, int], *, admitted: bool = False
) -> list[Known | None]:
    """Give repetitions their status: `duplicate`, or `conflict`. Everything else is new.

    Call it with the pools locked, so that what another batch stored is seen. Returns per event what
    is stored already; the first of two equal messages inside the batch counts as stored for the
    second. `admitted` messages come from the exceptions themselves, which are not looked at then.
    """
    stored = _stored(events, sources, among_exceptions=not admitted)
    first: dict[tuple[str, int, str], Known] = {}
    known: list[Known | None] = []
    for event, found in zip(events, stored, strict=True):
        identity = (_customer(event), sources[event.message.source], event.message.key)
        before = found or first.get(identity)
        known.append(before)
        if before is None:
            first[identity] = _as_known(event)
        else:
            event.status = messages.DUPLICATE if before.same(event) else messages.CONFLICT
            event.code = "" if event.status == messages.DUPLICATE else messages.CONFLICT
    return known


def _stored(
    events: Sequence[Event], sources: Mapping[str, int], *, among_exceptions: bool
) -> list[Known | None]:
    if not events:
        return []
    asked = {
        "sources": binary.bigints([sources[event.message.source] for event in events]),
        "keys": binary.texts([event.message.key.encode() for event in events]),
    }
    found: list[Known | None] = [None] * len(events)
    if among_exceptions:
        codes = binary.texts([_customer(event).encode() for event in events])
        for order, _, _, _, text in binary.rows(
            "ledger", "known_exceptions", False, codes=codes, **asked
        ):
            body = json.loads(text)
            fields = {name: body.get(name) for name in _COMPARED}
            found[order] = Known(fields, body.get("data", {}), data_is_whole=True)
    # No customer has the number 0.
    customers = binary.bigints([event.customer_id or 0 for event in events])
    for row in binary.rows("ledger", "known_events", False, customers=customers, **asked):
        found[row[0]] = _from_event(row)
    return found


def _from_event(row: Sequence[Any]) -> Known:
    (_, customer, event, contract, meter, time, quantity, quantity_property, has_user, user, data,
     credits, data_digest) = row  # fmt: skip
    fields = {"contract": contract, "meter": meter, "time": time, "quantity": quantity}
    if not has_user or user is not None:
        fields["user"] = user
    return Known(
        fields,
        json.loads(data) if data else {},
        data_is_whole=False,
        quantity_property=quantity_property,
        credits=credits,
        uid=messages.uid(customer, event),
        data_digest=data_digest,
    )


def _as_known(event: Event) -> Known:
    """A message of this batch, as the next one with its identity will be compared with it."""
    message = event.message
    fields = {
        "contract": event.holder.code if event.holder else message.contract,
        "meter": message.meter,
        "time": event.time,
        "quantity": event.quantity,
        "user": message.user,
    }
    prop = event.meter.quantity_property if event.meter else ""
    return Known(fields, dict(message.data), data_is_whole=False, quantity_property=prop)


def _customer(event: Event) -> str:
    """The customer part of an identity: the paying customer's code where it is known."""
    return event.holder.customer_code if event.holder else event.message.customer


def _comparable(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "time":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if name == "quantity":
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return str(value)
    return str(value)
