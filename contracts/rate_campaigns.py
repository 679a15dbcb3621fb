"""Does the asking of customers which of two rates they want: offered, reminded, defaulted (R2, S55).

An offer asks whether an action is to be rated as its improved successor from now on: who does not answer
stays, and that is recorded at the deadline. Where an action ends, everybody has to choose by then; the
publication of the version that ends it asks by itself. Choices are the ledger's
(`ledger/rate_choices.py`), through whichever door they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts import recipients
from contracts.models import CampaignNotice, Contract, RateCampaign, RateCard, RateCardVersion
from creditops.lib import calendar, due, mail, outbox
from creditops.lib.refusals import NotFound, Refusal
from ledger import rate_choices
from ledger.models import Holder, HolderTariff, RateChoice
from ledger.tariffs import CompiledTariff, PriceBook

REMIND, END, LETTER = "contracts.campaign_remind", "contracts.campaign_end", "contracts.campaign"
# Days before the deadline at which those who have not answered are written to again.
REMINDERS = (14, 3)
BY_DEFAULT = "nobody: no answer means stay"
_GROUP = "card:"


@dataclass(frozen=True)
class Asked:
    """A holder that is asked, with its answer so far.

    Attributes:
        contract: None for credits without one.
        choice: the newest since the campaign began; None: no answer yet.
        notices: how often it was written to.
    """

    holder: Holder
    contract: Contract | None
    choice: RateChoice | None
    notices: int

    @property
    def answered(self) -> bool:
        """Whether somebody of the customer chose."""
        return self.choice is not None and self.choice.chosen_by != BY_DEFAULT

    def moved(self, campaign: RateCampaign) -> bool:
        """Whether the action is rated as another one."""
        return self.choice is not None and self.choice.chosen_item != campaign.item


def find(campaign_id: int) -> RateCampaign:
    """The campaign. Raises NotFound."""
    found = RateCampaign.objects.select_related("card").filter(id=campaign_id).first()
    if found is None:
        raise NotFound("campaign", campaign_id)
    return found


def offer(
    card: RateCard, *, item: str, successor: str, answer_by: datetime, message: str = "", by: str,
    at: datetime,
) -> RateCampaign:  # fmt: skip
    """Ask every customer of a card whether `item` is to be rated as `successor`, until `answer_by`.

    Both have to be on the version that is in force: the old one stays for whoever wants it.
    Raises Refusal `campaign_exists`, `campaign_deadline` or `item_not_on_card`.
    """
    version = card.versions.filter(effective_from__lte=at).first()
    items = set() if version is None else set(version.items.values_list("item", flat=True))
    for name in (item, successor):
        if name not in items:
            raise Refusal(
                "item_not_on_card", f"{name!r} is no action of {card.name} as it is in force."
            )
    if item == successor:
        raise Refusal("item_not_on_card", "Name another action than the one that is asked about.")
    return _open(
        RateCampaign(
            card=card, kind=RateCampaign.Kind.OFFER, item=item, successor=successor,
            message=message, opened_at=at, opened_by=by, answer_by=answer_by,
        ),
        at,
    )  # fmt: skip


def ask_about_ends(
    version: RateCardVersion, ended: Sequence[str], *, by: str, at: datetime
) -> list[RateCampaign]:
    """Have everybody choose who uses an action that a version ends; none where nobody does."""
    made = []
    for item in ended:
        RateCampaign.objects.filter(card=version.card, item=item, closed_at__isnull=True).update(
            closed_at=at
        )
        campaign = RateCampaign(
            card=version.card, kind=RateCampaign.Kind.RETIREMENT, item=item, opened_at=at,
            opened_by=by, answer_by=version.effective_from,
        )  # fmt: skip
        if asked(campaign, at):
            made.append(_open(campaign, at))
    return made


def asked(campaign: RateCampaign, at: datetime) -> list[Asked]:
    """Whom a campaign asks, by code; a constant number of queries.

    Who follows the card and has the action on the version that prices them, and at the deadline the
    successor too: a rate lock that lasts longer asks nothing of anybody.
    """
    following = HolderTariff.objects.filter(
        tariff_name=campaign.card.code, starts_at__lte=at
    ).exclude(ends_at__lte=at)
    keys = list(following.values_list("customer_id", "holder_id"))
    book = PriceBook.read(keys)
    # An action that has ended is still asked about, by whoever had it until then.
    now = min(at, campaign.answer_by - calendar.TICK)
    meant = [
        (customer, holder)
        for customer, holder in keys
        if _is_meant(campaign, book.tariff(holder, now), book.tariff(holder, campaign.answer_by))
    ]
    holders = Holder.objects.filter(
        customer_id__in={customer for customer, _ in meant},
        id__in=[holder for _, holder in meant],
        closed_at__isnull=True,
    ).select_related("customer")
    contracts = {
        contract.holder_id: contract
        for contract in Contract.objects.filter(holder__in=[h for _, h in meant])
    }
    choices, notices = _choices(campaign, meant), _notices(campaign)
    return [
        Asked(holder, contracts.get(holder.pk), choices.get(holder.pk), notices.get(holder.pk, 0))
        for holder in holders.order_by("customer__code", "code")
        if holder.pk not in contracts or contracts[holder.pk].status != Contract.Status.ENDED
    ]


def of_customer(customer_id: int, at: datetime) -> list[tuple[RateCampaign, Asked]]:
    """The open campaigns that ask holders of a customer, the soonest deadline first."""
    names = HolderTariff.objects.filter(customer_id=customer_id).values("tariff_name")
    open_ones = RateCampaign.objects.filter(closed_at__isnull=True, card__code__in=names)
    return [
        (campaign, each)
        for campaign in open_ones.select_related("card").order_by("answer_by", "id")
        for each in asked(campaign, at)
        if each.holder.customer_id == customer_id
    ]


def of_holder(holder: Holder, at: datetime) -> list[tuple[RateCampaign, Asked]]:
    """The open campaigns that ask one holder, the soonest deadline first."""
    return [
        (campaign, each)
        for campaign, each in of_customer(holder.customer_id, at)
        if each.holder.pk == holder.pk
    ]


def answer(campaign: RateCampaign, holder: Holder, *, to: str, by: str, at: datetime) -> RateChoice:
    """Record what somebody of the customer chose: the action itself to stay, or another one.

    An offer acts at once; where the action ends, the choice acts when it does.
    Raises Refusal `campaign_closed`, `campaign_asks_others`, or what `rate_choices.choose` raises.
    """
    if campaign.closed_at is not None:
        raise Refusal("campaign_closed", f"{campaign} is closed. What was chosen stays.")
    if not any(each.holder.pk == holder.pk for each in asked(campaign, at)):
        raise Refusal("campaign_asks_others", f"{campaign} asks nothing of {holder.code}.")
    offered = campaign.kind == RateCampaign.Kind.OFFER
    if offered and to not in (campaign.item, campaign.successor):
        raise Refusal(
            "item_not_on_card", f"Choose {campaign.item} or {campaign.successor}, not {to!r}."
        )
    return rate_choices.choose(
        holder, item=campaign.item, to=to,
        effective_at=at if offered else max(at, campaign.answer_by), by=by, at=at,
    )  # fmt: skip


def remind(campaign: RateCampaign, *, at: datetime) -> int:
    """Write again to those who have not answered; returns to how many."""
    waiting = [each for each in asked(campaign, at) if not each.answered]
    _write(campaign, waiting, at)
    return len(waiting)


def close(campaign: RateCampaign, *, at: datetime) -> RateCampaign:
    """Ask nobody any more. Of an offer, whoever has not answered stays, and that is recorded.

    Raises Refusal `campaign_closed`.
    """
    with transaction.atomic():
        locked = RateCampaign.objects.select_for_update().get(pk=campaign.pk)
        if locked.closed_at is not None:
            raise Refusal("campaign_closed", f"{campaign} is closed already.")
        if locked.kind == RateCampaign.Kind.OFFER:
            for each in asked(locked, at):
                if each.choice is None:
                    rate_choices.choose(
                        each.holder, item=locked.item, to=locked.item, effective_at=at,
                        by=BY_DEFAULT, at=at,
                    )  # fmt: skip
        locked.closed_at = at
        locked.save(update_fields=["closed_at"])
    return locked


def remind_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: remind those who have not answered campaign `subject`, `"7:14"`."""
    campaign = find(int(subject.partition(":")[0]))
    if campaign.closed_at is None:
        remind(campaign, at=recorded_at)


def end_due(subject: str, due_at: datetime, recorded_at: datetime) -> None:
    """Due work: the deadline of campaign `subject` is over. Who had to choose and did not is asked on:
    without a choice their use of the action has no price."""
    campaign = find(int(subject))
    if campaign.closed_at is None and campaign.kind == RateCampaign.Kind.OFFER:
        close(campaign, at=recorded_at)


def deliver(key: str, payload: dict[str, Any], at: datetime) -> None:
    """Deliver a letter of a campaign from the outbox, to the customer's administrators and finance."""
    campaign = find(payload["campaign"])
    holder = Holder.objects.select_related("customer").get(
        customer_id=payload["customer"], id=payload["holder"]
    )
    mail.send(
        "campaign",
        to=recipients.of_invoices(holder.customer_id),
        context={
            "campaign": campaign,
            "ends": campaign.kind == RateCampaign.Kind.RETIREMENT,
            "customer": holder.customer.name,
            "holder": holder.code,
            "last_day": calendar.last_day(campaign.answer_by, holder.time_zone),
            "again": payload["number"] > 0,
        },
    )


def _open(campaign: RateCampaign, at: datetime) -> RateCampaign:
    """Save it, plan its reminders and its end, and write to everybody who is asked."""
    if campaign.answer_by <= at:
        raise Refusal("campaign_deadline", "Leave customers time to answer: choose a later day.")
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError as error:
        if "one_open_per_action" not in str(error):
            raise
        raise Refusal(
            "campaign_exists", f"Customers are being asked about {campaign.item!r} already."
        ) from error
    group = _GROUP + campaign.card.code
    for days in REMINDERS:
        when = campaign.answer_by - timedelta(days=days)
        if when > at:
            due.plan(REMIND, f"{campaign.pk}:{days}", when, rank=due.NOTICE, group=group)
    due.plan(END, str(campaign.pk), campaign.answer_by, rank=due.NOTICE, group=group)
    _write(campaign, asked(campaign, at), at)
    return campaign


def _write(campaign: RateCampaign, to: Sequence[Asked], at: datetime) -> None:
    """One letter more to each, in the outbox, and a row that says so."""
    CampaignNotice.objects.bulk_create(
        CampaignNotice(
            campaign=campaign, customer=each.holder.customer, holder=each.holder,
            number=each.notices, noticed_at=at,
        )
        for each in to
    )  # fmt: skip
    for each in to:
        payload = {
            "campaign": campaign.pk, "customer": each.holder.customer_id,
            "holder": each.holder.pk, "number": each.notices,
        }  # fmt: skip
        outbox.add(LETTER, f"{campaign.pk}-{each.holder.pk}-{each.notices}", payload, at=at)


def _is_meant(
    campaign: RateCampaign, now: CompiledTariff | None, then: CompiledTariff | None
) -> bool:
    """Whether a holder that is priced by these versions, now and at the deadline, has to be asked."""
    if now is None or then is None:
        return False
    if campaign.item not in rate_choices.items_of(now):
        return False
    offered = rate_choices.items_of(then)
    if campaign.kind == RateCampaign.Kind.RETIREMENT:
        return campaign.item not in offered
    return campaign.successor in offered


def _choices(campaign: RateCampaign, keys: Sequence[tuple[int, int]]) -> Mapping[int, RateChoice]:
    """The newest choice about the action since the campaign began, by holder."""
    rows = RateChoice.objects.filter(
        customer_id__in={customer for customer, _ in keys},
        holder_id__in=[holder for _, holder in keys],
        item=campaign.item,
        recorded_at__gte=campaign.opened_at,
    )
    return {row.holder_id: row for row in rows.order_by("recorded_at", "id")}


def _notices(campaign: RateCampaign) -> Mapping[int, int]:
    if campaign._state.adding:
        return {}
    counted: dict[int, int] = {}
    for holder in campaign.notices.values_list("holder_id", flat=True):
        counted[holder] = counted.get(holder, 0) + 1
    return counted
