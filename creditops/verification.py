"""Answers whether the whole house keeps its promises: the invariants of every floor, and the seals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.conf import settings

from contracts import commission_proof
from creditops.lib import chain
from creditops.lib.seals import Head
from invoicing import deferral
from ledger import archiving, verification
from ledger.verification import Breach


def verify(since: Head | None = None) -> Iterator[tuple[str, list[Breach]]]:
    """Run every check: its name and the first rows that break it, none if it holds.

    Args:
        since: the head of a seal that was kept outside of the database: the chain must contain it.
    """
    yield from verification.breaches(deferred_ahead=deferral.ahead_minor())
    yield from commission_proof.breaches()
    yield from verification.run("invoicing")
    yield from verification.run("creditops.lib")
    yield _first("archive_files_are_as_written", archiving.damages(settings.CREDITOPS_ARCHIVE))
    yield _first("seals_form_a_chain", chain.broken_links(since))
    yield _first("sealed_rows_are_unchanged", chain.changed_rows())
    yield _first("numbers_were_given_out", chain.unreachable_rows())


def _first(check: str, faults: Iterable[chain.Fault]) -> tuple[str, list[Breach]]:
    first = islice(faults, verification.SHOWN)
    return check, [Breach(check, where, detail) for where, detail in first]
