"""`/rate-cards`: cards, their published versions, and the drafts of versions to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import rate_cards, rate_drafts, rate_items
from contracts.models import RateCard, RateCardVersion, RateDraft, RateItem
from creditops.lib import clock
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Code, Credits, Instant, Paged, Text, Truth, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from creditops.lib.api.shapes import Page
from ledger.models import Rate

KINDS = tuple(Rate.Kind.values)
_UNFIT = (
    "decimal_unreadable", "rate_outcome_unfit", "rate_period_unfit", "rate_position_unknown",
    "rate_value_unfit",
)  # fmt: skip
_REFUSED = ("rate_card_empty", "rate_item_twice", "rate_not_integer")
STATES = (
    *RateDraft.State.values, rate_cards.TO_COME, rate_cards.IN_FORCE, rate_cards.RETIRED,
)  # fmt: skip
_PUBLICATION = ("retirement_without_notice", "tariff_exists", "tariff_in_the_past")


class RateCardBody(Body):
    """A card without a version yet."""

    id = Code(max_length=100)
    name = Text(max_length=200, required=False)
    mode = Choice(
        choices=RateCard.Mode.values, required=False,
        help_text="multi: one pool, many rates; single: one credit buys one output",
    )  # fmt: skip


class ItemBody(Body):
    """An action and what it costs."""

    item = Text(max_length=100, help_text="its name on the card")
    meter = Text(max_length=100, required=False, help_text="default: one named like the item")
    property = Text(max_length=100, required=False, help_text="which of an event's data is priced")
    match = serializers.DictField(
        child=Text(), required=False, help_text="only events whose data have these values"
    )
    kind = Choice(choices=KINDS, required=False)
    credits = Credits(required=False, help_text="not of what is passed through")
    credit_value = Text(
        max_length=30, required=False, help_text="of what is passed through: money per credit"
    )
    actions = Credits(required=False, help_text="drawn beside it, in the unit ACTION")
    per = Whole(min_value=1, required=False, help_text="the size of a pack")
    period_months = Whole(
        min_value=1, max_value=120, required=False, help_text="of a flat fee or a licence"
    )
    unit = Text(max_length=40, required=False)
    role = Choice(choices=Rate.Role.values, required=False)
    customer_unit = Text(max_length=100, required=False, help_text="what the customer counts")
    position = Choice(
        choices=RateItem.Position.values, required=False, help_text="its place on the value chain"
    )
    outcome = Truth(required=False, help_text="charged per outcome, at a fixed price")


class VersionBody(Body):
    """A version of a rate card; published with it, unless it is a draft."""

    version = Text(max_length=60)
    name = Text(max_length=200, required=False, help_text="of a new card")
    effective_from = Instant(required=False, help_text="default: now")
    draft = Truth(required=False, help_text="to be reviewed and published later")
    note = Text(max_length=1_000, required=False, help_text="of a draft: what changes, and why")
    items = ItemBody(many=True)


class PublicationBody(Body):
    """From when on a draft prices."""

    effective_from = Instant(required=False, help_text="default: now")


class RateItemShown(TypedDict):
    """An action on a rate card: `credits` of `unit` per `per` of the meter's quantity or property."""

    item: str
    meter: str
    property: str | None
    match: dict[str, str]
    kind: Annotated[str, shapes.one_of(Rate.Kind.values)]
    credits: int
    per: int
    unit: str
    period_months: int | None
    role: Annotated[str, shapes.one_of(Rate.Role.values)]
    customer_unit: str | None
    position: str | None
    outcome: bool


class RateCardVersionShown(TypedDict):
    """A version of a rate card: a draft, reviewed, to come, in force, retired by a later one, or withdrawn.

    What is published never changes.
    """

    card: str
    version: str
    state: Annotated[str, shapes.one_of(STATES)]
    effective_from: shapes.Instant | None
    published_at: shapes.Instant | None
    reviewed_by: str | None
    items: list[RateItemShown]


class RateCardShown(TypedDict):
    """A rate card. `warnings` are codes of what is worth a second look."""

    id: str
    name: str
    mode: Annotated[str, shapes.one_of(RateCard.Mode.values)]
    newest_version: str | None
    warnings: list[str]


class RateCards(ApiView):
    """Rate cards with their newest version."""

    @Operation(scope=Scope.USAGE_READ, vendors_own=True, query=Paged, answers=Page[RateCardShown])
    def get(self, request: Request) -> Response:
        """List rate cards, newest first."""
        rows = RateCard.objects.prefetch_related("versions__items")
        return Response(pages.page(rows, self.query, _shown_card))

    @Operation(
        scope=Scope.ADMIN, vendors_own=True, body=RateCardBody, answers=RateCardShown, status=201,
        refuses=("rate_card_exists",),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Make a rate card. It prices nobody before its first version is published."""
        given = self.given()

        def create(at: datetime) -> RateCardShown:
            wanted = {"name": "", "mode": RateCard.Mode.MULTI, **given}
            return _shown_card(
                rate_cards.create(code=wanted["id"], name=wanted["name"], mode=wanted["mode"])
            )

        return self.once(create)


class RateCardVersions(ApiView):
    """Versions of a rate card."""

    @Operation(
        scope=Scope.USAGE_READ, vendors_own=True, query=Paged, answers=Page[RateCardVersionShown]
    )
    def get(self, request: Request, card: str) -> Response:
        """List the published versions of a rate card, newest first, with their items."""
        found = rate_cards.find(card)
        standing = rate_cards.standing(list(found.versions.all()), clock.now())
        rows = RateCardVersion.objects.filter(card=found).select_related("card", "draft")
        rows = rows.prefetch_related("items__meter", "items__unit")
        return Response(pages.page(rows, self.query, lambda v: _shown_version(v, standing[v.pk])))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=VersionBody,
        answers=RateCardVersionShown,
        status=201,
        refuses=(*_REFUSED, *_PUBLICATION, "version_exists"),
        unreadable=_UNFIT,
    )
    def post(self, request: Request, card: str) -> Response:
        """Publish a version of a rate card. The first one makes the card; contracts without a rate
        lock follow the newest. With `draft` nothing is published: another key reviews it first."""
        given = self.given()
        items = [rate_cards.Item(**item) for item in given["items"]]

        def publish(at: datetime) -> RateCardVersionShown:
            if given.get("draft"):
                made = rate_drafts.start(
                    rate_cards.find(card), version=given["version"], items=items,
                    note=given.get("note", ""), by=self.by, at=at,
                )  # fmt: skip
                return _shown_draft(made)
            version = rate_cards.publish(
                card=card,
                version=given["version"],
                name=given.get("name", ""),
                items=items,
                effective_from=given.get("effective_from", at),
                by=self.by,
                at=at,
            )
            return _now(version, at)

        return self.once(publish)


class RateCardDrafts(ApiView):
    """Versions that are not published yet."""

    @Operation(
        scope=Scope.USAGE_READ, vendors_own=True, query=Paged, answers=Page[RateCardVersionShown]
    )
    def get(self, request: Request, card: str) -> Response:
        """List the drafts of a rate card, newest first, with their items."""
        rows = RateDraft.objects.filter(card=rate_cards.find(card), published__isnull=True)
        return Response(pages.page(rows.select_related("card"), self.query, _shown_draft))


class RateCardReview(ApiView):
    """A second person's word."""

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        answers=RateCardVersionShown,
        refuses=(*_REFUSED, "draft_closed", "draft_review_own"),
        unreadable=_UNFIT,
    )
    def post(self, request: Request, card: str, version: str) -> Response:
        """Agree to a draft that another key, or somebody at the desk, wrote."""
        draft = rate_drafts.of_version(rate_cards.find(card), version)
        return self.once(lambda at: _shown_draft(rate_drafts.review(draft, by=self.by, at=at)))


class RateCardPublish(ApiView):
    """The publication of a draft."""

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=PublicationBody,
        answers=RateCardVersionShown,
        refuses=(*_REFUSED, *_PUBLICATION, "draft_closed", "draft_not_reviewed"),
        unreadable=_UNFIT,
    )
    def post(self, request: Request, card: str, version: str) -> Response:
        """Publish a reviewed draft: from an instant on it prices who follows the card."""
        draft, given = rate_drafts.of_version(rate_cards.find(card), version), self.given()

        def publish(at: datetime) -> RateCardVersionShown:
            start = given.get("effective_from", at)
            return _now(rate_drafts.publish(draft, effective_from=start, by=self.by, at=at), at)

        return self.once(publish)


def _shown_card(card: RateCard) -> RateCardShown:
    versions = list(card.versions.all())
    return {
        "id": card.code,
        "name": card.name,
        "mode": card.mode,
        "newest_version": versions[0].version if versions else None,
        "warnings": [code for code, _ in rate_cards.warnings(card)],
    }


def _now(version: RateCardVersion, at: datetime) -> RateCardVersionShown:
    standing = rate_cards.standing(list(version.card.versions.all()), at)
    return _shown_version(version, standing[version.pk])


def _shown_version(version: RateCardVersion, state: str) -> RateCardVersionShown:
    draft = getattr(version, "draft", None)
    return {
        "card": version.card.code,
        "version": version.version,
        "state": state,
        "effective_from": written(version.effective_from),
        "published_at": written(version.published_at),
        "reviewed_by": (draft.reviewed_by or None) if draft else None,
        "items": [_shown_item(item) for item in version.items.all()],
    }


def _shown_draft(draft: RateDraft) -> RateCardVersionShown:
    return {
        "card": draft.card.code,
        "version": draft.version,
        "state": draft.state,
        "effective_from": None,
        "published_at": None,
        "reviewed_by": draft.reviewed_by or None,
        "items": [_drafted(part) for part in rate_items.parts(rate_drafts.items_of(draft))],
    }


def _drafted(item: rate_items.Item) -> RateItemShown:
    """An action of a draft; its credits as they are written, whole or not."""
    said: Any = item.credits
    return {
        "item": item.item,
        "meter": item.meter or item.item,
        "property": item.property or None,
        "match": dict(item.match),
        "kind": item.kind,
        "credits": said,
        "per": item.per,
        "unit": item.unit,
        "period_months": item.period_months,
        "role": item.role,
        "customer_unit": item.customer_unit or None,
        "position": item.position or None,
        "outcome": item.outcome,
    }


def _shown_item(item: RateItem) -> RateItemShown:
    return {
        "item": item.item,
        "meter": item.meter.code,
        "property": item.property or None,
        "match": item.match,
        "kind": item.kind,
        "credits": item.credits,
        "per": item.per,
        "unit": item.unit.code,
        "period_months": item.period_months,
        "role": item.role,
        "customer_unit": item.customer_unit or None,
        "position": item.position or None,
        "outcome": item.outcome,
    }
