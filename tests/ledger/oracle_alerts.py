"""What the oracle knows of settings and alerts (domain rules 9, A1, A2)."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from tests.ledger.oracle_rows import Block, Commitment, Holder, Pool, Term

THRESHOLDS = ("50", "80", "95", "EXHAUSTED", "OVERAGE_80", "OVERAGE_100")
DEFAULTS = {
    "overage_pct": Fraction(20),
    "overage_base": "COMMITMENT",
    "draw_order": "FIFO",
    "late_event_window_days": 30,
    "late_admission": "OVERAGE",
    "hold_over_pct": Fraction(0),
}
# (term number, consumed, balance, overage, cap) that alerts go by.
Figures = tuple[int, int, int, int, int]


class Alerting:
    """Settings by scope, and the thresholds that go by them."""

    def __init__(self) -> None:
        self.settings: list[tuple[str, str, Any, datetime]] = []

    def setting(self, holder: Holder, name: str, at: datetime) -> Any:
        """The setting in force: nearest scope first, in a scope the newest effective one."""
        for scope in ([] if holder.open else [f"contract:{holder.code}"]) + [
            f"customer:{holder.customer}",
            "books",
        ]:
            found = [
                (effective_at, index, value)
                for index, (s, n, value, effective_at) in enumerate(self.settings)
                if s == scope and n == name and effective_at <= at
            ]
            if found:
                return max(found, key=lambda row: row[:2])[2]
        return DEFAULTS.get(name)

    def enforcement(self, holder: Holder, at: datetime) -> str:
        return self.setting(holder, "enforcement", at) or ("HARD" if holder.open else "SOFT")

    def cap(self, pool: Pool, commitment: Commitment, at: datetime) -> int:
        """How far overage may go: as lifted, or a share of the base (O1, O2)."""
        lifts = [cap for effective_at, cap in commitment.lifts if effective_at <= at]
        if lifts:
            return lifts[-1]
        base = commitment.quantity
        if self.setting(pool.holder, "overage_base", at) == "TOTAL_AVAILABLE":
            base = self._counted(pool, commitment.term) - pool.moved(commitment)
            if pool.holder.term_at(at) is commitment.term:
                base += self._lasting(pool, at)
        return floor(self.setting(pool.holder, "overage_pct", at) * base / 100)

    def _lasting(self, pool: Pool, at: datetime) -> int:
        """What can be used at `at`, but for daily credits."""
        return sum(pool.rest(b) for b in pool.blocks if b.kind != "daily" and b.lives(at))

    def _counted(self, pool: Pool, term: Term | None) -> int:
        """Consumption that alerts measure: all but daily credits; of a term, or ever."""
        return sum(
            e.credits
            for e in pool.entries
            if e.type in ("CONSUME", "OVERAGE")
            and not (isinstance(e.of, Block) and e.of.kind == "daily")
            and (term is None or e.term is term)
        )

    def _figures(self, pool: Pool, now: datetime) -> Figures | None:
        """(term number, consumed, balance, overage, cap) that alerts go by; None without a term."""
        term = pool.holder.term_at(now)
        if term is None and not pool.holder.open:
            return None
        consumed = self._counted(pool, term) - (pool.base if pool.holder.open else 0)
        balance = self._lasting(pool, now)
        commitment = pool.commitment(term)
        if term is None or commitment is None:
            return (term.number if term else 0), consumed, balance, 0, 0
        cap = self.cap(pool, commitment, now)
        return term.number, consumed, balance, pool.moved(commitment), cap

    def _reached(self, name: str, figures: Figures) -> bool:
        _, consumed, balance, overage, cap = figures
        if name.startswith("OVERAGE_"):
            return cap > 0 and overage * 100 >= int(name.removeprefix("OVERAGE_")) * cap
        if consumed + balance == 0:
            return False
        if name == "EXHAUSTED":
            return balance == 0
        return consumed * 100 >= int(name) * (consumed + balance)

    def notice(self, pool: Pool, now: datetime) -> None:
        """Fire every armed threshold that is reached, once per arming (A1, A2)."""
        figures = self._figures(pool, now)
        if figures is None or self.enforcement(pool.holder, now) == "OBSERVE":
            return
        for name in THRESHOLDS:
            armed = pool.armed.setdefault((figures[0], name), [1, False])
            if not armed[1] and self._reached(name, figures):
                armed[1] = True
                pool.crossings.append((figures[0], name, armed[0]))

    def rearm(self, pool: Pool, now: datetime) -> None:
        """Arm again what a grant (or a lifted cap) brought below its threshold; a cap of nothing is
        reached by anything."""
        figures = self._figures(pool, now)
        for (number, name), armed in pool.armed.items():
            if not figures or number != figures[0] or not armed[1]:
                continue
            no_cap = name.startswith("OVERAGE_") and figures[4] == 0
            if not no_cap and not self._reached(name, figures):
                armed[0] += 1
                armed[1] = False
