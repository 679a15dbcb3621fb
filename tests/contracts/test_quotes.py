"""Quotes are drafted, revised, sent, agreed to by a second person, answered once, and over."""

from datetime import date

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from contracts import quote_answers, quote_links, quotes
from contracts.models import Contract, Quote, QuoteAnswer, QuoteLink, QuoteVersion
from contracts.quote_terms import Year
from creditops.lib import approvals, files, policies
from creditops.lib.models import Approval, OutboxMessage
from creditops.lib.refusals import NotFound, Refusal
from tests import cast, offers
from tests.offers import NOW, SAM, VENDOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("paper")]
paper = offers.paper
Status = QuoteVersion.Status


@pytest.fixture(autouse=True)
def _price_list():
    offers.price_list()


def approve(version: QuoteVersion, by: str = "mara@vendor.example") -> QuoteVersion:
    asked = approvals.approve(Approval.objects.get().pk, by=by, at=NOW, reason="big customer")
    return quotes.send_approved(asked, by=by, at=NOW, vendor=VENDOR)


def test_a_draft_is_changed_in_place_and_nothing_else_is():
    version = offers.draft()

    changed = quotes.revise(
        version.quote,
        offers.terms(years=(Year(5, 5),)),
        open_until=offers.OPEN_UNTIL,
        by=SAM,
        at=NOW,
    )

    assert (changed.pk, changed.number, changed.credits) == (version.pk, 1, 5)
    assert changed.terms_hash != version.terms_hash


def test_a_change_of_what_was_sent_is_a_new_version_that_takes_its_place():
    version = offers.offered()

    newer = quotes.revise(
        version.quote, offers.terms(bonus_credits=500), open_until=offers.OPEN_UNTIL, by=SAM, at=NOW
    )

    version.refresh_from_db()
    assert (version.status, newer.number, newer.status) == (Status.SUPERSEDED, 2, Status.DRAFT)
    with pytest.raises(Refusal) as refused:
        offers.accept(version)
    assert refused.value.code == "quote_superseded"


def test_what_is_sent_has_its_document_with_its_hash():
    version = offers.offered()

    stored = files.find(version.document)
    assert stored is not None
    assert (version.status, version.document_sha256) == (Status.SENT, stored.sha256)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"years": ()}, "ramp_unfit"),
        ({"years": (Year(0, 5),)}, "commitment_not_positive"),
        ({"years": (Year(5, -1),)}, "price_negative"),
        ({"years": (Year(5, 5), Year(5, 5)), "cancellable": True}, "ramp_unfit"),
        ({"installments": 3}, "installments_unfit"),
        ({"installments": 4, "cancellable": True}, "installments_unfit"),
        ({"installments": 4, "term_months": 6}, "installments_unfit"),
        ({"starts_on": date(2025, 1, 1)}, "term_over"),
        ({"rate_lock_on": date(2026, 1, 1)}, "lock_over"),
        ({"open_until": date(2025, 12, 31)}, "quote_over"),
        ({"overage_pct": "101"}, "policy_invalid"),
        ({"rollover": "SOME"}, "policy_invalid"),
        ({"rate_card": "nope"}, "not_found"),
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"currency": "usd"}, "currency_unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_it_is_kept(wanted, code):
    with pytest.raises(Refusal) as refused:
        offers.draft(**wanted)

    assert refused.value.code == code
    assert not Quote.objects.exists()


def test_a_discount_within_ones_limit_is_sent_alone():
    version = offers.draft(years=(Year(100_000, 90_000, 100_000),))

    assert not offers.send(version).waits


def test_a_discount_beyond_ones_limit_waits_for_another_person():
    version = offers.draft(years=(Year(100_000, 89_990, 100_000),))

    sent = offers.send(version)

    assert sent.reasons == [
        "The discount is 10.01 % of the list price, and you may give 10 % alone."
    ]
    assert (version.status, Approval.objects.get().subject) == (Status.IN_APPROVAL, version.name)
    with pytest.raises(Refusal) as refused:
        offers.accept(version)
    assert refused.value.code == "quote_not_sent"
    with pytest.raises(Refusal) as own:
        approve(version, by=SAM)
    assert own.value.code == "approval_own"
    sent_version = approve(version)
    assert (sent_version.status, sent_version.approved_by) == (Status.SENT, "mara@vendor.example")


def test_bonus_credits_are_a_discount_too():
    version = offers.draft(bonus_credits=12_000)

    assert offers.send(version).reasons == [
        "The discount is 10.71 % of the list price, and you may give 10 % alone."
    ]


def test_a_role_may_have_its_own_limit_and_the_books_a_floor():
    policies.change(
        policies.BOOKS, {"discount_alone_up_to_pct": "40", "floor_price_per_credit": "0.0075"},
        effective_at=NOW, recorded_at=NOW, by="Fiona",
    )  # fmt: skip
    version = offers.draft(years=(Year(100_000, 70_000, 100_000),))

    assert offers.send(version).reasons == [
        "A credit would cost 0.007 USD, and the floor is 0.0075 USD."
    ]


def test_a_request_is_bound_to_what_it_was_made_for():
    version = offers.draft(years=(Year(100_000, 80_000, 100_000),))
    offers.send(version)
    quotes.revise(version.quote, offers.terms(), open_until=offers.OPEN_UNTIL, by=SAM, at=NOW)

    with pytest.raises(Refusal) as refused:
        approve(version)

    assert refused.value.code == "quote_changed"


def test_what_was_not_agreed_to_is_a_draft_again():
    version = offers.draft(years=(Year(100_000, 80_000, 100_000),))
    offers.send(version)
    asked = approvals.reject(Approval.objects.get().pk, by="mara", at=NOW, reason="too cheap")

    quotes.take_back(asked)

    version.refresh_from_db()
    assert version.status == Status.DRAFT


def test_an_answer_keeps_who_when_from_where_and_what_was_read():
    version = offers.offered()

    offers.accept(version)

    said = QuoteAnswer.objects.get()
    assert (said.name, said.email, said.ip_address, said.answered_at) == (
        "Ada", "ada@acme.example", "192.0.2.7", NOW,
    )  # fmt: skip
    assert (said.terms_hash, said.document_sha256) == (version.terms_hash, version.document_sha256)


def test_an_accepted_quote_is_its_contract_and_accepted_once():
    version = offers.offered()
    offers.accept(version)

    with pytest.raises(Refusal) as refused:
        offers.accept(version, name="Otto")

    assert (refused.value.code, refused.value.detail) == (
        "quote_accepted", "Ada accepted this quote already, on 2026-01-01.",
    )  # fmt: skip
    contract = Contract.objects.get()
    assert (contract.quote, contract.code, cast.left(contract, NOW)) == (
        version.quote, f"C-{version.quote.pk:06d}", 100_000,
    )  # fmt: skip


def test_an_expired_quote_is_refused_before_and_after_the_sweep():
    version = offers.offered()
    late = cast.at("2026-02-01")

    with pytest.raises(Refusal) as refused:
        offers.accept(version, when=late)
    cast.run_due(late)
    version.refresh_from_db()
    with pytest.raises(Refusal) as again:
        offers.accept(version, when=late)

    assert (refused.value.code, again.value.code, version.status) == (
        "quote_expired", "quote_expired", Status.EXPIRED,
    )  # fmt: skip
    assert refused.value.detail == "This quote was open until 2026-01-31. Please ask for a new one."


def test_it_can_be_accepted_to_the_end_of_its_last_day():
    version = offers.offered()

    offers.accept(version, when=cast.at("2026-02-01") - cast.SECOND)

    assert QuoteAnswer.objects.get().accepted


def test_a_refused_quote_says_why_and_can_be_revised():
    version = offers.offered()
    quote_answers.refuse(
        version, name="Ada", email="ada@acme.example", reason="too much", ip_address=None, at=NOW
    )

    with pytest.raises(Refusal) as refused:
        offers.accept(version)
    newer = quotes.revise(
        version.quote, offers.terms(), open_until=offers.OPEN_UNTIL, by=SAM, at=NOW
    )

    assert (refused.value.code, newer.number) == ("quote_refused", 2)
    assert QuoteAnswer.objects.get().reason == "too much"


def test_an_accepted_quote_is_changed_no_more():
    version = offers.offered()
    offers.accept(version)

    with pytest.raises(Refusal) as refused:
        quotes.revise(version.quote, offers.terms(), open_until=offers.OPEN_UNTIL, by=SAM, at=NOW)

    assert refused.value.code == "quote_accepted"


def test_a_clone_says_the_same_from_today_for_whom_one_likes():
    version = offers.offered(price_lock_on=date(2026, 3, 1))

    copy = quotes.clone(
        version.quote, customer=cast.customer("otto"), by=SAM, at=cast.at("2026-04-01")
    )

    assert (copy.status, copy.quote.customer.code, copy.quote.cloned_from) == (
        Status.DRAFT, "otto", version.quote,
    )  # fmt: skip
    assert (copy.terms["starts_on"], copy.terms["price_lock_on"], copy.open_until) == (
        "2026-04-01", None, date(2026, 5, 1),
    )  # fmt: skip


def test_a_link_is_a_secret_that_is_kept_as_its_hash_only():
    version = offers.offered()

    secret = quote_links.make(version, by=SAM, at=NOW)

    assert len(secret) >= 43
    assert secret not in QuoteLink.objects.get().digest
    assert quote_links.follow(secret) == version
    with pytest.raises(NotFound):
        quote_links.follow(secret[:-1])


def test_the_letter_has_a_link_of_its_own(mailoutbox):
    version = offers.draft(recipient_name="Ada", recipient_email="ada@acme.example")
    offers.send(version, site="https://credits.example.com")
    [message] = OutboxMessage.objects.filter(kind=quotes.MAIL)

    quote_links.deliver(message.key, message.payload, NOW)

    [letter] = mailoutbox
    [address] = [line for line in letter.body.splitlines() if "/q/" in line]
    secret = address.removeprefix("https://credits.example.com/q/").rstrip("/")
    assert letter.to == ["ada@acme.example"]
    assert quote_links.follow(secret) == version
    assert secret not in str(message.payload)


def test_questions_and_answers_stand_beside_the_quote():
    version = offers.offered()

    quote_answers.ask(version, name="Ada", email="a@b.example", text="Per seat?", at=NOW)
    quote_answers.reply(version.quote, by=SAM, text="One pool.", at=NOW)

    assert [(m.of_customer, m.text) for m in version.quote.messages.all()] == [
        (True, "Per seat?"), (False, "One pool."),
    ]  # fmt: skip
    with pytest.raises(Refusal) as refused:
        quote_answers.ask(version, name="Ada", email="", text=" ", at=NOW)
    assert refused.value.code == "question_empty"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contracts_quoteversion SET price_minor = 1",
        "UPDATE contracts_quoteversion SET terms = '{}'",
        "UPDATE contracts_quoteversion SET open_until = open_until + 1",
        "UPDATE contracts_quoteversion SET status = 'draft'",
        "UPDATE contracts_quoteversion SET document_sha256 = 'x'",
        "DELETE FROM contracts_quoteversion",
    ],
)
def test_the_database_keeps_the_word_of_what_was_sent(statement):
    offers.offered()

    with (
        pytest.raises(IntegrityError, match=r"keeps its word|not removed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_database_takes_no_answer_to_what_was_not_sent():
    version = offers.draft()

    with pytest.raises(IntegrityError, match="not open as it was read"), transaction.atomic():
        QuoteAnswer.objects.create(
            version=version, accepted=True, name="Ada", email="a@b.example", answered_at=NOW,
            terms_hash=version.terms_hash, document_sha256="",
        )  # fmt: skip


def test_two_versions_never_count_at_once():
    version = offers.offered()

    with pytest.raises(IntegrityError, match="one_that_counts"), transaction.atomic():
        QuoteVersion.objects.create(
            quote=version.quote, number=2, terms=version.terms, terms_hash="x", currency="USD",
            credits=1, price_minor=1, open_until=version.open_until, made_at=NOW, made_by=SAM,
        )  # fmt: skip
