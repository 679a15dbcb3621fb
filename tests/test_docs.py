"""Documents that list what the code has fail when they lie."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType

from creditops.lib import policies, seals
from creditops.scenarios import checks, verbs
from ledger import moving, rating, resolving, seats, verification

ROOT = Path(__file__).resolve().parent.parent
SEALS = ("seals_form_a_chain", "sealed_rows_are_unchanged", "numbers_were_given_out")
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


def test_every_check_of_verify_stands_in_the_docs():
    text = (ROOT / "docs" / "verify.md").read_text().split("\n## ")[1]
    checks = [*verification.names("ledger"), *verification.names("invoicing")]
    checks += [*verification.names("creditops.lib"), *SEALS]

    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == checks


def test_what_seals_leave_out_stands_in_the_docs():
    text = (ROOT / "docs" / "verify.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| (`.+`) \|$", text, re.M))

    assert told == {
        book._meta.db_table: ", ".join(f"`{name}`" for name in book.unsealed_fields)
        for book in seals.books()
        if book.unsealed_fields
    }


def test_every_step_and_check_of_scenarios_stands_in_the_docs():
    page = (ROOT / "docs" / "scenarios.md").read_text()
    steps = page[page.index("## Steps") : page.index("## Checks")]
    tested = page[page.index("## Checks") :]

    assert [verb for verb in verbs.VERBS if f"`{verb}`" not in steps] == []
    assert [check for check in checks.CHECKS if f"`{check}`" not in tested] == []
