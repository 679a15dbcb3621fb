"""Answers how a study reads: figures, tables, a picture, rows for files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from django.utils.html import format_html

from contracts.studies import Line, Study
from creditops.desk import addresses
from creditops.lib import money, spreadsheets
from creditops.lib.admin_columns import NOTHING, amount, count, day
from creditops.lib.admin_tables import Listing
from creditops.pictures import pairs

_SHOWN, _DRAWN, _TOP = 200, 12, 5
HEADS = (
    "Scenario", "Customer", "Name", "Contract", "Unit", "Rates locked until", "Credits before",
    "Credits after", "Money before", "Money after", "Currency", "Credits left", "Runs out before",
    "Runs out after", "Renewal before", "Renewal after", "Events without a price",
)  # fmt: skip


def of(main: Study, all_: Sequence[Study]) -> dict[str, Any]:
    """What the page shows of the study asked for, beside the others."""
    return {
        "name": main.scenario.name,
        "unpriced": main.unpriced,
        "figures": figures(main),
        "scenarios": _scenarios(all_),
        "picture": _picture(main),
        "losers": _customers(main.losers, "Nobody."),
        "concentration": _concentration(main),
        "everybody": _customers(main.lines, "Nothing was used in these days."),
    }


def rows(studies: Iterable[Study]) -> list[spreadsheets.Row]:
    """A row per customer, unit and scenario, money as decimal text."""
    return [
        (
            study.scenario.name,
            line.customer,
            line.name,
            line.code,
            line.unit,
            line.locked_until.date().isoformat() if line.locked_until else "",
            line.credits,
            line.credits_after,
            _text(line.minor, line.currency),
            _text(line.minor_after, line.currency),
            line.currency,
            line.left,
            line.run_out.isoformat() if line.run_out else "",
            line.run_out_after.isoformat() if line.run_out_after else "",
            "" if line.baseline is None else line.baseline,
            "" if line.baseline_after is None else line.baseline_after,
            line.unpriced,
        )
        for study in studies
        for line in study.lines
    ]


def figures(study: Study) -> list[tuple[str, str, str]]:
    """What it comes to: label, figure, and what stands beside it."""
    found = [
        (f"Revenue in {currency}", _moved(before, after, currency), _pct(before, after))
        for currency, (before, after) in sorted(study.totals().items())
    ]
    found += [
        (_unit(unit), f"{after - before:+,}", f"{before:,} → {after:,}")
        for unit, (before, after) in sorted(study.credits().items())
    ]
    everybody = {line.customer for line in study.lines}
    losers = {line.customer for line in study.losers}
    found.append(("Worse off", count(len(losers)), f"of {len(everybody):,} customers"))
    locked = {line.customer for line in study.lines if line.locked_until}
    found.append(("Rates locked", count(len(locked)), "keep theirs until then"))
    return found


def _unit(code: str) -> str:
    said = code.replace("_", " ").capitalize()
    return said if said.endswith("s") else f"{said}s"


def _scenarios(studies: Sequence[Study]) -> Listing:
    body = [
        (
            study.scenario.name,
            ", ".join(f"{after:,} {unit}" for unit, (_, after) in sorted(study.credits().items())),
            ", ".join(amount(after, c) for c, (_, after) in sorted(study.totals().items())),
            ", ".join(_moved(b, a, c) for c, (b, a) in sorted(study.totals().items())),
            count(len({line.customer for line in study.losers})),
            count(study.unpriced) if study.unpriced else NOTHING,
        )
        for study in studies
    ]
    before = studies[0]
    now = (
        "As it was",
        ", ".join(f"{b:,} {unit}" for unit, (b, _) in sorted(before.credits().items())),
        ", ".join(amount(b, c) for c, (b, _) in sorted(before.totals().items())),
        NOTHING,
        NOTHING,
        NOTHING,
    )
    heads = ("Scenario", "#Credits", "#Money", "#Change", "#Worse off", "#Without a price")
    return Listing("", heads, [now, *body], empty="Nothing was used in these days.")


def _customers(lines: Sequence[Line], empty: str) -> Listing:
    shown = [
        (
            format_html('<a href="{}">{}</a>', addresses.of("customer", line.customer), line.name),
            line.code,
            line.unit,
            f"{line.credits:,} → {line.credits_after:,}",
            _both(line),
            _pct(line.credits, line.credits_after),
            f"{day(line.run_out)} → {day(line.run_out_after)}"
            if line.run_out != line.run_out_after
            else day(line.run_out),
            _renewal(line),
            day(line.locked_until.date()) if line.locked_until else NOTHING,
        )
        for line in lines[:_SHOWN]
    ]
    heads = (
        "Customer", "Contract", "Unit", "#Credits", "#Money", "#Change", "Runs out", "#Renewal",
        "Locked until",
    )  # fmt: skip
    sums: Sequence[str] = ()
    if len(lines) > _SHOWN:
        rest = f"and {len(lines) - _SHOWN:,} more in the files"
        sums = (rest, *[""] * (len(heads) - 1))
    return Listing("", heads, shown, sums=sums, empty=empty)


def _picture(study: Study) -> str:
    shown = [
        pairs.Pair(
            line.name,
            line.minor if line.minor is not None else line.credits,
            line.minor_after if line.minor_after is not None else line.credits_after,
            amount(line.minor, line.currency) if line.minor is not None else count(line.credits),
            amount(line.minor_after, line.currency)
            if line.minor_after is not None
            else count(line.credits_after),
        )
        for line in study.lines[:_DRAWN]
    ]
    return pairs.draw(shown, title="The largest changes", empty="Nothing was used in these days.")


def _concentration(study: Study) -> str:
    share = study.concentration(_TOP)
    if not share:
        return "nobody pays more"
    return f"the {_TOP} hit hardest bear {money.fixed_text(share, 0)} % of all increases"


def _both(line: Line) -> str:
    if line.minor is None:
        return NOTHING
    return f"{amount(line.minor, line.currency)} → {amount(line.minor_after, line.currency)}"


def _renewal(line: Line) -> str:
    if line.baseline is None or line.baseline_after is None:
        return NOTHING
    return f"{line.baseline:,} → {line.baseline_after:,}"


def _moved(before: int, after: int, currency: str) -> str:
    said = amount(abs(after - before), currency)
    return f"{'−' if after < before else '+'}{said}" if after != before else "no change"


def _pct(before: int, after: int) -> str:
    if not before:
        return NOTHING
    pct = Fraction(100 * (after - before), before)
    return f"{'+' if pct > 0 else ''}{money.fixed_text(pct, 1)} %"


def _text(minor: int | None, currency: str) -> str:
    return "" if minor is None else money.text(minor, currency)
