"""The quote builder, the page of a quote, and what is done with it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contracts import commission_plans, prices, quote_answers, quotes
from contracts.models import Contract, PriceVersion, Quote, QuoteVersion, RateCard
from creditops.desk import addresses
from creditops.desk.deeds.page import LIVE
from creditops.lib.models import Approval
from tests import cast, offers, staff
from tests.desk import acts
from tests.staff import NOW, Book

paper = offers.paper
pytestmark = pytest.mark.usefixtures("paper")

TYPED = {
    "credits": "500,000", "starts_on": "2026-06-15", "term_months": "12", "open_until": "2026-07-15",
    "time_zone": "UTC", "currency": "USD", "rollover": "FULL", "enforcement": "SOFT",
    "overage_pct": "20", "rate_card": "standard", "payment_terms_days": "30", "installments": "1",
}  # fmt: skip


@pytest.fixture
def tiers(book: Book) -> PriceVersion:
    """$1 = 100 credits, 10 % less from $5,000 on, 20 % from $50,000 on."""
    return prices.publish(
        currency="USD", credits_per_currency_unit=100, effective_from=NOW, by="Mara", at=NOW,
        tiers=[prices.Tier(500_000, "10"), prices.Tier(5_000_000, "20")],
    )  # fmt: skip


def keep(client, *, step: str = "save", **typed):
    path = addresses.of("quote_new", "acme")
    return client.post(path, {**TYPED, **typed, "step": step}, follow=True)


def kept() -> QuoteVersion:
    return QuoteVersion.objects.latest("id")


def live(client, **typed) -> str:
    path = addresses.of("quote_new", "acme")
    return client.post(path, {**TYPED, **typed}, headers={LIVE: "1"}).content.decode()


def test_a_draft_is_kept_without_ceremony(tiers, sam):
    page = keep(sam)

    assert page.redirect_chain == [(f"/admin/desk/quote/{kept().quote.code}/", 302)]
    assert (kept().credits, kept().price_minor, kept().list_minor) == (500_000, 450_000, 500_000)
    assert (kept().status, kept().made_by) == ("draft", "sales-rep@vendor.example")


@pytest.mark.parametrize(
    ("typed", "figures"),
    [
        ({"credits": "100,000"}, (100_000, 100_000)),
        ({"credits": "", "tier": "500000"}, (500_000, 450_000)),
        ({"credits": "", "amount": "60,000.00"}, (6_000_000, 4_800_000)),
        ({"discount_pct": "12.5"}, (500_000, 437_500)),
        ({"price": "4,000.00"}, (500_000, 400_000)),
        ({"later_years": "600,000\n1,000,000 for 9,000.00"}, (2_100_000, 1_890_000)),
    ],
)
def test_a_size_is_typed_as_one_likes(tiers, sam, typed, figures):
    keep(sam, **typed)

    assert (kept().credits, kept().price_minor) == figures


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"credits": ""}, "Say how many credits, an amount, or a tier."),
        ({"later_years": "much"}, "'much': write a year like 1,000,000 for 9000.00."),
        ({"forecast": "translation"}, "'translation': write an action and how often a month."),
        ({"discount_pct": "101"}, "A discount is 0 to 100 %, with at most two decimals, not 101."),
        ({"price": "4.001"}, "4.001 USD has more decimals than USD knows (2). "
         "Write the amount in whole minor units."),
        ({"credits": "5", "currency": "EUR"},
         "There is no price list in EUR: type the price, or publish one."),
        ({"open_until": "2026-06-01"}, "A quote can't be open until 2026-06-01: that is past."),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_says_why_and_loses_nothing(tiers, sam, typed, said):
    page = keep(sam, message="Dear Ada", **typed)

    assert acts.errors(page) == [said]
    assert page.context["form"]["message"].value() == "Dear Ada"
    assert not Quote.objects.exists()


def test_the_figures_follow_what_is_typed(tiers, sam):
    said = live(sam, rollover="NONE", forecast="translation 20,000,000")

    assert "$4,500.00" in said
    assert "$0.009" in said
    assert "functionally identical to a licence" in said
    assert "$0.027 per 1,000" in said
    assert "These actions take 720,000 credits in 12 months." in said
    assert "The $50,000 tier covers it: 5,000,000 credits." in said


def test_an_action_is_found_however_it_is_written_and_what_is_not_on_the_card_is_named(tiers, sam):
    """20,000,000 translations a month at 3 credits per 1,000, twelve months: 720,000."""
    said = live(sam, credits="", forecast="TRANSLATION 20,000,000\ntelepathy 5")

    assert "These actions take 720,000 credits in 12 months." in said
    assert "Not on the rate card, so not counted: telepathy." in said


def test_the_size_that_the_forecast_takes_is_taken_over(tiers, sam):
    page = keep(sam, step="propose", forecast="translation 20,000,000")

    assert page.context["form"]["credits"].value() == "720,000"
    assert not Quote.objects.exists()


def test_without_a_script_the_figures_are_worked_out_on_the_page(tiers, sam):
    page = keep(sam, step="figures", discount_pct="30")

    totals = page.context["totals"]
    assert dict(totals.facts)["Discount"] == "30.00 %"
    assert totals.needs == [
        "The discount is 30.00 % of the list price, and you may give 10 % alone."
    ]


def test_a_draft_is_sent_and_its_link_is_shown_once(tiers, sam, client):
    keep(sam)

    page = acts.do(sam, "send-quote", kept().quote.code)

    link = page.context["done"].secret
    assert kept().status == "sent"
    opened = client.get(link.removeprefix("http://localhost:8000"))
    assert opened.status_code == 200
    assert "500,000 credits for USD 4,500.00" in opened.content.decode()


def test_a_discount_beyond_ones_limit_is_agreed_to_by_another_person_in_the_desk(
    tiers, sam, client
):
    keep(sam, discount_pct="30")
    code = kept().quote.code

    waits = acts.do(sam, "send-quote", code)
    asked = Approval.objects.get()
    mara = staff.as_(staff.person(staff.Role.SALES_MANAGER))
    agreed = acts.do(mara, "decide", asked.pk, decision="approve", reason="strategic")

    assert acts.said(waits) == [
        f"{code}, version 1 waits for another person to agree. The discount is 30.00 % of the list "
        "price, and you may give 10 % alone."
    ]
    assert acts.said(agreed) == [
        f"Approved. {code}, version 1 is sent. sales-rep@vendor.example can make its link."
    ]
    made = acts.do(sam, "quote-link", code)
    assert (
        client.get(made.context["done"].secret.removeprefix("http://localhost:8000")).status_code
        == 200
    )


def test_what_was_rejected_is_a_draft_again(tiers, sam):
    keep(sam, discount_pct="30")
    acts.do(sam, "send-quote", kept().quote.code)
    mara = staff.as_(staff.person(staff.Role.SALES_MANAGER))

    acts.do(mara, "decide", Approval.objects.get().pk, decision="reject", reason="no")

    assert kept().status == "draft"


def test_two_versions_stand_side_by_side_with_what_each_term_moves(tiers, sam):
    keep(sam)
    quote = kept().quote
    quotes.send(kept(), by=offers.SAM, at=NOW, vendor=offers.VENDOR)
    path = addresses.of("quote_change", quote.code)
    sam.post(
        path,
        {**TYPED, "credits": "600,000", "price": "", "bonus_credits": "10,000", "rollover": "NONE",
         "step": "save"},
    )  # fmt: skip

    page = sam.get(addresses.of("quote", quote.code))

    listing = page.context["compared"]["listing"]
    assert [list(row) for row in listing.rows] == [
        ["Commitment", "500,000 credits for $4,500.00", "600,000 credits for $5,400.00", "+100,000",
         "+$900.00", "–"],
        ["Bonus credits", "0", "10,000", "+10,000", "–", "–"],
        ["At renewal", "all that is left rolls over, once", "what is left ends with the term", "–",
         "–", "–"],
    ]  # fmt: skip
    assert list(listing.sums) == [
        "All together",
        "$4,500.00",
        "$5,400.00",
        "+110,000",
        "+$900.00",
        "–",
    ]


def test_the_page_of_a_quote_tells_who_accepted_it_and_what_it_became(tiers, sam):
    keep(sam)
    quotes.send(kept(), by=offers.SAM, at=NOW, vendor=offers.VENDOR)
    quote_answers.accept(
        kept(), name="Ada", email="ada@acme.example", ip_address="192.0.2.7", at=NOW
    )

    page = sam.get(addresses.of("quote", kept().quote.code)).content.decode()

    assert "Accepted by Ada (ada@acme.example) on 2026-06-15 12:00:00 UTC from 192.0.2.7." in page
    assert f"contract {Contract.objects.latest('id').code}" in page


def test_a_clone_and_an_answer_are_acts_of_the_desk(tiers, sam):
    keep(sam)
    cast.customer("otto")
    code = kept().quote.code

    said = acts.do(sam, "clone-quote", code, customer="otto")
    acts.do(sam, "answer-question", code, text="One pool.")

    assert acts.said(said) == [f"{kept().quote.code} for Otto is drafted from {code}."]
    assert quotes.find(code).messages.get().text == "One pool."


def test_a_card_and_a_plan_are_called_by_their_names(tiers, sam):
    RateCard.objects.filter(code="standard").update(name="Lumen Studio")
    wanted = commission_plans.Wanted(Decimal(10), Decimal(70))
    commission_plans.publish("reps", wanted, by="Sally", at=NOW, name="Plan of reps")
    keep(sam, commission_plan="reps")

    terms = sam.get(addresses.of("quote", kept().quote.code)).context["terms"]

    said = {term.label: term.said for term in terms}
    assert (said["Rate card"], said["Commission plan"]) == ("Lumen Studio", "Plan of reps")


def test_a_question_is_answered_once_somebody_could_ask_it(tiers, sam):
    keep(sam)
    path = addresses.of("quote", kept().quote.code)
    draft = [act["title"] for act in sam.get(path).context["doable"]]
    acts.do(sam, "send-quote", kept().quote.code)
    sent = [act["title"] for act in sam.get(path).context["doable"]]

    assert draft == ["Send", "Change", "Clone"]
    assert sent == ["New version", "Make a link", "Answer a question", "Clone"]


def test_who_may_not_quote_is_told_so(tiers, fiona):
    assert fiona.get(addresses.of("quote_new", "acme")).status_code == 403
    assert fiona.post(addresses.of("quote_new", "acme"), TYPED).status_code == 403
    assert not Quote.objects.exists()


def test_a_quote_that_is_not_there_is_not_found(book, sam):
    for name in ("quote", "quote_change", "send-quote"):
        assert sam.get(addresses.of(name, "Q-000999")).status_code == 404
    assert sam.get(addresses.of("quote_new", "nobody")).status_code == 404


def test_the_commission_is_estimated_and_paid_to_whom_sent_the_quote(tiers, sam):
    plan = commission_plans.Wanted(rate_pct=Decimal(10), upfront_pct=Decimal(70))
    commission_plans.publish("standard", plan, by="Mara", at=NOW)
    said = live(sam, commission_plan="standard")
    keep(sam, commission_plan="standard")
    acts.do(sam, "send-quote", kept().quote.code)
    quote_answers.accept(kept(), name="Ada", email="ada@acme.example", ip_address=None, at=NOW)

    assert "Commission at close" in said
    assert "$315.00" in said
    contract = Contract.objects.latest("id")
    assert [str(share) for share in commission_plans.owners_at(contract, NOW)] == [
        "sales-rep@vendor.example: 100 %"
    ]
