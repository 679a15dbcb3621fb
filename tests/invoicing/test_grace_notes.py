"""Grace use that was billed and is corrected to less is credited by itself, as overage is (O7, L10)."""

import pytest

from contracts import plans, subscriptions
from contracts.models import PlanCharge
from contracts.subscriptions import Agreed
from invoicing import cards, documents, grace_notes, subscribing
from invoicing.models import CreditNote, Invoice
from ledger import corrections
from ledger.models import UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

MAY, JUNE, LATER, JULY = map(cast.at, ("2026-05-01", "2026-06-01", "2026-06-05", "2026-07-02"))


@pytest.fixture
def acme():
    """On a plan of 5,000 credits for 50.00; there is no larger one."""
    made = cast.customer()
    plans.publish(
        code="starter", credits=5_000, price_minor=5_000, currency="USD", by="Sam", at=MAY
    )
    cards.save(made, at=MAY)
    subscribing.subscribe(made, plans.find("starter"), Agreed(code="s1"), by="Ada", at=MAY)
    return made


def use(key: str, credits: int, when: str) -> None:
    cast.send(key, credits, when=cast.at(when), contract="s1")
    cast.run_due(cast.at(when))


def correct(key: str, credits: int, when=LATER) -> None:
    event = UsageEvent.objects.get(key=key)
    corrections.correct(event, credits=credits, by="Fiona", reason="miscounted", at=when)
    cast.run_due(when)


def notes() -> list[tuple]:
    found = CreditNote.objects.order_by("id")
    return [
        (n.invoice.number, n.occasion, n.lines.get().credits, n.net_minor, n.receivable_minor)
        for n in found
    ]


@pytest.fixture
def billed(acme):
    """200 credits of May went beyond the balance: 2.00, charged at the end of May."""
    use("u1", 5_000, "2026-05-28 10:00")
    use("u2", 200, "2026-05-31 20:00")
    cast.run_due(JUNE)
    return Invoice.objects.get(lines__kind="GRACE")


def test_less_grace_use_than_was_charged_is_owed_back(billed):
    correct("u2", 150)

    assert notes() == [(billed.number, "correction", 50, 50, 0)]
    assert documents.note_open_minor(CreditNote.objects.get()) == 50
    assert cast.journal(LATER)[-2:] == [
        "2026-06-05 JE-18 debit 1150 0.50, credit 2150 0.50",
        "2026-06-05 JE-15 debit 4020 0.50, credit 1150 0.50",
    ]
    assert cast.breaches(JULY) == []


def test_a_second_look_credits_nothing_again(billed):
    correct("u2", 150)
    found = subscriptions.find("s1")

    assert grace_notes.credit(found, found.holder.terms.get(number=1), at=JULY) == []


def test_what_goes_up_again_is_charged_from_there(billed):
    correct("u2", 150)
    correct("u2", 180, cast.at("2026-06-06"))

    charged = PlanCharge.objects.filter(kind="grace").order_by("id")
    assert [(c.credits, c.amount_minor) for c in charged] == [(200, 200), (30, 30)]
    assert len(notes()) == 1
    assert cast.breaches(JULY) == []


def test_the_newest_charge_goes_back_first(billed):
    cast.send("late", 60, when=LATER, time=cast.at("2026-05-30"), contract="s1")
    cast.run_due(LATER)
    correct("u2", 100, cast.at("2026-06-06"))

    second = Invoice.objects.filter(lines__kind="GRACE").latest("id")
    assert notes() == [
        (second.number, "correction", 60, 60, 0),
        (billed.number, "correction", 40, 40, 0),
    ]
    assert cast.breaches(JULY) == []


def test_what_was_not_paid_is_not_owed_any_more_and_no_card_is_tried_for_it(acme):
    use("u1", 5_200, "2026-05-28 10:00")
    cards.save(acme, works=False, at=cast.at("2026-05-29"))
    cast.run_due(JUNE)
    assert PlanCharge.objects.get(kind="grace").state == "open"

    correct("u1", 5_000)

    invoice = Invoice.objects.get(lines__kind="GRACE")
    assert notes() == [(invoice.number, "correction", 200, 200, 200)]
    assert PlanCharge.objects.get(kind="grace").state == "paid"
    assert not invoice.payments.exists()
    assert cast.breaches(JULY) == []


def test_what_was_charged_within_the_period_is_credited_at_its_end(acme):
    """The grace was over on 19 May; its use is corrected on the 20th."""
    use("u1", 5_000, "2026-05-18 10:00")
    use("u2", 200, "2026-05-18 10:05")
    cast.run_due(cast.at("2026-05-19 12:00"))
    correct("u2", 0, cast.at("2026-05-20"))
    assert notes() == []

    cast.run_due(JUNE)

    assert notes() == [(Invoice.objects.get(lines__kind="GRACE").number, "correction", 200, 200, 0)]
    assert cast.breaches(JULY) == []


def test_nobody_pays_twice_where_a_larger_plan_pays_for_what_was_charged_before(acme):
    """Charged on 19 May; on the 20th a larger plan is taken by hand, whose credits pay for that use."""
    use("u1", 5_200, "2026-05-18 10:00")
    cast.run_due(cast.at("2026-05-19 12:00"))
    when = cast.at("2026-05-20")
    plans.publish(
        code="growth", credits=10_000, price_minor=9_000, currency="USD", by="Sam", at=when
    )
    subscribing.change_plan(subscriptions.find("s1"), plans.find("growth"), at=when)
    cast.run_due(JUNE)

    left = cast.left_of(subscriptions.find("s1").holder, cast.at("2026-05-21"))
    credited = sum(credits for _, _, credits, *_ in notes())
    assert (left, credited) == (4_800, 200)
    assert cast.breaches(JULY) == []
