"""Answers with the scenarios of files: read, and validated against the language's schema."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from creditops.lib.refusals import Refusal

# A file of a scenario is written by hand; what is larger is something else.
LARGEST_FILE_BYTES = 5_000_000


def read(path: Path) -> dict[str, Any]:
    """The scenario in the file. Raises Refusal `scenario_invalid` that says what is wrong where."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise Refusal("scenario_invalid", f"{path} is too large for a scenario.")
        scenario: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal("scenario_invalid", f"{path} can't be read: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refusal("scenario_invalid", f"{path} is no JSON: {error}.") from error
    faults = sorted(_validator().iter_errors(scenario), key=lambda fault: list(fault.path))
    if faults:
        where = "/".join(str(part) for part in faults[0].absolute_path) or "the file itself"
        raise Refusal("scenario_invalid", f"{path}: {where}: {faults[0].message[:300]}")
    return scenario


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((resources.files(__package__) / "schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)
