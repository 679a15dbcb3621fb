"""Documents that list what the code has fail when they lie."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from contracts import commission_proof
from creditops.lib import policies, seals
from creditops.lib.refusals import Refusal
from creditops.scenarios import checks, verbs
from ledger import moving, rating, resolving, seats, verification

ROOT = Path(__file__).resolve().parent.parent
FILES = ("archive_files_are_as_written",)
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


def settings_told() -> dict[str, list[str]]:
    """The rows of docs/policies.md: setting -> default, values, approver, meaning."""
    text = (ROOT / "docs" / "policies.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {name.strip("`"): cells for name, *cells in rows}


def test_every_setting_stands_in_the_docs_and_no_other():
    assert list(settings_told()) == [policy.name for policy in policies.known()]


@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_the_docs_tell_default_approver_and_meaning(policy: policies.Policy):
    default, _, approver, meaning = settings_told()[policy.name]

    who = f"{policy.approver}, alone" if policy.alone else policy.approver
    who += f"; for the books {policy.approver_of_books}" if policy.approver_of_books else ""
    more = " Of the whole books." if policy.books_only else ""
    more += f" Only the default yet: {policy.waits_for}." if policy.waits_for else ""
    assert (default, approver, meaning) == (str(policy.default), who, policy.meaning + more)


@pytest.mark.django_db
@pytest.mark.parametrize("policy", policies.known(), ids=lambda policy: policy.name)
def test_every_value_that_the_docs_name_is_taken_or_said_to_come_later(policy: policies.Policy):
    told = re.findall(r"`([^`]+)`", settings_told()[policy.name][1])
    bounds = re.match(r"(\d+) to (\d+)", settings_told()[policy.name][1])
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def taken(value: object) -> str:
        try:
            policies.checked("books", {policy.name: value}, effective_at=now, at=now)
        except Refusal as refusal:
            return refusal.code
        return "taken"

    assert told
    for value in map(json.loads, told):
        meant = policy.read(value) == policy.default or not policy.waits_for
        assert taken(value) == ("taken" if meant else "policy_not_yet"), value
    if bounds and policy.name != "alerts":
        low, high = map(int, bounds.groups())
        assert {taken(low - 1), taken(high + 1)} == {"policy_invalid"}
        assert {taken(low), taken(high)} <= {"taken", "policy_not_yet"}


def test_every_check_of_verify_stands_in_the_docs():
    text = (ROOT / "docs" / "verify.md").read_text().split("\n## ")[1]
    checks = [*verification.names("ledger"), *verification.names("contracts")]
    checks += [commission_proof.CONSUMED, *verification.names("invoicing")]
    checks += [*verification.names("creditops.lib"), *FILES, *SEALS]

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
