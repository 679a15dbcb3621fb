"""The renewal proposal on paper: last term's use, and the arithmetic in words."""

from datetime import date

import pytest

from contracts import agreements, free_credits, proposal_letters, renewals
from contracts.agreements import Terms
from contracts.models import RenewalProposal
from creditops.lib import pdf
from creditops.lib.models import StoredFile
from tests import cast, papers

pytestmark = pytest.mark.django_db

START, END = cast.at("2026-01-01"), cast.at("2027-01-01")


@pytest.fixture
def contract():
    buyer = cast.customer(legal_name="Acme Analytics Inc.", country="US", address="548 Market St")
    terms = Terms(
        code="acme-1",
        starts_on=date(2026, 1, 1),
        credits=16_000,
        price_minor=16_000,
        currency="USD",
        time_zone="UTC",
    )
    return agreements.sign(buyer, terms, by="Sam", at=START)


def use(credits: int, month: str) -> None:
    when = cast.at(f"{month}-15")
    cast.send(f"in {month}", credits, when=when, contract="acme-1")


def proposed(contract, *, at, final=False) -> RenewalProposal:
    made = renewals.propose(contract, at=at, final=final)
    assert made is not None
    return made


def test_the_document_says_what_was_used_and_how_it_became_the_proposal(contract):
    use(9_000, "2026-03")
    use(9_288, "2026-11")
    proposal = proposed(contract, at=END, final=True)

    text = papers.text(proposal_letters.proposal_pdf(proposal, END, vendor="Northlight").content)

    for part in (
        "Northlight Renewal proposal Contract acme-1",
        "Acme Analytics Inc. 548 Market St United States",
        "Term 1 Jan 2026 – 31 Dec 2026 Figures as of 31 Dec 2026, final",
        "Next term 12 months from 1 Jan 2027",
        "18,288 credits for 12 months USD 182.88",
        "You used 18,288 credits in the term.",
        "16,000 of these came from your balance and 2,288 went beyond it.",
        "So we propose 18,288 credits for the next 12 months, at the price that you pay today: "
        "USD 0.01 a credit, USD 182.88 in all.",
        "The 2,288 credits beyond your balance are billed with it, at the same price: USD 22.88.",
        "No unused credits roll over into the next term.",
        "Overage 1 Jan 2026 – 31 Dec 2026 2,288 0.01 22.88",
        "Commitment of the next term 12 months from 1 Jan 2027 18,288 0.01 182.88",
        "Net total, USD 205.76",
        "1,333 a month",
        "Page 1 of 1",
    ):
        assert part in text
    assert "9,000 Mar 2026" in text
    assert "9,288 Nov 2026" in text


def test_the_evidence_holds_the_use_by_month_as_people_of_the_contract_see_it(contract):
    use(100, "2026-03")
    use(50, "2026-02")

    early = proposed(contract, at=cast.at("2026-03-01"))
    assert early.evidence["used_by_month"] == {"2026-02": 50}

    late = proposed(contract, at=END, final=True)
    assert late.evidence["used_by_month"] == {"2026-02": 50, "2026-03": 100}


def test_free_credits_are_said_not_to_count_and_the_rest_to_roll_over(contract):
    free_credits.give(
        contract.holder, kind="promo", credits=1_000, source="p1", by="Sam", reason="", at=START
    )
    use(3_000, "2026-03")
    proposal = proposed(contract, at=cast.at("2026-10-03"))

    assert proposal_letters.sentences(proposal) == [
        "You used 3,000 credits in the term so far.",
        "1,000 of them were given to you free of charge and do not count. 2,000 remain.",
        "As things stand we propose 2,000 credits for the next 12 months, at the price that you pay "
        "today: USD 0.01 a credit, USD 20.00 in all.",
        "14,000 unused credits would, as things stand, roll over into the next term. They come on "
        "top of the new commitment and are used first.",
    ]


def test_each_restatement_has_its_own_document_and_none_is_rendered_twice(contract, monkeypatch):
    use(3_000, "2026-03")
    early = proposal_letters.proposal_pdf(
        proposed(contract, at=cast.at("2026-10-03")), cast.at("2026-10-03")
    )
    final = proposed(contract, at=END, final=True)
    first = proposal_letters.proposal_pdf(final, END)
    monkeypatch.setattr(pdf, "render", None)

    assert proposal_letters.proposal_pdf(final, END) == first
    assert list(StoredFile.objects.values_list("name", flat=True)) == [
        "proposals/acme-1-term-1-2026-10-03T000000Z.pdf",
        "proposals/acme-1-term-1-2027-01-01T000000Z.pdf",
    ]
    assert early.sha256 != first.sha256


def test_what_people_typed_is_printed_as_they_typed_it(contract, monkeypatch):
    use(3_000, "2026-03")
    contract.customer.legal_name = "".join(papers.HOSTILE_HTML)
    contract.customer.address = "\n".join(papers.HOSTILE_HTML)
    proposal = proposed(contract, at=END, final=True)

    with papers.recorded_requests(monkeypatch) as asked:
        content = proposal_letters.proposal_pdf(proposal, END, vendor="<b>{{7*7}}</b>").content

    assert set(asked) == {"asset:Inter-Regular.ttf", "asset:Inter-SemiBold.ttf"}
    assert papers.attachments(content) == []
    typed = "".join(papers.text(content).split())
    assert typed.count("".join("".join(papers.HOSTILE_HTML).split())) == 2
    assert "<b>{{7*7}}</b>" in typed
