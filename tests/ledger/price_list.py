"""What the histories' vendor sells: the first version of the card, and how later ones differ."""

from __future__ import annotations

from datetime import datetime
from random import Random

from tests.ledger.oracle_rows import Rate, Version

CREDIT, DATA = "CREDIT", "DATA"

# Meters whose quantity is a number of credits already.
RATED = {
    "credits": Rate("credits", "credits", CREDIT, 1),
    "credits:DATA": Rate("credits:DATA", "credits:DATA", DATA, 1),
}
# A call and its improved model; a pack of tokens; two units at once; by provider and model; what a
# provider charges, as principal, and as agent beside something of our own; what is bought for a time.
RATES = [
    Rate("call", "call", CREDIT, 3),
    Rate("call plus", "call plus", CREDIT, 5),
    Rate("tokens", "tokens", CREDIT, 5, per=1_000, kind="pack"),
    Rate("enrich", "enrich", CREDIT, 1),
    Rate("enrich", "enrich", DATA, 2),
    Rate("lookup", "lookup", CREDIT, 2),
    Rate("lookup a", "lookup", CREDIT, 4, match=(("provider", "a"),)),
    Rate("lookup a x", "lookup", CREDIT, 7, match=(("model", "x"), ("provider", "a"))),
    Rate("model", "model", CREDIT, 20, kind="pass_through", property="cost"),
    Rate("voice", "voice", CREDIT, 1),
    Rate("voice", "voice", DATA, 50, per=3, kind="pass_through", property="cost", agent=True),
    Rate("sync", "sync", CREDIT, 12, kind="flat", months=2),
    Rate("seat", "seat", CREDIT, 2, kind="licence", months=1),
]
USED = ("call", "call plus", "tokens", "enrich", "lookup", "lookup", "model", "voice")
# The properties that a meter keeps, and what its messages say of them.
PROPERTIES = {
    "lookup": {"provider": "text", "model": "text"},
    "model": {"cost": "number"},
    "voice": {"cost": "number"},
}
SAID = {
    "lookup": (
        {},
        {"provider": "a"},
        {"provider": "a", "model": "x"},
        {"provider": "a", "model": "y"},
        {"provider": "b", "model": "x"},
    ),
    "model": ({"cost": "0.135"}, {"cost": "0.004"}, {"cost": "1.335"}, {}),
    "voice": ({"cost": "0.12"}, {"cost": "0.333333"}, {"cost": "0"}, {}),
}
# Who may choose what instead: an improved model, back again, one unit instead of two.
CHOICES = (
    ("call", "call plus"),
    ("call", "call plus"),
    ("call", "call"),
    ("call plus", "lookup a"),
    ("enrich", "call"),
    ("lookup a", "lookup"),
)


def next_version(random: Random, number: int, effective_from: datetime) -> Version:
    """Other prices; an action may end, or come back."""
    ended = {
        item for item in ("call", "call", "enrich", "lookup a", "sync") if random.random() < 0.2
    }
    rates = [
        rate
        if random.random() < 0.5
        else rate._replace(credits=random.randint(1, 2 * rate.credits))
        for rate in RATES
        if rate.item not in ended
    ]
    return Version(str(number), effective_from, rates)
