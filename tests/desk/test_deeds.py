"""All acts of the desk: who may, what a rehearsal leaves behind, what a page does with a Refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import ApiKey, Customer
from accounts.roles import VERBS, Role
from contracts import action_values, free_credits, rate_campaigns, rate_cards, rate_drafts
from contracts.models import Contract, RateCampaign
from creditops.desk import addresses
from creditops.desk.catalogue import DEEDS
from creditops.lib import approvals, setting_requests
from creditops.lib.models import Approval, AuditEntry, PolicySetting
from invoicing import credit_notes
from invoicing.models import Invoice, Payment
from ledger import backfills, columns, holders, holds
from ledger.messages import uid
from ledger.models import Block, DailyGrant, JournalEntry, UsageException
from tests import cast, staff
from tests.cast import at
from tests.desk import acts
from tests.staff import NOW, Book

ROLES = [*Role, None]


def asked_about_rates() -> RateCampaign:
    """Customers are asked whether their translations are to be rated as better ones."""
    items = [
        rate_cards.Item("translation", 3, kind="pack", per=1_000),
        rate_cards.Item("plus", 5, kind="pack", per=1_000),
    ]
    rate_cards.publish(
        card="standard", version="1.1", items=items, effective_from=NOW, by="Ines", at=NOW
    )
    return rate_campaigns.offer(
        rate_cards.find("standard"), item="translation", successor="plus", answer_by=cast.END,
        by="Ines", at=NOW,
    )  # fmt: skip


def subjects(book: Book) -> dict[str, object]:
    """A subject for every act that has one."""
    asked = approvals.request(
        kind="overage.lift", subject="C-1/1", summary="More, please.",
        content={"contract": "C-1", "term": 1}, by="usage", at=NOW,
    )  # fmt: skip
    cast.report(cast.usage("lost", 1, meter="unknown"), when=at("2026-06-11"))
    lost = UsageException.objects.get()
    spring = backfills.open_for("spring", by="Fiona", at=NOW)
    backfills.stage(spring, columns.of([cast.usage("old", 1, time=at("2026-03-01"))]))
    event = uid(book.event.customer_id, book.event.id)
    of_customer = dict.fromkeys(
        (
            "let-in", "sign-contract", "free-credits", "sell-credits", "unlock-feature",
            "charge-licences", "new-invoice",
        ),
        "acme",
    )  # fmt: skip
    of_contract = dict.fromkeys(
        (
            "cancel-contract",
            "terminate-contract",
            "sign-renewal",
            "propose-renewal",
            "lift-cap",
            "record-choice",
        ),
        "C-1",
    )
    held = holds.place(
        cast.usage("job", 5, contract="C-1"), code="job", lasts=timedelta(hours=1), by="Ada", at=NOW
    )
    block = free_credits.give_daily(
        book.contract.holder, credits=5, source="daily", by="Sam", reason="test", at=NOW
    )
    rule = DailyGrant.objects.get(pool_id=block.pool_id)
    staff.sign(book.acme, "C-2", when=at("2026-06-12"))
    change = setting_requests.ask(
        "books", {"draw_order": "EXPIRY_FIRST"}, effective_at=None, by="sam", at=NOW
    ).waiting[0]
    staff.keys.create(name="warehouse", scopes=["usage:read"], by="Ines", at=NOW)
    of_invoice = dict.fromkeys(
        ("credit-note", "void-invoice", "write-off-invoice", "record-payment"), book.invoice.number
    )
    bought = cast.buy(holders.pay_as_you_go(book.acme, NOW), source="spare", when=NOW)
    note = credit_notes.credit(bought.invoice, credits=1, by="Fiona", reason="test", at=NOW)
    return {
        **of_customer,
        **of_contract,
        **of_invoice,
        "refund": note.number,
        "bill": "C-2",
        "release-hold": holds.uid(held),
        "end-daily": f"{rule.customer_id}-{rule.pk}",
        "take-back-credits": f"{block.customer_id}-{block.pk}",
        "estimate-breakage": f"{book.event.customer_id}-{Block.objects.earliest('id').id}",
        "record-payment": book.invoice.number,
        "correct-usage": event,
        "void-usage": event,
        "let-in-exception": lost.pk,
        "write-off-exception": lost.pk,
        "let-in-exceptions": f"ids={lost.pk}",
        "write-off-exceptions": f"ids={lost.pk}",
        "close-backfill": "spring",
        "reverse-backfill": "spring",
        "start-draft": "standard",
        "offer-choice": "standard",
        **dict.fromkeys(
            ("change-action", "forget-action"), action_values.describe(name="email", cost="1").name
        ),
        **dict.fromkeys(("remind-campaign", "close-campaign"), asked_about_rates().pk),
        **dict.fromkeys(
            (
                "edit-draft",
                "import-draft",
                "reprice-draft",
                "review-draft",
                "publish-draft",
                "withdraw-draft",
            ),
            rate_drafts.start(rate_cards.find("standard"), version="2", by="Ines", at=NOW).pk,
        ),
        "meter-cost": "translation",
        "decide": asked.pk,
        "agree": change.pk,
        "change-setting": "books/overage_pct",
        "revoke-key": "warehouse",
    }


def test_every_act_has_a_verb_that_a_role_has():
    given = frozenset().union(*VERBS.values())

    assert {deed.verb for deed in DEEDS} <= given
    assert given - {deed.verb for deed in DEEDS} == {"read_revenue"}  # a page, no act


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value if role else "superuser")
def test_an_act_is_open_to_the_roles_that_have_its_verb(book: Book, role: Role | None):
    keys = subjects(book)
    client = staff.as_(staff.person(role))

    opened = {
        deed.name
        for deed in DEEDS
        if client.get(addresses.of(deed.name, keys.get(deed.name))).status_code == 200
    }

    everything = {deed.name for deed in DEEDS}
    may = everything if role is None else {d.name for d in DEEDS if d.verb in VERBS[role]}
    # Of those who agree to settings only who is the approver of this one: finance.
    may -= set() if role in (None, Role.FINANCE, Role.CONTROLLER) else {"agree"}
    assert opened == may


@pytest.mark.parametrize("name", sorted(deed.name for deed in DEEDS))
def test_a_role_without_the_verb_is_refused_and_nothing_changes(book: Book, auditor, name: str):
    key = subjects(book).get(name)
    if name == "agree":  # an auditor agrees to some settings
        auditor = staff.as_(staff.person(Role.SUPPORT))
    before = rows()

    answer = auditor.post(addresses.of(name, key), {"step": "do", "reason": "I want to"})

    assert answer.status_code == 403
    assert "Your role does not include this." in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize("name", sorted(deed.name for deed in DEEDS if deed.keyed))
def test_what_is_not_there_is_not_found(root, name: str):
    assert root.get(addresses.of(name, "nobody/nothing")).status_code == 404


def test_a_rehearsal_leaves_nothing_behind(book: Book, root):
    before = rows()

    answer = acts.rehearse(
        root, "record-payment", book.invoice.number,
        amount="40", method="transfer", reference="wire-1",
    )  # fmt: skip

    assert (
        answer.context["effect"].sentence == f"Payment wire-1 of $40.00 for {book.invoice.number}."
    )
    assert rows() == before


def test_going_back_keeps_what_was_typed(book: Book, root):
    typed = {"amount": "12.34", "method": "transfer", "reference": "wire-1", "step": "back"}

    page = root.post(addresses.of("record-payment", book.invoice.number), typed)

    assert page.context["form"]["amount"].value() == "12.34"
    assert b'value="wire-1"' in page.content


def test_a_refusal_is_shown_and_what_was_typed_stays(book: Book, root):
    typed = {"amount": "999", "method": "transfer", "reference": "wire-1"}

    page = acts.do(root, "record-payment", book.invoice.number, **typed)

    assert acts.errors(page) == [f"Only 100.00 USD of {book.invoice.number} is open."]
    assert b'value="999"' in page.content
    assert not Payment.objects.exists()


def test_an_act_is_audited_as_its_persons(book: Book, sam):
    Contract.objects.update(auto_renew=True)

    acts.do(sam, "cancel-contract", "C-1", reason="they leave")

    entry = AuditEntry.objects.filter(table_name="contracts_contract").first()
    assert (entry.actor, entry.at, entry.reason) == (
        "sales-rep@vendor.example", NOW, "they leave",
    )  # fmt: skip


def test_pages_with_secrets_and_figures_are_not_kept_by_browsers(book: Book, root):
    page = root.get(addresses.of("make-key"))

    assert "no-store" in page["Cache-Control"]


def rows() -> list[int]:
    """How many rows of each kind there are, and how many changes were audited."""
    models = (
        Customer, Contract, Block, Invoice, Payment, JournalEntry, PolicySetting, ApiKey, AuditEntry,
    )  # fmt: skip
    decided = Approval.objects.exclude(state=Approval.State.OPEN).count()
    return [*(model.objects.count() for model in models), decided]
