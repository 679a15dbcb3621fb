"""The runner is no door of its own kind: it calls only work functions that a door calls too."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ("accounts", "ledger", "contracts", "invoicing")
DOORS = (
    *(ROOT / app / room for app in WORK for room in ("admin", "api", "management")),
    *(ROOT / "creditops" / room for room in ("api", "desk", "portal", "management")),
    ROOT / "creditops" / "schedule.py",
)


# These change and read nothing: they only say under which name something is kept.
NAMES = {"contracts.activation.block_source", "ledger.units.rated_meter"}


def calls(path: Path) -> set[str]:
    """`module.function` of every call of a function of a work module in a file."""
    tree = ast.parse(path.read_text())
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in WORK:
            for name in node.names:
                modules[name.asname or name.name] = f"{node.module}.{name.name}"
    found = set()
    for node in ast.walk(tree):
        named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if named and node.value.id in modules and node.attr[0].islower():
            found.add(f"{modules[node.value.id]}.{node.attr}")
    return found


def test_every_work_function_that_a_verb_calls_is_called_by_a_door():
    doors = [file for door in DOORS for file in ([door] if door.is_file() else door.rglob("*.py"))]
    opened = {call for file in doors for call in calls(file)}

    verbs = (ROOT / "creditops" / "scenarios" / "verbs").glob("*.py")
    played = {call for file in verbs for call in calls(file)}

    assert sorted(played - opened - NAMES) == []
