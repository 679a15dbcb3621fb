"""Documents that list what the code has fail when they lie."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

from creditops.lib import policies
from ledger import moving, rating, resolving, seats

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("creditops", "accounts", "ledger", "contracts", "invoicing")


def refusal_codes() -> set[str]:
    """The first argument of every `Refusal(...)` in the code, and of classes derived from it."""
    found = set()
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and node.args:
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    first = node.args[0]
                    if name == "Refusal" and isinstance(first, ast.Constant):
                        found.add(first.value)
    return found


def constants_set_in(module: ModuleType) -> set[str]:
    """The texts that a module itself gives to names at its top, not those it imports."""
    body = ast.parse(Path(str(module.__file__)).read_text()).body
    values = [statement.value for statement in body if isinstance(statement, ast.Assign)]
    return {
        value.value
        for value in values
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def test_every_refusal_stands_in_the_docs():
    text = (ROOT / "docs" / "refusals.md").read_text()

    assert [code for code in sorted(refusal_codes()) if f"`{code}`" not in text] == []


def test_every_code_of_a_usage_message_stands_in_the_docs():
    text = (ROOT / "docs" / "refusals.md").read_text()
    codes = set().union(*map(constants_set_in, (resolving, rating, moving, seats)))

    assert {code for code in codes if f"`{code}`" not in text} == set()
    assert "too_late" in codes


def test_every_setting_stands_in_the_docs_with_its_default():
    text = (ROOT / "docs" / "policies.md").read_text()

    for policy in policies.known():
        assert f"| `{policy.name}` | {policy.default} |" in text, policy.name
