"""The committed tables of who may open what: read, compared, written anew."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
REMAKE = "UPDATE_DOORS"

Cells = dict[str, dict[str, str]]  # by row and caller


def compare(name: str, cells: Cells, head: str) -> None:
    """Assert that the table `name` says what was found; with UPDATE_DOORS=1 it is written instead."""
    path = HERE / f"{name}.txt"
    if os.environ.get(REMAKE):
        path.write_text(_written(cells, head))
        return
    told = _read(path)
    wrong = [
        f"{row}: {caller} is answered {found}, the table says {told.get(row, {}).get(caller)}"
        for row, answers in cells.items()
        for caller, found in answers.items()
        if told.get(row, {}).get(caller) != found
    ]
    wrong += [f"{row} is gone" for row in sorted(told.keys() - cells.keys())]
    assert not wrong, "\n".join([*wrong, f"If this is right: {REMAKE}=1, then read the diff."])


def _written(cells: Cells, head: str) -> str:
    callers = list(next(iter(cells.values())))
    left = max(map(len, cells))
    widths = [max(3, len(caller)) for caller in callers]
    lines = [f"# {line}".rstrip() for line in head.strip().splitlines()]
    lines.append(_line("", left, callers, widths))
    lines += [_line(row, left, list(answers.values()), widths) for row, answers in cells.items()]
    return "\n".join(lines) + "\n"


def _line(first: str, left: int, cells: list[str], widths: list[int]) -> str:
    texts = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{first:<{left}} | {' | '.join(texts)}".rstrip()


def _read(path: Path) -> Cells:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    callers = [cell.strip() for cell in lines[0].split("|")[1:]]
    rows = ([cell.strip() for cell in line.split("|")] for line in lines[1:])
    return {first: dict(zip(callers, cells, strict=True)) for first, *cells in rows}
