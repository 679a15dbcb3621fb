"""Answers what a bank's file says: money that came in, from CSV or from camt.053 (ISO 20022).

Reading is strict: a file in which one line can't be read is refused whole, with the line and what is wrong,
so that nothing is half imported. Money that went out is left alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree

from creditops.lib import money
from creditops.lib.refusals import Refusal

BYTES_MAX, LINES_MAX = 5_000_000, 20_000
# What banks call the columns; the first that a file has counts.
_COLUMNS = {
    "date": ("date", "booking date", "booked", "buchungstag", "valuta", "value date"),
    "amount": ("amount", "betrag", "credit", "paid in"),
    "currency": ("currency", "währung", "ccy"),
    "payer": ("payer", "name", "payee", "beguenstigter/zahlungspflichtiger", "debtor", "from"),
    "said": ("reference", "purpose", "verwendungszweck", "description", "remittance", "text"),
    "line": ("id", "transaction id", "bank reference", "kundenreferenz", "entry reference"),
    "account": ("account", "iban", "auftragskonto"),
}
_NEEDED = ("date", "amount")
_DATES = (
    (re.compile(r"(\d{4})-(\d\d)-(\d\d)"), (1, 2, 3)),
    (re.compile(r"(\d\d)\.(\d\d)\.(\d{4})"), (3, 2, 1)),
)


@dataclass(frozen=True)
class Came:
    """Money that came in, as a statement says. `line` makes it this line, however often it is read."""

    account: str
    line: str
    booked_on: date
    amount_minor: int
    currency: str
    payer: str
    said: str


def read(content: bytes, *, currency: str) -> list[Came]:
    """The money that came in.

    Args:
        content: the file; XML is read as camt.053, all else as CSV.
        currency: where the file names none.

    Raises Refusal `statement_unreadable` with the line, or `statement_too_large`.
    """
    if len(content) > BYTES_MAX:
        raise Refusal("statement_too_large", "A statement has at most 5 MB. Import it in parts.")
    found = list(_camt(content) if content.lstrip()[:1] == b"<" else _table(content, currency))
    if len(found) > LINES_MAX:
        raise Refusal(
            "statement_too_large",
            f"A statement has at most {LINES_MAX:,} lines. Import it in parts.",
        )
    return found


def _table(content: bytes, currency: str) -> Iterator[Came]:
    rows = csv.reader(io.StringIO(_text(content)), _dialect(content))
    head = [cell.strip().lower().strip("\ufeff") for cell in next(rows, [])]
    places = {
        name: next((head.index(word) for word in words if word in head), None)
        for name, words in _COLUMNS.items()
    }
    missing = [name for name in _NEEDED if places[name] is None]
    if missing:
        raise _unreadable(1, f"there is no column for {' and '.join(missing)}.")
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        said = {
            name: row[place].strip() if place is not None and place < len(row) else ""
            for name, place in places.items()
        }
        came = _came(said, number, currency, seen)
        if came is not None:
            yield came


def _came(said: dict[str, str], number: int, currency: str, seen: dict[str, int]) -> Came | None:
    """A row as money that came in; None for money that went out."""
    code = said["currency"].upper() or currency
    amount = _decimal(said["amount"])
    if amount.startswith("-"):
        return None
    try:
        minor = money.minor_units(amount, code)
    except Refusal as refusal:
        raise _unreadable(number, refusal.detail) from refusal
    if not minor:
        return None
    return Came(
        account=said["account"][:60],
        line=said["line"][:120] or _fingerprint(said, seen),
        booked_on=_date(said["date"], number),
        amount_minor=minor,
        currency=code,
        payer=said["payer"][:200],
        said=said["said"][:500],
    )


def _fingerprint(said: dict[str, str], seen: dict[str, int]) -> str:
    """Of a line without an id: what it says, and which of several that say the same it is."""
    digest = hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()[:32]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{digest}-{seen[digest]}"


def _camt(content: bytes) -> Iterator[Came]:
    """Entries of camt.053, by the local names of their elements: versions differ in the namespace."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _unreadable(1, "a bank's file has no document type.")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  # no document type, so no entities
    except ElementTree.ParseError as error:
        raise _unreadable(error.position[0], "it is no XML.") from error
    for statement in root.iter():
        if _name(statement) != "Stmt":
            continue
        account = _inside(statement, "Acct", "Id", "IBAN") or _inside(statement, "Acct", "Id")
        for number, entry in enumerate(_children(statement, "Ntry"), start=1):
            if _inside(entry, "CdtDbtInd") == "CRDT":
                yield _entry(entry, account, number)


def _entry(entry: ElementTree.Element, account: str, number: int) -> Came:
    amount = next(_children(entry, "Amt"))
    code = amount.get("Ccy", "")
    try:
        minor = money.minor_units((amount.text or "").strip(), code)
    except Refusal as refusal:
        raise _unreadable(number, refusal.detail) from refusal
    booked = _inside(entry, "BookgDt", "Dt") or _inside(entry, "ValDt", "Dt")
    details = _inside(entry, "NtryDtls", "TxDtls", "RmtInf", "Ustrd")
    payer = _inside(entry, "NtryDtls", "TxDtls", "RltdPties", "Dbtr", "Nm") or _inside(
        entry, "NtryDtls", "TxDtls", "RltdPties", "Dbtr", "Pty", "Nm"
    )
    line = _inside(entry, "AcctSvcrRef") or _inside(entry, "NtryRef")
    said = {"date": booked, "amount": str(minor), "payer": payer, "said": details}
    return Came(
        account[:60], (line or _fingerprint(said, {}))[:120], _date(booked, number), minor, code,
        payer[:200], details[:500],
    )  # fmt: skip


def _inside(element: ElementTree.Element, *path: str) -> str:
    """The text at the end of a path of local names; "" where there is none."""
    for name in path:
        inner = next(_children(element, name), None)
        if inner is None:
            return ""
        element = inner
    return (element.text or "").strip()


def _children(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if _name(child) == name)


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _dialect(content: bytes) -> type[csv.Dialect]:
    first = content.partition(b"\n")[0]
    separator = ";" if first.count(b";") > first.count(b",") else ","

    class Found(csv.excel):
        delimiter = separator

    return Found


def _decimal(text: str) -> str:
    """`1.234,50` and `1,234.50` as `1234.50`."""
    plain = text.replace(" ", "").replace("\u00a0", "").lstrip("+")
    if "," in plain and plain.rfind(",") > plain.rfind("."):
        return plain.replace(".", "").replace(",", ".")
    return plain.replace(",", "")


def _date(text: str, number: int) -> date:
    for pattern, order in _DATES:
        found = pattern.match(text)
        if found is not None:
            try:
                return date(*(int(found[group]) for group in order))
            except ValueError:
                break
    raise _unreadable(number, f"{text!r} is no date. Write one like 2026-01-31.")


def _unreadable(line: int, what: str) -> Refusal:
    return Refusal(
        "statement_unreadable", f"Line {line} can't be read: {what} Nothing was imported.",
        unreadable=True,
    )  # fmt: skip
