"""What a credit costs, in sentences."""

from __future__ import annotations

from creditops.portal import credit_prices
from ledger import balances
from tests.portal.conftest import NOW, Acme


def test_a_credits_price_is_told_by_the_contract_and_for_top_ups(acme: Acme):
    term = acme.contract.holder.terms.get(customer_id=acme.customer.pk)
    committed = balances.commitment_of(balances.pools_of(acme.contract.holder)[0], term)

    assert credit_prices.under_contract(acme.contract, committed, NOW) == [
        "A credit costs $0.01 under this contract: 10,000 for $100.00.",
        "Topping up: $1 buys 100 credits, so one costs $0.01.",
    ]


def test_without_a_published_price_none_is_told(db: None):
    assert credit_prices.on_purchase("USD", NOW) == []
