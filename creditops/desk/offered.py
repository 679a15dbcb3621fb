"""Answers what the desk offers for rows of the admin: who may do what with them, and where."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model

from accounts.models import ApiKey, Customer, Person
from contracts import term_ends
from contracts.models import (
    ActionValue,
    CommissionPlan,
    CommissionPlanVersion,
    Contract,
    Pack,
    Plan,
    PlanCharge,
    PriceVersion,
    Quote,
    QuoteVersion,
    RateCampaign,
    RateCard,
    RateCardVersion,
    RateDraft,
    RenewalProposal,
    Subscription,
)
from creditops.desk import addresses
from creditops.desk.deeds import (
    accounts,
    amendments,
    billing,
    bulk,
    campaigns,
    closing,
    collecting,
    commissions,
    contracts,
    costs,
    credits,
    currencies,
    customers,
    house,
    keys,
    money,
    packs,
    pricing,
    quotes,
    rate_drafts,
    receipts,
    revenue,
    settings,
    subscriptions,
    taking_back,
    taxes,
    usage,
    workbench,
)
from creditops.desk.deeds.deed import Deed
from creditops.lib import clock, setting_requests
from creditops.lib.models import Approval, AuditEntry, PolicySetting
from creditops.lib.offers import Offer, offer, offer_on_list, opens
from creditops.lib.tables import Record
from invoicing import documents, money_on_account, options
from invoicing.models import (
    BankLine,
    BillingRun,
    CreditNote,
    Dispute,
    Invoice,
    LossEstimate,
    PurchaseOption,
    Receipt,
    SellerProfile,
    TaxRate,
)
from ledger import breakage, holds
from ledger.messages import uid
from ledger.models import (
    Account,
    AccountingPeriod,
    Backfill,
    Block,
    DailyGrant,
    EventBatch,
    ExchangeRate,
    Hold,
    JournalEntry,
    Meter,
    UsageEvent,
    UsageException,
)


def _deed(kind: type[Deed], icon: str, key: Any = None) -> Offer:
    """An act, as a button; `key` makes what its address names of a row, None: not for this row."""

    def address(row: Any) -> str | None:
        named = key(row) if key else None
        return None if key and named is None else addresses.of(kind.name, named)

    return Offer(kind.title, icon, kind.verb, address)


def _alive(contract: Contract) -> str | None:
    return None if contract.status == Contract.Status.ENDED else contract.code


def _commissioned(contract: Contract) -> str | None:
    return contract.code if contract.commission_plans.exists() else None


def _goes_on_subscribed(subscription: Subscription) -> str | None:
    return None if subscription.status == Subscription.Status.ENDED else subscription.code


def _cancellable(subscription: Subscription) -> str | None:
    return None if subscription.cancelled_at else _goes_on_subscribed(subscription)


def _keepable(subscription: Subscription) -> str | None:
    return _goes_on_subscribed(subscription) if subscription.cancelled_at else None


def _unpaid(subscription: Subscription) -> str | None:
    return subscription.code if subscription.past_due_since else None


# Money stands behind these kinds: a credit note takes them back.
_PAID_KINDS = (Block.Kind.PAID, Block.Kind.MIGRATION)


def _renewable(contract: Contract) -> str | None:
    """Not ended, or within the grace after its end (L13)."""
    within = _alive(contract) or term_ends.reinstatable_until(contract, clock.now())
    return contract.code if within else None


def _applied(event: UsageEvent) -> str | None:
    drew = event.status == UsageEvent.Status.APPLIED and event.pool_id is not None
    # What the event told of itself, and its price with it, may lie in an archive file.
    return uid(event.customer_id, event.id) if drew and event.data_digest is None else None


def _on_sale(pack: Pack) -> str | None:
    return f"{pack.currency}/{pack.code}" if pack.on_sale else None


def _open_backfill(backfill: Backfill) -> str | None:
    return backfill.name if backfill.state == Backfill.State.OPEN else None


def _reversible(backfill: Backfill) -> str | None:
    gone = (Backfill.State.REVERSING, Backfill.State.REVERSED)
    return None if backfill.state in gone else backfill.name


def _held(hold: Hold) -> str | None:
    return holds.uid(hold) if holds.state(hold, clock.now()) == holds.OPEN else None


def _goes_on(rule: DailyGrant) -> str | None:
    over = rule.last_day is not None and rule.last_day < clock.now().date()
    return None if over else f"{rule.customer_id}-{rule.pk}"


def _estimated(block: Block) -> str | None:
    proportional = block.breakage == breakage.PROPORTIONAL
    return f"{block.customer_id}-{block.pk}" if proportional else None


def _free(block: Block) -> str | None:
    return None if block.kind in _PAID_KINDS else f"{block.customer_id}-{block.pk}"


def _waiting(row: UsageException) -> int | None:
    return None if hasattr(row, "end") else row.pk


def _to_be_let_in(row: UsageException) -> int | None:
    return None if row.kind == UsageException.Kind.CONFLICT else _waiting(row)


def _open(approval: Approval) -> int | None:
    ours = approval.state == Approval.State.OPEN and approval.kind != setting_requests.KIND
    return approval.pk if ours else None


def _open_setting(approval: Approval) -> int | None:
    ours = approval.state == Approval.State.OPEN and approval.kind == setting_requests.KIND
    return approval.pk if ours else None


def _open_option(option: PurchaseOption) -> str | None:
    return option.code if options.state(option, clock.now()) == options.OPEN else None


def _open_minor(invoice: Invoice) -> int:
    return documents.open_minor(invoice)


def _not_void(invoice: Invoice) -> str | None:
    return None if hasattr(invoice, "void") else invoice.number


def _owing(note: CreditNote) -> str | None:
    return note.number if documents.note_open_minor(note) else None


def _paid_late(invoice: Invoice) -> str | None:
    late = invoice.payments.filter(paid_at__date__gt=invoice.due_date).exists()
    return invoice.number if late and not _open_minor(invoice) else None


def _disputed(row: Dispute) -> str | None:
    ours = row.payment_id is None and row.state == Dispute.State.OPEN
    return row.invoice.number if ours else None


def _unplaced(line: BankLine) -> int | None:
    return None if line.state == BankLine.State.PLACED else line.pk


def _on_account(receipt: Receipt) -> str | None:
    return receipt.reference if money_on_account.left_minor(receipt) else None


def _audited(row: Model) -> str:
    return addresses.of_list(AuditEntry, table_name=row._meta.db_table, row_id=str(row.pk))


opens(Customer, addresses.of_customer)
offer(
    Customer,
    Offer("Whole story", "contact_page", "", addresses.of_customer),
    _deed(taxes.CheckTaxId, "verified", lambda c: c.code if c.tax_id else None),
    _deed(taxes.RecordExemption, "workspace_premium", lambda c: c.code),
)
offer_on_list(Customer, _deed(customers.NewCustomer, "add"))

offer(
    Contract,
    Offer("Customer", "contact_page", "", lambda c: addresses.of_customer(c.customer)),
    _deed(money.Bill, "request_quote", _alive),
    Offer("History", "history", "", lambda c: addresses.of("contract", c.code)),
    _deed(amendments.AddToContract, "add_card", _alive),
    _deed(amendments.GiveBack, "undo", _alive),
    _deed(contracts.LiftCap, "vertical_align_top", _alive),
    _deed(contracts.RecordChoice, "alt_route", _alive),
    _deed(contracts.ProposeRenewal, "autorenew", _alive),
    _deed(quotes.QuoteRenewal, "request_quote", _renewable),
    _deed(contracts.SignRenewal, "draw", _renewable),
    _deed(commissions.AgreeOnPlan, "handshake", _alive),
    _deed(commissions.ReassignContract, "swap_horiz", _commissioned),
    _deed(commissions.RestateCommission, "restart_alt", _commissioned),
    _deed(contracts.CancelContract, "event_busy", _alive),
    _deed(contracts.TerminateContract, "block", _alive),
    Offer("Settings", "tune", "", lambda c: f"{addresses.of('policies')}?scope=contract:{c.code}"),
)
opens(Quote, lambda q: addresses.of("quote", q.code))
opens(QuoteVersion, lambda v: addresses.of("quote", v.quote.code))
offer(Quote, Offer("Open", "request_quote", "", lambda q: addresses.of("quote", q.code)))
offer_on_list(
    RenewalProposal, Offer("Renewal desk", "autorenew", "", lambda _: addresses.of("renewals"))
)
offer(RenewalProposal, Offer("PDF", "picture_as_pdf", "", lambda p: addresses.of("proposal", p.pk)))

offer_on_list(Plan, _deed(subscriptions.PublishPlan, "add"))
offer(Plan, _deed(subscriptions.SellPlan, "storefront", lambda plan: plan.code))
offer(
    Subscription,
    Offer("Customer", "contact_page", "", lambda s: addresses.of_customer(s.customer)),
    _deed(subscriptions.ChangePlan, "swap_vert", _goes_on_subscribed),
    _deed(subscriptions.RetryCard, "credit_card", _unpaid),
    _deed(subscriptions.CancelSubscription, "event_busy", _cancellable),
    _deed(subscriptions.KeepSubscription, "event_available", _keepable),
    Offer("Settings", "tune", "", lambda s: f"{addresses.of('policies')}?scope=contract:{s.code}"),
)
offer(
    PlanCharge,
    _deed(
        subscriptions.RecordChargePayment,
        "payments",
        lambda c: c.pk if c.state == PlanCharge.State.OPEN else None,
    ),
)

offer(
    Invoice,
    Offer("PDF", "picture_as_pdf", "", lambda i: addresses.of("invoice", i.number)),
    Offer("E-invoice", "code", "", lambda i: addresses.of("invoice_xml", i.number)),
    _deed(money.RecordPayment, "payments", lambda i: i.number if _open_minor(i) else None),
    _deed(collecting.ChargeCard, "credit_card", lambda i: i.number if _open_minor(i) else None),
    _deed(collecting.OpenDispute, "flag", lambda i: i.number if _open_minor(i) else None),
    _deed(collecting.BillInterest, "percent", _paid_late),
    _deed(taking_back.IssueCreditNote, "undo", _not_void),
    _deed(taking_back.VoidInvoice, "block", _not_void),
    _deed(taking_back.WriteOffInvoice, "money_off", lambda i: i.number if _open_minor(i) else None),
)
offer(
    CreditNote,
    Offer("PDF", "picture_as_pdf", "", lambda n: addresses.of("note", n.number)),
    Offer("E-invoice", "code", "", lambda n: addresses.of("note_xml", n.number)),
    _deed(taking_back.RefundNote, "currency_exchange", _owing),
)
offer(
    Receipt,
    _deed(receipts.ApplyReceipt, "task_alt", _on_account),
    _deed(receipts.PayBackReceipt, "currency_exchange", _on_account),
)
offer(Dispute, _deed(collecting.SettleDispute, "handshake", _disputed))
offer(BankLine, _deed(collecting.PlaceBankLine, "move_to_inbox", _unplaced))
offer_on_list(BankLine, _deed(collecting.ImportStatement, "upload_file"))
offer_on_list(LossEstimate, _deed(collecting.BookExpectedLosses, "post_add"))
offer(PurchaseOption, _deed(amendments.UseOption, "shopping_cart", _open_option))
offer(SellerProfile, Offer("Logo", "image", "change_policy", lambda _: addresses.of("logo")))
offer_on_list(TaxRate, _deed(taxes.AddTaxRate, "add"))
offer_on_list(BillingRun, _deed(billing.RunBilling, "play_arrow"))

offer(
    Block,
    _deed(revenue.EstimateBreakage, "query_stats", _estimated),
    _deed(credits.TakeBackCredits, "undo", _free),
)
offer(
    UsageEvent,
    _deed(usage.CorrectUsage, "edit", _applied),
    _deed(usage.VoidUsage, "block", _applied),
)
offer(Hold, _deed(usage.ReleaseHold, "lock_open", _held))
offer(DailyGrant, _deed(credits.EndDaily, "event_busy", _goes_on))
offer(
    UsageException,
    _deed(usage.LetIn, "login", _to_be_let_in),
    _deed(usage.WriteOff, "delete_sweep", _waiting),
)

offer(
    Backfill,
    _deed(bulk.CloseBackfill, "publish", _open_backfill),
    _deed(bulk.ReverseBackfill, "undo", _reversible),
)
offer_on_list(
    UsageException, Offer("In one list", "rule", "", lambda _: addresses.of("exceptions"))
)
offer_on_list(EventBatch, Offer("Day by day", "checklist", "", lambda _: addresses.of("received")))

offer_on_list(
    ExchangeRate,
    _deed(currencies.PublishExchangeRate, "add"),
    _deed(currencies.ImportExchangeRates, "upload_file"),
)

offer_on_list(PriceVersion, _deed(pricing.PublishPrice, "add"))
offer_on_list(Pack, _deed(packs.PublishPack, "add"))
offer(Pack, _deed(packs.WithdrawPack, "remove_shopping_cart", _on_sale))
offer_on_list(RateCard, _deed(pricing.NewRateCard, "add"))
offer(RateCard, _deed(rate_drafts.StartDraft, "edit_note", lambda card: card.code))
offer(RateCardVersion, _deed(rate_drafts.StartDraft, "edit_note", lambda v: v.card.code))
offer(RateCard, _deed(campaigns.OfferChoice, "alt_route", lambda card: card.code))
opens(ActionValue, lambda action: addresses.of("change-action", action.name))
offer(ActionValue, _deed(workbench.ForgetAction, "delete", lambda action: action.name))
opens(RateCampaign, lambda campaign: addresses.of("campaign", campaign.pk))
opens(RateDraft, lambda draft: addresses.of("draft", draft.pk))

offer_on_list(CommissionPlan, _deed(commissions.NewCommissionPlan, "add"))
offer(CommissionPlan, _deed(commissions.PublishCommissionPlan, "publish", lambda plan: plan.code))
offer(
    CommissionPlanVersion,
    _deed(commissions.PublishCommissionPlan, "publish", lambda version: version.plan.code),
)

offer(Meter, _deed(costs.MapMeterCost, "price_check", lambda meter: meter.code))

offer(
    Approval,
    _deed(house.DecideApproval, "gavel", _open),
    _deed(settings.AgreeToSetting, "gavel", _open_setting),
)
offer_on_list(
    AccountingPeriod,
    _deed(closing.PostUsage, "post_add"),
    Offer("Close desk", "lock", "read_revenue", lambda _: addresses.of("close")),
)
offer(Account, _deed(accounts.ChangeAccount, "edit", lambda account: account.code))
offer_on_list(Account, _deed(accounts.AddAccount, "add"))
offer(
    AccountingPeriod,
    Offer("Checklist", "checklist", "read_revenue", lambda p: addresses.of("close_of", f"{p}")),
)
offer_on_list(JournalEntry, _deed(closing.PostUsage, "post_add"))
offer_on_list(PolicySetting, Offer("All settings", "tune", "", lambda _: addresses.of("policies")))

offer_on_list(ApiKey, _deed(keys.MakeKey, "add"))
offer(ApiKey, _deed(keys.RevokeKey, "key_off", lambda k: None if k.revoked_at else k.name))

for _model in admin.site._registry:
    if issubclass(_model, Record) and _model is not Person:
        offer(_model, Offer("Audit", "history", "", _audited))
