"""Answers how our intake compares with other ways to keep credits, on the same customers and the same skew.

| peer | does of an event |
|---|---|
| a plain ORM loop | stores and deduplicates it, draws blocks oldest first under a lock |
| pgledger | one transfer, by its batch call; no deduplication or blocks; `--pgledger` names a checkout |
| django-hordak | one transfer of two legs; no deduplication or blocks; where it is installed |

Nothing of a peer's code is here. Everybody is recounted: a peer whose sums are wrong has no ratio either.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

from bench import market, peer_hordak, peer_orm, peer_pgledger, timing, turns
from bench.market import Market
from bench.recount import Recount
from bench.timing import Ratio
from creditops.database import scratch_process
from ledger.api.bodies import NativeEvent

COPIES = 100
SIZE, WARM_UP = 10_000, 30_000
# What a peer is given in a round, so that each takes about as long.
SHARES = {"a plain ORM loop": 150, "pgledger": 2_000, "django-hordak": 200}


class Peer(Protocol):
    """Another way to keep credits."""

    def prepare(self, events: Sequence[NativeEvent]) -> None:
        """Make what these events need; not on the clock."""

    def take(self, events: Sequence[NativeEvent]) -> None:
        """Take in these events, the fastest way that it has."""

    def compare(self) -> None:
        """Raise Differs if its books are wrong."""


def measure(pgledger: str = "", rounds: int | None = None) -> list[Ratio | str]:
    """Events a second, ours and each peer's; a sentence for a peer that is not here."""
    return scratch_process.run(_measure, pgledger, turns.rounds_of(rounds))


def _measure(pgledger: str, rounds: int) -> list[Ratio | str]:
    sold = market.open_market(COPIES)
    events, recount = market.usage(sold), Recount(sold)
    peers, absent = _peers(sold, pgledger)
    turns.warm_up(events, recount, WARM_UP, SIZE)
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        batch = list(islice(events, SIZE))
        _, seconds = turns.take_in(batch)
        recount.take(batch)
        ours.append(len(batch) / seconds)
        for name, peer in peers.items():
            share = batch[: SHARES[name]]
            peer.prepare(share)
            speed = timing.per_second(lambda peer=peer, share=share: peer.take(share), len(share))  # type: ignore[misc]
            theirs[name].append(speed)
    recount.compare()
    for peer in peers.values():
        peer.compare()
    ratios = [
        Ratio(f"Intake by {SIZE:,}", "events", ours, speeds, name)
        for name, speeds in theirs.items()
    ]
    return [*ratios, *absent]


def _peers(sold: Market, pgledger: str) -> tuple[dict[str, Peer], list[str]]:
    """The peers that are here, and a sentence about each one that is not."""
    peers: dict[str, Peer] = {"a plain ORM loop": peer_orm.Loop(sold)}
    absent = []
    if not pgledger:
        absent.append("pgledger: not measured; name a checkout of it with --pgledger.")
    elif not (Path(pgledger) / peer_pgledger.SCRIPTS[-1]).is_file():
        absent.append(f"pgledger: not measured; {pgledger} is no checkout of it.")
    else:
        peers["pgledger"] = peer_pgledger.Ledger(sold, Path(pgledger))
    if peer_hordak.is_installed():
        peers["django-hordak"] = peer_hordak.Books(sold)
    else:
        absent.append("django-hordak: not measured; it is not installed.")
    return peers, absent
