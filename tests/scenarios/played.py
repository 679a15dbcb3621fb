"""Plays a deal step by step, tells what differs from what was expected, and has the books proved after it."""

from creditops import verification
from creditops.scenarios.play import play

SOUND: tuple[list[object], ...] = ([], [], [])


def at(day, **step):
    return {"at": f"{day}T00:00:00Z", **step}


def entry(date, debit, credit):
    return {"date": date, "debit": debit, "credit": credit}


def journal(*entries, **chosen):
    return {"check": "journal", "entries": list(entries), **chosen}


def owes(code, as_of, **side):
    return {"check": "account_balance", "code": code, "as_of": as_of, **side}


def played(*steps, expect, until=None, **fields):
    """What was refused, what differs, and what `verify` finds wrong."""
    scenario = {"format": 1, "id": "Z", "title": "t", "covers": ["V19"], "steps": list(steps)}
    scenario |= {"expect": list(expect), **fields} | (
        {"until": f"{until}T00:00:00Z"} if until else {}
    )
    report = play(scenario)
    breaches = [breach for _, found in verification.verify() for breach in found]
    return (
        report.refused,
        [(r.check, r.differences) for r in report.results if not r.passed],
        breaches,
    )
