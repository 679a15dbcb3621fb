"""The house: floors and rooms are kept, and what keeps them catches a planted offender."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("creditops", "accounts", "ledger", "contracts", "invoicing")
# From the ground up. The roof has no models.
FLOORS = ("lib", "accounts", "ledger", "contracts", "invoicing")


def keys_that_point_up(found: list[type[models.Model]]) -> list[str]:
    """Relations from a model to one on a higher floor."""
    upward = []
    for model in found:
        if model._meta.app_label not in FLOORS:
            continue
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if target is None or field.auto_created or isinstance(target, str):
                continue
            floor, other = model._meta.app_label, target._meta.app_label
            if other in FLOORS and FLOORS.index(other) > FLOORS.index(floor):
                upward.append(f"{model.__name__}.{field.name} -> {target.__name__}")
    return upward


def test_no_foreign_key_points_to_a_higher_floor():
    assert keys_that_point_up(apps.get_models()) == []


@isolate_apps("ledger", "contracts")
def test_a_planted_foreign_key_that_points_up_is_caught():
    class Agreement(models.Model):
        class Meta:
            app_label = "contracts"

    class Lot(models.Model):
        agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE)

        class Meta:
            app_label = "ledger"

    assert keys_that_point_up([Agreement, Lot]) == ["Lot.agreement -> Agreement"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_import_contracts_hold():
    assert lint_imports(ROOT).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "offence", "contract"),
    [
        ("ledger/grants.py", "import contracts.agreements", "The floors"),
        ("creditops/lib/due.py", "import creditops.schedule", "The cellar"),
        ("ledger/models/block.py", "import ledger.grants", "Rooms of the ledger"),
        ("ledger/line.py", "import django.db", "The heart"),
        ("contracts/brand_new.py", "", "Rooms of contracts"),
    ],
)
def test_a_planted_import_is_caught(tmp_path, room, offence, contract):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    offender = tmp_path / room
    text = offender.read_text() if offender.exists() else '"""New."""\n'
    offender.write_text(f"{text}\n{offence}\n")

    found = lint_imports(tmp_path)

    assert found.returncode == 1
    broken = [line for line in found.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken)
