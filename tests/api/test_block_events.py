"""`/customers/{c}/blocks/{block}/events`: from a block to the usage that it paid for."""

from __future__ import annotations

from ledger.models import Block
from tests.api.conftest import refused
from tests.cast import customer


def test_the_events_of_a_block_come_newest_first_page_by_page(caller, acme):
    for number in (1, 2, 3):
        event = {"id": f"u{number}", "customer": "acme", "meter": "credits", "quantity": number}
        assert caller.send("events", event).status_code == 200
    block = Block.objects.get()

    first = caller.get(f"customers/acme/blocks/{block.pk}/events?limit=2").json()
    rest = caller.get(f"customers/acme/blocks/{block.pk}/events?cursor={first['next']}").json()

    assert [row["id"] for row in first["results"] + rest["results"]] == ["u3", "u2", "u1"]
    assert rest["next"] is None
    shown = first["results"][0]
    assert caller.get(f"events/{shown['uid']}").json()["id"] == "u3"
    assert (shown["credits"], shown["cost"], shown["currency"]) == (3, "0.03", "USD")


def test_a_block_of_somebody_else_is_not_found(caller, acme):
    customer("otto")
    block = Block.objects.get()

    for address in (f"customers/otto/blocks/{block.pk}/events", "customers/acme/blocks/x/events"):
        assert refused(caller.get(address))[0] == 404
