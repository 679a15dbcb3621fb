"""How credits behave, in sentences."""

from __future__ import annotations

from datetime import date

from creditops.lib import policies
from creditops.portal import rules
from creditops.portal.rules import Standing
from ledger import balances, limits
from tests import cast
from tests.cast import START
from tests.portal.conftest import NOW, Acme

TERM = Standing(last_day=date(2026, 12, 31), cap=2_000)


def of(pool, standing: Standing) -> list[str]:
    key = limits.key_of(pool.holder, pool.customer.code)
    return rules.of(pool, limits.of([key], NOW)[pool.holder_id], standing, NOW)


def set_rules(acme: Acme, **values) -> None:
    scope = policies.contract_scope("acme-1")
    policies.change(scope, values, effective_at=START, recorded_at=START, by="Sam")


def test_a_contract_tells_order_end_rollover_and_overage(acme: Acme):
    (pool,) = balances.pools_of(acme.contract.holder)

    assert of(pool, TERM) == [
        "Free credits are used first; of those you paid for, the oldest.",
        "Credits of the running term can be used through 31 Dec 2026 (UTC).",
        "Credits that are left when the contract is renewed roll over, once.",
        "When credits run out, use may go on for 2,000 credits more. It is invoiced at the end of "
        "the term, at the price of the commitment.",
        "Use counts at the time when it happened; reports may arrive up to 30 days later.",
    ]


def test_other_settings_are_told_in_other_words(acme: Acme):
    set_rules(
        acme, rollover="PARTIAL", rollover_pct="50", draw_order="EXPIRY_FIRST", enforcement="HARD"
    )
    (pool,) = balances.pools_of(acme.contract.holder)

    told = of(pool, TERM)

    assert told[0] == "Free credits are used first; of those you paid for, those that expire first."
    assert told[2] == (
        "50 % of the credits that are left when the contract is renewed roll over, once."
    )
    assert told[3] == ("When credits run out, further use is refused. Nothing is bought by itself.")


def test_use_that_is_only_recorded_says_so(acme: Acme):
    set_rules(acme, enforcement="OBSERVE", rollover="NONE")
    (pool,) = balances.pools_of(acme.contract.holder)

    told = of(pool, TERM)

    assert told[2] == "Credits that are left at the end of the term end with it."
    assert told[3] == "Use is only recorded for now; nothing is drawn from your credits."


def test_credits_without_a_contract_tell_how_long_they_live(db: None):
    pool = cast.open_pool(cast.customer())

    assert "Credits live 3 months, the month of purchase being the first." in of(
        pool, Standing(None, None)
    )
