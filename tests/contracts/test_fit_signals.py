"""Whether credits fit and how they fail, from the books (S10, S16, S75 to S77, Z6)."""

from datetime import date

import pytest

from contracts import fit_signals, rate_cards
from contracts.quote_terms import Year
from contracts.rate_cards import Item
from creditops.lib import policies
from ledger import limit_reports
from tests import cast, offers

pytestmark = pytest.mark.django_db
paper = offers.paper

NOW = cast.at("2026-03-01")


def signal(code: str):
    return next(each for each in fit_signals.signals(NOW) if each.code == code)


def trial(code: str, used: int) -> None:
    pool = cast.open_pool(cast.customer(code))
    cast.grant(pool, 100, source=code, kind="promo", end=cast.END)
    if used:
        cast.send(f"u-{code}", used, customer=code, when=cast.at("2026-02-01"))


def test_trials_that_hit_the_wall_and_did_not_buy_are_a_signal():
    """Two of three used everything up: more than 60 %."""
    assert signal("NOT_GENEROUS").shows is None
    trial("a", 100)
    trial("b", 100)
    trial("c", 5)

    found = signal("NOT_GENEROUS")

    assert found.shows is True
    assert found.evidence == (
        "of 3 accounts with free credits alone 2 used them up and did not buy; 3 use them at all"
    )
    policies.change(
        policies.BOOKS, {"signal_wall_pct": "70"}, effective_at=NOW, recorded_at=NOW, by="Ines"
    )
    assert signal("NOT_GENEROUS").shows is False


def test_no_rollover_and_renewals_by_hand_are_a_licence_in_disguise():
    buyer = cast.customer()
    cast.sign(buyer, code="c1", settings={"rollover": "NONE"})
    cast.sign(buyer, code="c2", settings={"rollover": "NONE"}, auto_renew=True)
    cast.sign(buyer, code="c3")
    assert signal("LICENCE_IN_DISGUISE").shows is False

    cast.sign(buyer, code="c4", settings={"rollover": "NONE"})

    found = signal("LICENCE_IN_DISGUISE")
    assert (found.shows, found.evidence) == (
        True, "of 3 contracts without rollover 2 are renewed by hand",
    )  # fmt: skip
    assert found.remedy == "redesign around actual usage data"


def test_small_deals_that_take_long_to_sign_are_a_signal(paper):
    """Of three below $10,000 the middle one took 46 days; a large one that took two does not count."""
    assert signal("TOO_COMPLEX").evidence == "No quote below $10,000 was signed within a year."
    offers.price_list()
    for code, signed in (("a", "2026-01-03"), ("b", "2026-02-16"), ("c", "2026-02-20")):
        _sign(code, cast.at(signed))
    _sign("large", cast.at("2026-01-03"), years=(Year(1_000_000, 1_000_000, 1_000_000),))

    found = signal("TOO_COMPLEX")

    assert (found.shows, found.evidence) == (
        True, "3 deals below $10,000 took a median of 46 days from quote to signature",
    )  # fmt: skip
    policies.change(
        policies.BOOKS, {"signal_sign_days": 46}, effective_at=NOW, recorded_at=NOW, by="Ines"
    )
    assert signal("TOO_COMPLEX").shows is False


def _sign(code: str, when, **terms) -> None:
    sent = offers.offered(
        cast.customer(code), starts_on=date(2026, 3, 1), open_until=date(2026, 2, 28), **terms
    )
    offers.accept(sent, when=when)


def test_the_three_conditions_are_measured():
    items = [Item("email", 1), Item("phone", 20)]
    rate_cards.publish(
        card="gtm", version="1", items=items, effective_from=cast.START, by="Ines", at=cast.START
    )
    trial("a", 60)
    trial("b", 0)

    costs, unpredictable, features = fit_signals.conditions(NOW)

    assert (costs.met, costs.evidence) == (False, "0 different costs of actions are known")
    assert (unpredictable.met, features.met) == (True, True)
    assert unpredictable.evidence.startswith("of 1 customers 1 use more than 50 %")


def test_the_share_of_customers_under_their_limit():
    """S16: whoever used something up came to the limit; who used nothing is not counted."""
    trial("a", 100)
    trial("b", 50)
    trial("c", 0)
    trial("d", 1)

    found = limit_reports.under_limit(cast.unit(), first=cast.at("2026-02-01"), last=NOW)

    assert (found.customers, found.at_limit) == (3, 1)
    assert int(found.under_pct) == 66
