"""Credit notes: what was not used goes back at its cost, what was used never does (V13, I1, I7, I8)."""

from datetime import date, timedelta

import pytest

from contracts import free_credits
from creditops.lib import policies
from creditops.lib.refusals import Refusal
from invoicing import credit_notes, documents, payments, tax_rates, voids
from invoicing.models import CreditNote, Invoice, NumberSeries
from ledger import closing, corrections, holders, holds, movements
from ledger.models import Block, Move, ThresholdCrossing, UsageEvent
from tests import cast

pytestmark = pytest.mark.django_db

START, END = cast.START, cast.END
JUNE = cast.at("2026-06-01")


@pytest.fixture
def holder():
    return holders.pay_as_you_go(cast.customer(), START)


def bought(holder, **order) -> Invoice:
    """1,000 credits for $10.00, by invoice."""
    return cast.buy(holder, when=START, expires_at=END, **{"pay": "invoice"} | order).invoice


def credit(invoice: Invoice, credits: int, when=JUNE) -> CreditNote:
    return credit_notes.credit(invoice, credits=credits, by="Fiona", reason="not needed", at=when)


def credit_lines(invoice: Invoice, *positions: int, when=JUNE) -> CreditNote:
    return credit_notes.credit_lines(
        invoice, positions=positions, by="Fiona", reason="wrong", at=when
    )


def pay(invoice: Invoice, amount: int, when=START) -> None:
    payments.record(
        invoice, amount_minor=amount, currency="USD", method="transfer",
        reference=f"wire {invoice.number} {amount}", by="Fiona", at=when,
    )  # fmt: skip


def use(credits: int, when=JUNE) -> None:
    assert cast.send(f"{when} {credits}", credits, when=when).status == "applied"


def spread(holder) -> None:
    """Give 1,000 credits that share the price of what was bought."""
    free_credits.give(
        holder, kind="promo", credits=1_000, source="gift", by="Fiona", reason="goodwill",
        at=START, expires_at=END, promo_policy="RESPREAD",
    )  # fmt: skip


def refused(act, *args) -> str:
    """The code; and nothing was written, no number was used up."""
    before = (CreditNote.objects.count(), Move.objects.count(), *series())
    with pytest.raises(Refusal) as refusal:
        act(*args)
    assert (CreditNote.objects.count(), Move.objects.count(), *series()) == before
    return refusal.value.code


def series() -> list[tuple[str, int]]:
    return list(NumberSeries.objects.order_by("series").values_list("series", "last"))


def facts(note: CreditNote) -> tuple[int, int, int, int]:
    """Net, tax, what lessens the debt, what is owed back."""
    return note.net_minor, note.tax_minor, note.receivable_minor, note.refundable_minor


def test_unused_credits_of_an_unpaid_invoice_lessen_what_is_owed(holder):
    """A16, JE-18."""
    invoice = bought(holder)
    use(100)
    note = credit(invoice, 400)

    assert (note.number, facts(note)) == ("CN-2026-000001", (400, 0, 400, 0))
    assert documents.open_minor(invoice) == 600
    assert documents.note_status(documents.note_open_minor(note)) == "PAID"
    assert cast.left_of(holder, JUNE) == 500
    assert "2026-06-01 JE-18 debit 2100 4.00, credit 1100 4.00" in cast.journal(JUNE)


def test_what_was_paid_is_owed_back(holder):
    """A42: of a paid invoice the note is a liability until it is refunded."""
    note = credit(bought(holder, pay="card"), 400)

    assert facts(note) == (400, 0, 0, 400)
    assert documents.note_status(documents.note_open_minor(note)) == "ISSUED"
    assert cast.journal(JUNE)[-1] == "2026-06-01 JE-18 debit 2100 4.00, credit 2150 4.00"


def test_of_an_invoice_paid_in_part_what_is_open_falls_first(holder):
    invoice = bought(holder)
    pay(invoice, 700)
    note = credit(invoice, 400)

    assert facts(note) == (400, 0, 300, 100)
    assert documents.open_minor(invoice) == 0
    assert cast.journal(JUNE)[-1] == (
        "2026-06-01 JE-18 debit 2100 4.00, credit 1100 3.00, credit 2150 1.00"
    )


def test_the_last_piece_takes_what_roundings_left(holder):
    """M4: 7 credits for 0.50; 3, 3 and 1 are 0.21, 0.22 and 0.07."""
    invoice = bought(holder, credits=7, price_minor=50)

    nets = [credit(invoice, credits).net_minor for credits in (3, 3, 1)]

    assert nets == [21, 22, 7]
    assert documents.status(invoice, date(2026, 6, 1)) == "PAID"


def test_what_was_used_before_lies_under_the_same_rounding(holder):
    """M4: 7 for 0.50, 2 used for 0.14: the other 5 are worth 0.36."""
    invoice = bought(holder, credits=7, price_minor=50)
    use(2)

    assert credit(invoice, 5).net_minor == 36


def test_more_than_is_left_cannot_be_credited(holder):
    invoice = bought(holder)
    use(250)

    assert refused(credit, invoice, 751) == "credits_consumed"
    assert credit(invoice, 750).number == "CN-2026-000001"
    assert refused(credit, invoice, 1) == "credits_consumed"


def test_what_expired_cannot_be_credited_whether_it_was_swept_or_not(holder):
    """L11."""
    assert refused(credit, bought(holder), 1, END) == "credits_consumed"


def test_what_use_gave_back_can_be_credited_again(holder):
    invoice = bought(holder)
    use(900)
    corrections.void(UsageEvent.objects.get(), by="Fiona", reason="twice", at=JUNE)

    assert credit(invoice, 1_000).net_minor == 1_000


@pytest.mark.parametrize("credits", [0, -5])
def test_a_note_of_nothing_is_not_issued(holder, credits):
    """I5."""
    assert refused(credit, bought(holder), credits) == "zero_amount"


def test_credits_that_cost_nothing_make_no_note(holder):
    assert refused(credit, bought(holder, price_minor=0), 10) == "zero_amount"


def test_a_reason_is_needed(holder):
    with pytest.raises(Refusal) as refusal:
        credit_notes.credit(bought(holder), credits=1, by="Fiona", reason=" ", at=JUNE)
    assert refusal.value.code == "reason_missing"


def test_credits_set_aside_for_work_are_not_taken_back(holder):
    """L19: a hold promised them."""
    invoice = bought(holder)
    holds.place(cast.usage("work", 600), code="h", lasts=timedelta(hours=1), by="key:p", at=JUNE)

    assert refused(credit, invoice, 401) == "credits_held"
    assert credit(invoice, 400).net_minor == 400


def test_a_bonus_goes_back_at_its_share_of_the_price(holder):
    """V5: 100 and 20 credits for 10.00 cost 8.33 and 1.67; first the sold line, then the bonus."""
    invoice = bought(holder, credits=100, bonus_credits=20, price_minor=1_000)
    note = credit(invoice, 110)

    assert list(note.lines.values_list("text", "credits", "amount_minor")) == [
        ("100 credits, line 1 of the invoice", 100, 833),
        ("10 bonus credits, line 2 of the invoice", 10, 84),
    ]
    assert credit(invoice, 10).net_minor == 83


def test_where_a_gift_spread_the_price_a_credit_goes_back_at_its_new_worth(holder):
    """V8, RESPREAD: 1,000 for 10.00 and 1,000 given are 0.005 each."""
    invoice = bought(holder)
    spread(holder)

    assert credit(invoice, 500).net_minor == 250


def test_a_whole_line_takes_its_bonus_with_it(holder):
    """The price of the line is that of both."""
    invoice = bought(holder, credits=100, bonus_credits=20, price_minor=1_000)

    assert credit_lines(invoice, 1).net_minor == 1_000
    assert cast.left_of(holder, JUNE) == 0


def test_a_whole_line_is_credited_only_while_nothing_of_it_was_used(holder):
    invoice = bought(holder)
    use(1)

    assert refused(credit_lines, invoice, 1) == "credits_consumed"
    assert refused(credit_lines, invoice, 2) == "line_unknown"
    assert refused(credit_lines, invoice) == "line_unknown"


def test_an_earlier_month_is_closed_and_the_note_is_of_today(holder):
    """T7, Z1: documents are dated when they are issued."""
    invoice = bought(holder)
    cast.sign_books()
    closing.close_month(date(2026, 1, 1), by="Fiona", at=cast.at("2026-02-02"))
    note = credit(invoice, 100)

    assert note.issue_date == date(2026, 6, 1)
    assert cast.journal(JUNE)[-1].startswith("2026-06-01 JE-18")


def test_the_state_gets_its_share_of_what_was_not_credited_only(holder):
    """F3: of 600 credits that expire 25 % of the value is the state's."""
    policies.change(
        policies.BOOKS, {"escheat_pct": 25}, effective_at=START, recorded_at=START, by="F",
        approved_by="L",
    )  # fmt: skip
    credit(bought(holder), 400)
    cast.run_due(END)

    assert cast.journal(END)[-1] == (
        "2026-12-31 JE-12 debit 2100 6.00, credit 2400 1.50, credit 4010 4.50"
    )


def test_taking_credits_back_fires_no_alert_but_use_after_it_does(holder):
    """A1, A2: 400 of 500 are 80 %, found when something is used."""
    invoice = bought(holder)
    use(400)
    credit(invoice, 500)

    assert not ThresholdCrossing.objects.exists()
    use(1, JUNE + cast.SECOND)
    assert list(ThresholdCrossing.objects.values_list("threshold", flat=True)) == ["50", "80"]


def test_the_ledger_names_the_note_its_reason_and_who_it_was(holder):
    """L1: a revocation is an act of its own."""
    invoice = bought(holder)
    note = credit(invoice, 400)

    move = Move.objects.get(type="REVOKE")
    assert (move.credits, move.act) == (400, f"credit note {note.number}: not needed (by Fiona)")
    pool = Block.objects.get().pool
    [entry] = [e for e in movements.of_pools([pool]) if e.type == "REVOKE"]
    assert (entry.credits, entry.value, entry.at) == (-400, 400, JUNE)


# ------------------------------------------------------------------- tax


@pytest.fixture
def taxed():
    """A customer of Texas: 8.25 % on 80 % of the price."""
    tax_rates.define(country="US", region="TX", rate_pct="8.25", taxable_share_pct="80", at=START)
    return holders.pay_as_you_go(cast.customer(country="US", region="TX"), START)


def test_tax_is_credited_on_the_taxable_share_and_the_last_note_takes_the_rest(taxed):
    """I8: 10.00 at 8.25 % of 80 % are 0.66; three notes of 3.33, 3.33 and 3.34."""
    invoice = bought(taxed)
    assert invoice.tax_minor == 66

    notes = [credit(invoice, credits) for credits in (333, 333, 334)]

    assert [note.tax_minor for note in notes] == [22, 22, 22]
    assert [note.taxes.get().taxable_minor for note in notes] == [266, 266, 268]
    assert documents.open_minor(invoice) == 0
    assert cast.journal(JUNE)[-1] == (
        "2026-06-01 JE-18 debit 2100 3.34, debit 2200 0.22, credit 1100 3.56"
    )


def test_never_more_tax_is_credited_than_was_billed():
    """I8: 19 % of 0.10 is 0.02; notes of 0.03 would take 0.01 each, three of them 0.03."""
    tax_rates.define(country="DE", rate_pct="19", at=START)
    invoice = bought(
        holders.pay_as_you_go(cast.customer(country="DE"), START), credits=10, price_minor=10
    )

    notes = [credit(invoice, credits) for credits in (3, 3, 3, 1)]

    assert [note.tax_minor for note in notes] == [1, 1, 0, 0]


def test_a_rate_that_changed_since_does_not_change_the_note(taxed):
    invoice = bought(taxed)
    tax_rates.define(country="US", region="TX", rate_pct="50", at=cast.at("2026-02-01"))

    assert credit(invoice, 1_000).tax_minor == 66


# ------------------------------------------------------------------- contracts


def test_a_commitment_is_credited_in_part_also_after_it_rolled_over():
    contract = cast.sign(credits=1_000, price_minor=1_000, auto_renew=True)
    cast.run_due(START)
    cast.send("u", 400, when=JUNE, contract="c1")
    cast.run_due(END)
    first = contract.invoices.get(number="INV-2026-000001")

    note = credit(first, 600, END)

    assert (note.net_minor, note.contract) == (600, contract)
    assert cast.left(contract, END) == 400


def test_overage_on_a_renewal_invoice_was_used_and_is_not_credited():
    contract = cast.sign(credits=1_000, price_minor=1_000, auto_renew=True)
    cast.run_due(START)
    for key, credits in (("u1", 1_000), ("u2", 100)):
        cast.send(key, credits, when=JUNE, contract="c1")
    cast.run_due(END)
    renewal = contract.invoices.get(number="INV-2027-000001")
    assert list(renewal.lines.values_list("kind", "credits")) == [
        ("OVERAGE", 100), ("COMMITMENT", 1_100),
    ]  # fmt: skip

    with pytest.raises(Refusal) as refusal:
        credit_lines(renewal, 1, when=END)
    assert refusal.value.code == "credits_consumed"
    assert credit(renewal, 1_100, END).net_minor == 1_100
    assert documents.open_minor(renewal) == 100


def test_credits_of_a_term_to_come_go_back_when_they_are_granted():
    """V3: billed and owed before the term; 400 of 1,000 are credited, 600 begin."""
    contract = cast.sign(
        starts_on=date(2026, 9, 1), due_on=date(2026, 3, 1), credits=1_000, price_minor=1_000
    )
    cast.run_due(JUNE)
    invoice = contract.invoices.get()
    note = credit(invoice, 400)

    assert facts(note) == (400, 0, 400, 0)
    assert refused(credit, invoice, 601) == "credits_consumed"
    assert cast.journal(JUNE) == [
        "2026-03-01 JE-02 debit 1100 10.00, credit 2100 10.00",
        "2026-06-01 JE-18 debit 2100 4.00, credit 1100 4.00",
    ]
    assert cast.breaches(JUNE) == []
    cast.run_due(cast.at("2026-09-01"))
    assert cast.left(contract, cast.at("2026-09-02")) == 600


def test_a_memo_is_credited_as_a_memo_and_posted_with_it():
    """V3: an unpaid cancellable plan posts nothing; paid up to the note it begins with the rest."""
    contract = cast.sign(credits=1_000, price_minor=1_000, cancellable=True)
    cast.run_due(START)
    invoice = contract.invoices.get()
    credit(invoice, 400)
    assert cast.journal(JUNE) == []

    pay(invoice, 600, JUNE)

    assert cast.left(contract, JUNE) == 600
    assert cast.journal(JUNE) == [
        "2026-06-01 JE-02 debit 1100 10.00, credit 2100 10.00",
        "2026-06-01 JE-18 debit 2100 4.00, credit 1100 4.00",
        "2026-06-01 JE-02 debit 1000 6.00, credit 1100 6.00",
    ]


def test_a_note_that_settles_the_rest_of_a_cancellable_plan_begins_what_was_paid():
    contract = cast.sign(credits=1_000, price_minor=1_000, cancellable=True)
    cast.run_due(START)
    invoice = contract.invoices.get()
    pay(invoice, 300)
    assert cast.left(contract, JUNE) == 0

    credit(invoice, 700)

    assert cast.left(contract, JUNE) == 300


# ------------------------------------------------------------------- voids


def void(invoice: Invoice, when=JUNE) -> None:
    voids.void(invoice, by="Fiona", reason="wrong customer", at=when)


def test_an_untouched_invoice_is_made_void_and_keeps_its_number(holder):
    """A16, JE-17."""
    invoice = bought(holder, bonus_credits=100)
    void(invoice)

    assert documents.status(invoice, date(2026, 6, 1)) == "VOID"
    assert documents.open_minor(invoice) == 0
    assert cast.left_of(holder, JUNE) == 0
    assert cast.journal(JUNE)[-1] == "2026-06-01 JE-17 debit 2100 10.00, credit 1100 10.00"
    assert bought(holder, source="next").number == "INV-2026-000002"


@pytest.mark.parametrize(
    "touch",
    [
        lambda invoice: use(1),
        lambda invoice: pay(invoice, 1),
        lambda invoice: credit(invoice, 1),
        lambda invoice: void(invoice),
        lambda invoice: spread(invoice.holder),
    ],
    ids=["used", "paid", "credited", "void", "shares its price with a gift"],
)
def test_what_was_touched_is_not_made_void(holder, touch):
    invoice = bought(holder)
    touch(invoice)

    assert refused(void, invoice) == "not_untouched"


def test_a_void_invoice_is_not_paid_nor_credited(holder):
    invoice = bought(holder)
    void(invoice)

    assert refused(pay, invoice, 1) == "payment_above_open"
    assert refused(credit, invoice, 1) == "not_untouched"


def test_an_invoice_of_overage_is_not_untouched():
    contract = cast.sign(credits=1_000, price_minor=1_000)
    cast.run_due(START)
    for key, credits in (("u1", 1_000), ("u2", 100)):
        cast.send(key, credits, when=JUNE, contract="c1")
    cast.run_due(END)

    with pytest.raises(Refusal) as refusal:
        void(contract.invoices.get(number="INV-2027-000001"), END)
    assert refusal.value.code == "not_untouched"


def test_a_void_before_the_term_leaves_nothing_to_be_owed_or_granted():
    contract = cast.sign(starts_on=date(2026, 9, 1), due_on=date(2026, 8, 1))
    cast.run_due(JUNE)
    void(contract.invoices.get())
    cast.run_due(cast.at("2026-10-01"))

    assert cast.journal(cast.at("2026-10-01")) == []
    assert cast.left(contract, cast.at("2026-10-01")) == 0


def test_what_was_used_and_wholly_corrected_is_untouched_again(holder):
    invoice = bought(holder)
    use(10)
    corrections.void(UsageEvent.objects.get(), by="Fiona", reason="twice", at=JUNE)
    void(invoice)

    assert documents.status(invoice, date(2026, 6, 1)) == "VOID"
