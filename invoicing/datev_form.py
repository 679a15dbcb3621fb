"""Answers how DATEV reads a journal: as a Buchungsstapel of the DATEV format (EXTF 700, version 13).

A row has one amount, an account and a contra account, so an entry of several sides is written as pairs of
a debit and a credit. Windows-1252, semicolons, decimal commas, CR LF (docs/exports.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from creditops.lib import calendar, money, policies
from creditops.lib.policies import Policy
from creditops.lib.refusals import Refusal
from invoicing.export_forms import Batch, Entry, Form, harmless

ROWS = 99_999
SETTING = "datev"
_DEFAULT = {"consultant": 1001, "client": 1, "account_length": 4, "year_begins": "01-01"}
_TEXT_MAX, _FIELD_MAX, _DECIMALS_MAX = 60, 36, 2
_COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz",
    "WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum",
    "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext",
)  # fmt: skip


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            SETTING,
            _DEFAULT,
            _read,
            "finance",
            "Whose DATEV books an export goes to: the consultant's and the client's number, how long "
            "its accounts' numbers are, and the day on which its business year begins.",
            alone=True,
            books_only=True,
        )
    )


def pairs(entry: Entry) -> Iterator[tuple[int, str, str]]:
    """An entry as amounts of one debited and one credited account: (minor units, debit, credit)."""
    debits = [(side.code, side.debit_minor) for side in entry.sides if side.debit_minor]
    credits = [(side.code, side.credit_minor) for side in entry.sides if side.credit_minor]
    while debits and credits:
        (debit, wanted), (credit, given) = debits.pop(0), credits.pop(0)
        moved = min(wanted, given)
        yield moved, debit, credit
        if wanted > moved:
            debits.insert(0, (debit, wanted - moved))
        if given > moved:
            credits.insert(0, (credit, given - moved))


def _write(batch: Batch) -> bytes:
    if money.exponent(batch.currency) > _DECIMALS_MAX:
        raise Refusal(
            "export_decimals", f"DATEV takes two decimals; {batch.currency} has more of them."
        )
    rows = [_head(batch), ";".join(_COLUMNS)]
    rows += [_row(batch, entry, *pair) for entry in batch.entries for pair in pairs(entry)]
    return "".join(f"{row}\r\n" for row in rows).encode("cp1252", errors="replace")


def _head(batch: Batch) -> str:
    """The file's first line; its instant is that of the newest entry, so that nothing changes by itself."""
    whose = batch.settings[SETTING]
    last = calendar.add_months(batch.period, 1) - timedelta(days=1)
    begins = f"{batch.period.year}{whose['year_begins'].replace('-', '')}"
    if begins > f"{batch.period:%Y%m%d}":
        begins = f"{batch.period.year - 1}{begins[4:]}"
    newest = max((entry.recorded_at for entry in batch.entries), default=None)
    fields = [
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", _stamp(newest), "", '"RE"', '""', '""',
        str(whose["consultant"]), str(whose["client"]), begins, str(whose["account_length"]),
        f"{batch.period:%Y%m%d}", f"{last:%Y%m%d}", _text(f"CreditOps {batch.period:%Y-%m}", 30),
        '""', "1", "0", "0", f'"{batch.currency}"', "", '""', "", "", '""', "", "", '""', '""',
    ]  # fmt: skip
    return ";".join(fields)


def _stamp(instant: datetime | None) -> str:
    return f"{instant:%Y%m%d%H%M%S}000" if instant else ""


def _row(batch: Batch, entry: Entry, minor: int, debit: str, credit: str) -> str:
    amount = money.text(minor, batch.currency).replace(".", ",")
    fields = [
        amount if "," in amount else f"{amount},00", '"S"', f'"{batch.currency}"', "", "", '""',
        batch.names[debit], batch.names[credit], '""', f"{entry.on:%d%m}",
        _text(str(entry.number), _FIELD_MAX), '""', "", _text(entry.memo, _TEXT_MAX),
    ]  # fmt: skip
    return ";".join(fields)


def _text(text: str, most: int) -> str:
    doubled = harmless(text)[:most].replace('"', '""')
    return f'"{doubled}"'


def _read(value: Any) -> Any:
    """`{"consultant": 1001, "client": 1, "account_length": 4, "year_begins": "01-01"}`."""
    wrong = ValueError(
        'write {"consultant": 1001, "client": 1, "account_length": 4, "year_begins": "01-01"}.'
    )
    if not isinstance(value, dict) or set(value) != set(_DEFAULT):
        raise wrong
    limits = {"consultant": (1001, 9_999_999), "client": (1, 99_999), "account_length": (4, 8)}
    for name, (least, most) in limits.items():
        number = value[name]
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise wrong
    try:
        datetime.strptime(f"2026-{value['year_begins']}", "%Y-%m-%d")  # noqa: DTZ007  # a day of any year
    except (TypeError, ValueError) as error:
        raise wrong from error
    return dict(value)


def _rows_of(entry: Entry) -> int:
    return sum(1 for _ in pairs(entry))


FORM = Form("datev", ROWS, _write, _rows_of, prefix="EXTF_Buchungsstapel")
