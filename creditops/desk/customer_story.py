"""Answers with a customer's whole story: contracts, credits, usage, invoices, journal, audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Model, Q, Sum

from accounts.models import ApiKey, Customer, Membership, Person
from contracts.models import (
    Contract,
    PlanCharge,
    RenewalProposal,
    ScheduledCharge,
    Subscription,
)
from creditops.desk import audit_words
from creditops.lib import calendar
from creditops.lib.admin_columns import NOTHING, amount, count, instant, link, tag
from creditops.lib.admin_tables import Listing
from creditops.lib.models import AuditEntry
from creditops.portal import cards, usage
from creditops.portal.cards import Card
from creditops.portal.usage import Usage
from creditops.portal.visitor import STAFF, Visitor
from invoicing import documents
from invoicing.admin.invoices import standing, today
from invoicing.documents import Standing
from invoicing.models import Invoice, Payment
from ledger import event_lists
from ledger.admin.journal import lines_of
from ledger.admin.thresholds import threshold_words
from ledger.models import (
    Account,
    ExpiryNotice,
    Holder,
    JournalEntry,
    JournalLine,
    Pool,
    ThresholdCrossing,
)

EVENTS_SHOWN = 8
ROWS_SHOWN = 12
_LAST_DAYS = timedelta(days=30)


@dataclass(frozen=True)
class Story:
    """What the page shows, part by part; tables are ready to be drawn."""

    cards: Sequence[Card]
    usage: Usage
    events: Listing
    crossings: Listing
    expiry_notices: Listing
    contracts: Listing
    subscriptions: Listing
    charges: Listing
    proposals: Listing
    invoices: Listing
    payments: Listing
    standing: Listing
    journal: Listing
    people: Listing
    keys: Listing | None
    audit: Listing
    open_minor: int


def of(customer: Customer, person: Person, at: datetime, *, with_keys: bool) -> Story:
    """The story of a customer, as staff reads it; the number of queries depends on its contracts.

    Args:
        person: who looks.
        with_keys: whether they may see API keys.
    """
    pools = Pool.objects.filter(customer=customer, blocks__isnull=False).distinct()
    contracts = list(
        Contract.objects.filter(customer=customer).select_related("customer").order_by("-starts_on")
    )
    invoices = list(Invoice.objects.filter(customer=customer))
    standings = documents.standings(invoices, today())
    return Story(
        cards=cards.of_pools(
            list(pools.select_related("unit", "holder", "customer").order_by("id")),
            at=at,
            in_money=True,
        ),
        usage=usage.of(Visitor(person, customer, STAFF, []), usage.LAST_DAYS, at),
        events=_events(customer),
        crossings=_crossings(customer),
        expiry_notices=_expiry_notices(customer),
        contracts=_contracts(contracts),
        subscriptions=_subscriptions(customer),
        charges=_charges(contracts),
        proposals=_proposals(contracts),
        invoices=_invoices(invoices, standings),
        payments=_payments(customer),
        standing=_standing(customer),
        journal=_journal(customer),
        people=_people(customer),
        keys=_keys(customer) if with_keys else None,
        audit=_audit(customer, contracts),
        open_minor=sum(found.open_minor for found in standings.values()),
    )


def _events(customer: Customer) -> Listing:
    found = event_lists.newest(customer.pk, limit=EVENTS_SHOWN).events
    rows = [
        (link(e.event), e.event.meter.name, str(e.event.user or NOTHING), instant(e.event.event_time),
         count(e.credits), tag("corrected", "warn") if e.corrected else e.event.get_status_display())
        for e in found
    ]  # fmt: skip
    heads = ("Event", "Meter", "User", "When", "#Credits", "Status")
    return Listing("Last events", heads, rows)


def _crossings(customer: Customer) -> Listing:
    found = ThresholdCrossing.objects.filter(customer=customer).order_by("-crossed_at", "-id")
    pools = _pools(customer)
    rows = [
        (_threshold(c.threshold), pools[c.pool_id].holder.code, count(c.consumed), count(c.balance),
         instant(c.crossed_at))
        for c in found[:ROWS_SHOWN]
    ]  # fmt: skip
    heads = ("Threshold", "Contract", "#Consumed", "#Left", "When")
    return Listing("Thresholds crossed", heads, rows, empty="No threshold was reached.")


def _expiry_notices(customer: Customer) -> Listing:
    found = ExpiryNotice.objects.filter(customer=customer).order_by("-noticed_at", "-id")
    pools = _pools(customer)
    rows = [
        (link(n, f"{n.days} day{'' if n.days == 1 else 's'}"), pools[n.pool_id].holder.code,
         count(n.credits), count(n.rolling),
         f"{calendar.last_day(n.ends_at, pools[n.pool_id].holder.time_zone)}", instant(n.noticed_at))
        for n in found[:ROWS_SHOWN]
    ]  # fmt: skip
    heads = ("Told before", "Contract", "#Credits", "#May roll over", "Last day", "When")
    return Listing("Told that credits end", heads, rows, empty="Nobody had to be told yet.")


def _pools(customer: Customer) -> dict[int, Pool]:
    found = Pool.objects.filter(customer=customer).select_related("holder", "unit")
    return {pool.id: pool for pool in found}


def _threshold(name: str) -> str:
    tone = "bad" if not name.isdecimal() else "warn" if int(name) >= 80 else ""
    return tag(threshold_words(name), tone)


def _contracts(contracts: Sequence[Contract]) -> Listing:
    tones = {Contract.Status.ACTIVE: "good", Contract.Status.SIGNED: ""}
    rows = [
        (link(c), tag(c.get_status_display(), tones.get(Contract.Status(c.status), "")),
         f"{c.starts_on}", _months(c.term_months), count(c.commitment),
         amount(c.price_minor, c.currency), "renews by itself" if c.auto_renew else "ends")
        for c in contracts
    ]  # fmt: skip
    heads = (
        "Contract", "Status", "From", "Term", "#First commitment", "#First price", "At the end",
    )  # fmt: skip
    return Listing("Contracts", heads, rows, empty="No contract: credits are bought as you go.")


def _subscriptions(customer: Customer) -> Listing:
    tones = {Subscription.Status.ACTIVE: "good", Subscription.Status.ENDED: ""}
    found = Subscription.objects.filter(customer=customer).select_related("version__plan")
    owed = {
        row["subscription"]: row["minor"]
        for row in PlanCharge.objects.filter(
            subscription__customer=customer, state=PlanCharge.State.OPEN
        )
        .order_by()
        .values("subscription")
        .annotate(minor=Sum("amount_minor"))
    }
    rows = [
        (link(s), str(s.version.plan),
         tag(s.get_status_display(), tones.get(Subscription.Status(s.status), "bad")),
         instant(s.started_at), amount(owed[s.pk], s.currency) if s.pk in owed else NOTHING,
         "cancelled" if s.cancelled_at else "goes on")
        for s in found[:ROWS_SHOWN]
    ]  # fmt: skip
    heads = ("Subscription", "Plan", "Status", "Since", "#Open, net", "At the period's end")
    return Listing("Subscriptions", heads, rows, empty="None.")


def _months(number: int) -> str:
    return f"{number} month{'' if number == 1 else 's'}"


def _charges(contracts: Sequence[Contract]) -> Listing:
    waiting = ScheduledCharge.objects.filter(contract__in=contracts, line__isnull=True)
    rows = [
        (c.get_kind_display(), c.contract.code, count(c.credits), amount(c.amount_minor, c.currency),
         instant(c.issue_at))
        for c in waiting.select_related("contract")
    ]  # fmt: skip
    heads = ("Charge", "Contract", "#Credits", "#Amount", "To be issued")
    return Listing("Waits to be billed", heads, rows, empty="Nothing waits.")


def _proposals(contracts: Sequence[Contract]) -> Listing:
    found = RenewalProposal.objects.filter(contract__in=contracts).select_related("contract")
    rows = [
        (link(p), count(p.credits), amount(p.price_minor, p.currency), count(p.overage_credits),
         amount(p.overage_minor, p.currency), count(p.rollover_credits), instant(p.restated_at))
        for p in found
    ]  # fmt: skip
    heads = (
        "Proposal", "#Next commitment", "#Price", "#Overage", "#Worth", "#Rolls over", "Stated",
    )  # fmt: skip
    return Listing("Renewal", heads, rows, empty="Proposed 90 days before a term ends.")


def _invoices(invoices: Sequence[Invoice], standings: dict[int, Standing]) -> Listing:
    newest = sorted(invoices, key=lambda i: (i.issue_date, i.pk), reverse=True)[:ROWS_SHOWN]
    rows = [
        (link(i), f"{i.issue_date}", f"{i.due_date}", amount(i.total_minor, i.currency),
         amount(standings[i.pk].open_minor, i.currency),
         standing(standings[i.pk].status))
        for i in newest
    ]  # fmt: skip
    return Listing("Invoices", ("Number", "Issued", "Due", "#Total", "#Open", "Status"), rows)


def _payments(customer: Customer) -> Listing:
    found = Payment.objects.filter(invoice__customer=customer).select_related("invoice")
    rows = [
        (p.reference, link(p.invoice), f"{p.paid_at:%Y-%m-%d}", amount(p.amount_minor, p.currency))
        for p in found[:ROWS_SHOWN]
    ]  # fmt: skip
    return Listing("Payments", ("Reference", "Of", "When", "#Amount"), rows)


def _standing(customer: Customer) -> Listing:
    """What stands on each account for the customer: the sum of its journal."""
    sums = (
        JournalLine.objects.filter(entry__customer=customer)
        .order_by("account__code", "currency")
        .values("account_id", "currency")
        .annotate(debit=Sum("debit_minor"), credit=Sum("credit_minor"))
    )
    accounts = Account.objects.in_bulk([row["account_id"] for row in sums])
    rows = []
    for row in sums:
        less = row["debit"] - row["credit"]
        rows.append(
            (link(accounts[row["account_id"]]),
             amount(row["debit"], row["currency"]), amount(row["credit"], row["currency"]),
             amount(less, row["currency"]) if less > 0 else "",
             amount(-less, row["currency"]) if less < 0 else "")
        )  # fmt: skip
    heads = ("Account", "#Debited", "#Credited", "#Debit balance", "#Credit balance")
    return Listing("What its journal comes to", heads, rows, empty="Nothing was posted yet.")


def _journal(customer: Customer) -> Listing:
    newest = JournalEntry.objects.filter(customer=customer).order_by("-posting_date", "-id")
    return lines_of(newest.prefetch_related("lines__account")[:ROWS_SHOWN], title="Journal")


def _people(customer: Customer) -> Listing:
    found = Membership.objects.filter(customer=customer).select_related("person")
    rows = [
        (link(m.person, m.person.name), m.person.email, m.get_role_display(),
         f"{m.notify_at_percent} %" if m.notify_at_percent else "never",
         "works" if m.person.is_active else tag("locked out", "bad"))
        for m in found.order_by("person__name")
    ]  # fmt: skip
    return Listing("People", ("Name", "E-mail", "Role", "Told at", "Login"), rows)


def _keys(customer: Customer) -> Listing:
    found = ApiKey.objects.filter(customer=customer)
    rows = [
        (link(k), ", ".join(k.scopes), instant(k.expires_at),
         tag("revoked", "bad") if k.revoked_at else tag("works", "good"))
        for k in found
    ]  # fmt: skip
    return Listing("API keys", ("Key", "May", "Ends", "Status"), rows)


def _audit(customer: Customer, contracts: Sequence[Contract]) -> Listing:
    """Changes of the customer's own rows, newest first."""
    members = Membership.objects.filter(customer=customer).select_related("person")
    names = {
        _audited(customer): customer.name,
        **{_audited(contract): contract.code for contract in contracts},
        **{_audited(h): h.code for h in Holder.objects.filter(customer=customer)},
        **{_audited(m): m.person.name for m in members},
    }
    keys: dict[str, list[str]] = {}
    for table, key in names:
        keys.setdefault(table, []).append(key)
    found = AuditEntry.objects.filter(
        reduce(or_, (Q(table_name=table, row_id__in=of) for table, of in keys.items()))
    )
    rows = [
        (instant(a.at), audit_words.actor(a.actor), audit_words.row(a, names),
         audit_words.act(a.action), _fields(a), a.reason)
        for a in found[:ROWS_SHOWN]
    ]  # fmt: skip
    return Listing("Audit", ("When", "Who", "Of", "What", "~Fields", "~Reason"), rows)


def _fields(entry: AuditEntry) -> str:
    words = [name.removesuffix("_id").replace("_", " ") for name in entry.fields]
    return ", ".join(words) if entry.action == "update" else f"{len(words)} fields"


def _audited(row: Model) -> audit_words.Row:
    return row._meta.db_table, str(row.pk)
