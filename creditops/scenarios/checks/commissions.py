"""Answers what commission came to, and what it cost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contracts import commission_standing, contract_costs, contract_years
from creditops.lib import money
from creditops.scenarios.checks import expected
from creditops.scenarios.world import World


def commission(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Commission of a contract year."""
    contract = world.contract(wanted["contract"])
    year = contract_years.find(contract, wanted.get("year", 1))
    found = commission_standing.of(contract, year, at)

    def text(minor: int) -> str:
        return money.text(minor, found.currency)

    return {
        "upfront_base": text(found.upfront_base_minor),
        "upfront": text(found.upfront_minor),
        "base": text(found.base_minor),
        "final": text(found.final_minor),
        "true_up": text(found.true_up_minor),
        "reps": [
            {
                "rep": rep.rep,
                "upfront": text(rep.upfront_minor),
                "final": text(rep.final_minor),
                "true_up": text(rep.true_up_minor),
            }
            for rep in found.reps
        ],
    }


def contract_cost(world: World, wanted: expected.Expectation, at: datetime) -> dict[str, Any]:
    """Capitalised commission of a contract at the end of a day, as posted."""
    contract = world.contract(wanted["contract"])
    day = date.fromisoformat(wanted["as_of"]) if "as_of" in wanted else None
    found = contract_costs.as_of(contract, day)
    return {
        "cost": money.text(found.cost_minor, contract.currency),
        "amortised": money.text(found.amortised_minor, contract.currency),
        "carrying": money.text(found.carrying_minor, contract.currency),
    }


CHECKS: dict[str, expected.Check] = {"commission": commission, "contract_cost": contract_cost}
