"""Does the writing of plain usage that was drawn: events and drains, as tables of bytes for COPY."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from creditops.lib import binary
from creditops.lib.binary import Integers
from ledger import columns, messages
from ledger.fast_lane import Placed
from ledger.locked_pools import Pools
from ledger.models import UsageEvent
from ledger.plain_usage import Plain

_EVENT = (
    "customer_id, source_id, id, event_time, recorded_at, meter_id, holder_id, pool_id, credits,"
    " status, code, line, pos, quantity, data, key, member_id, tariff_id, user_id"
)
_DRAIN = (
    "customer_id, pool_id, line, pos, pos_end, layout_no, batch_id, events, posting_date, time_min,"
    " time_max, recorded_at, revenue_class"
)
_DAY_2000 = date(2000, 1, 1).toordinal()
_KEY_START = 8
# So many rows are made while the server stores those before.
_PIECE = 2_000


def write_drains(placed: Placed, pools: Pools, batch_id: int) -> None:
    """Write the runs of placed events; the layouts that they lie in are written."""
    runs, states = placed.runs, pools.states
    if runs is None:
        return
    at = columns.microseconds(placed.plain.at) - binary.EPOCH_2000
    kinds = np.array(runs.kind)
    columns_of = [
        (binary.BIGINT, states.customer_id[runs.pool]),
        (binary.BIGINT, states.pool_id[runs.pool]),
        (binary.SMALLINT, runs.line),
        (binary.BIGINT, runs.pos),
        (binary.BIGINT, runs.pos_end),
        (binary.INTEGER, states.layout_no[runs.pool]),
        (binary.BIGINT, batch_id),
        (binary.INTEGER, runs.events),
        (binary.INTEGER, runs.posted - _DAY_2000),
        (binary.BIGINT, runs.since - binary.EPOCH_2000),
        (binary.BIGINT, runs.until - binary.EPOCH_2000),
        (binary.BIGINT, at),
    ]
    binary.copy(
        f"ledger_drain ({_DRAIN})",
        (
            binary.table(len(chosen), [*_chosen(columns_of, chosen), binary.text(kind)])
            for kind in sorted(set(runs.kind))
            for chosen in [np.flatnonzero(kinds == kind)]
        ),
    )


@dataclass(slots=True)
class _Part:
    """Events that met one fate, ready to be written: columns of their rows, and in which order and pieces."""

    columns: Sequence[binary.Column]
    keys: NDArray[np.bytes_]
    lengths: Integers
    optional: Sequence[Integers]
    pieces: Sequence[Integers]

    def rows(self) -> Iterator[bytes]:
        """The rows, piece by piece."""
        for chosen in self.pieces:
            key = binary.text_of(int(self.lengths[chosen[0]]), self.keys[chosen])
            optional = [
                (binary.BIGINT, values[chosen]) if values[chosen[0]] else binary.NULL
                for values in self.optional
            ]
            yield binary.table(len(chosen), [*_chosen(self.columns, chosen), key, *optional])


def ready(placed: Placed, batch_id: int, sources: Mapping[str, int]) -> list[_Part]:
    """Make ready what `write` writes."""
    drawn = [
        binary.text(UsageEvent.Status.APPLIED.value),
        binary.text(""),
        (binary.SMALLINT, placed.number),
        (binary.BIGINT, placed.pos),
    ]
    parts = [(placed.plain, drawn)]
    parts += [(plain, _refused(code)) for code, plain in placed.refusals]
    return [_part(*part, batch_id, sources) for part in parts if len(part[0])]


def _refused(code: str) -> list[binary.Column]:
    return [
        binary.text(UsageEvent.Status.REFUSED.value),
        binary.text(code),
        binary.NULL,
        binary.NULL,
    ]


def write(parts: Sequence[_Part]) -> None:
    """Write the rows of events that were placed or refused, each in the order of their key."""
    if parts:
        rows = (piece for part in parts for piece in part.rows())
        binary.copy(f"ledger_usageevent ({_EVENT})", rows)


def _part(
    plain: Plain,
    fate: Sequence[binary.Column],
    batch_id: int,
    sources: Mapping[str, int],
) -> _Part:
    groups, group = plain.groups, plain.group
    names, lengths = _texts(plain.texts(plain.batch.key))
    customer, source = plain.customer, plain.sources(sources)
    member = groups.member[group]
    tariffs = [price.tariff_id or 0 for price in groups.prices]
    tariff = np.array(tariffs, dtype=np.int64)[groups.price][group]
    begins = names.astype(f"S{_KEY_START}").view(">u8")
    columns_of = [
        (binary.BIGINT, customer),
        (binary.INTEGER, source),
        (binary.BIGINT, messages.event_id(batch_id, 0) + plain.index),
        (binary.BIGINT, plain.time - binary.EPOCH_2000),
        (binary.BIGINT, columns.microseconds(plain.at) - binary.EPOCH_2000),
        (binary.BIGINT, groups.meter_ids()[group]),
        (binary.BIGINT, groups.holder_ids()[group]),
        (binary.BIGINT, plain.pool),
        (binary.BIGINT, plain.credits),
        *fate,
        (binary.NUMERIC, binary.numerics(plain.quantity)),
        binary.NULL,
    ]
    # Rows whose texts are of one length, and which have the same values at all, are one table.
    kind = np.stack((lengths, member > 0, tariff > 0, plain.user > 0), axis=1)
    order = np.lexsort((begins, source, customer, *kind.T[::-1]))
    ends = np.flatnonzero(np.diff(kind[order], axis=0).any(axis=1)) + 1
    pieces = np.split(order, np.union1d(ends, np.arange(_PIECE, len(order), _PIECE)))
    return _Part(columns_of, names, lengths, (member, tariff, plain.user), pieces)


def _texts(values: Sequence[str]) -> tuple[NDArray[np.bytes_], Integers]:
    """Texts as bytes, and how many each has."""
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    together, longest = "".join(values), int(lengths.max())
    if together.isascii() and int(lengths.min()) == longest:
        return np.frombuffer(together.encode(), dtype=f"S{longest}"), lengths
    encoded = [value.encode() for value in values]
    return np.array(encoded), np.fromiter(map(len, encoded), np.int64, len(encoded))


def _chosen(fields: Sequence[binary.Column], rows: Integers) -> list[binary.Column]:
    """Columns of some rows; what is the same in every row stays."""
    return [
        (kind, values[rows] if isinstance(values, np.ndarray) else values)
        for kind, values in fields
    ]
