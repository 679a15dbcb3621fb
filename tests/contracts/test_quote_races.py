"""A quote is accepted once, also by several at the same moment; without the lock that is luck."""

from __future__ import annotations

import pytest
from django.db.utils import IntegrityError

from contracts import quotes
from contracts.models import Contract, Quote, QuoteAnswer, QuoteVersion
from creditops.lib.refusals import Refusal
from tests import offers
from tests.invoicing import racing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("paper")]
paper = offers.paper
PEOPLE = 4


def accept_at_once(version: QuoteVersion) -> list[object]:
    return racing.at_once(PEOPLE, lambda n: offers.accept(version, name=f"Ada {n}"))


def test_of_several_who_accept_at_once_one_is_taken_and_the_others_are_told():
    offers.price_list()
    version = offers.offered()

    answers = accept_at_once(version)

    said = [answer for answer in answers if isinstance(answer, QuoteAnswer)]
    told = [answer for answer in answers if isinstance(answer, Refusal)]
    assert (len(said), [refusal.code for refusal in told]) == (
        1, ["quote_accepted"] * (PEOPLE - 1),
    )  # fmt: skip
    assert Contract.objects.get().signed_by.startswith(said[0].name)


def test_without_the_lock_only_the_unique_key_is_left(monkeypatch):
    """The negative control: all read that it is open, and the database has to refuse all but one."""
    offers.price_list()
    version = offers.offered()
    all_have_read = racing.barrier(PEOPLE)

    def unlocked(quote: Quote) -> QuoteVersion:
        newest = QuoteVersion.objects.select_related("quote__customer", "quote__renews").get(
            quote=quote
        )
        all_have_read.wait()
        return newest

    with monkeypatch.context() as careless:
        careless.setattr(quotes, "locked", unlocked)
        careless.setattr("contracts.quote_activation.try_to_activate", lambda quote, at: None)
        answers = accept_at_once(version)

    assert [type(answer) for answer in answers].count(IntegrityError) == PEOPLE - 1
    assert QuoteAnswer.objects.count() == 1
