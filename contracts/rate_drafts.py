"""Does the versions of rate cards before they are published: written, reviewed by another, published.

A draft prices nothing. Whatever is written into it makes it a draft again: what was reviewed is what is
published.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import IntegrityError, transaction

from contracts import catalogue_checks, rate_cards, rate_items
from contracts.models import RateCard, RateCardVersion, RateDraft
from contracts.rate_items import Item
from creditops.lib import policies, policy_values
from creditops.lib.policies import Policy
from creditops.lib.refusals import NotFound, Refusal

REVIEW = "rate_review"
SECOND_PERSON, NOBODY = "SECOND_PERSON", "NOBODY"
_OPEN = (RateDraft.State.DRAFT, RateDraft.State.REVIEWED)


def define() -> None:
    """Make the setting known, at start."""
    policies.define(
        Policy(
            REVIEW,
            SECOND_PERSON,
            policy_values.choice(SECOND_PERSON, NOBODY),
            "product",
            "Whether a draft of a rate card has to be reviewed by somebody who did not write it, before "
            "it is published.",
            books_only=True,
        )
    )


def find(draft_id: int) -> RateDraft:
    """The draft. Raises NotFound."""
    found = RateDraft.objects.select_related("card").filter(id=draft_id).first()
    if found is None:
        raise NotFound("draft of a rate card", draft_id)
    return found


def of_version(card: RateCard, version: str) -> RateDraft:
    """The draft of a version by its name. Raises NotFound."""
    found = RateDraft.objects.select_related("card").filter(card=card, version=version).first()
    if found is None:
        raise NotFound("draft of a rate card", version)
    return found


def start(
    card: RateCard, *, version: str, items: Sequence[Item] | None = None, note: str = "", by: str,
    at: datetime,
) -> RateDraft:  # fmt: skip
    """Begin a draft, with these actions or those of the newest version.

    Raises Refusal `version_exists`: a version's name is used once; and what `rate_items.priced` raises.
    """
    newest = card.versions.first()
    if items is None:
        items = rate_items.of_version(newest) if newest is not None else []
    else:
        rate_items.priced(items)
    taken = Refusal(
        "version_exists", f"{card.name} has a version {version!r}, or a draft of it, already."
    )
    if card.versions.filter(version=version).exists():
        raise taken
    try:
        with transaction.atomic():
            return RateDraft.objects.create(
                card=card,
                version=version,
                note=note,
                items=[rate_items.stored(item) for item in items],
                authors=[by],
                started_at=at,
                changed_at=at,
            )
    except IntegrityError as error:
        raise taken from error


def write(draft: RateDraft, items: Sequence[Item], *, by: str, at: datetime) -> RateDraft:
    """Put these actions into a draft in the place of those that stand there; it has to be reviewed again.

    Raises what `rate_items.priced` raises, and Refusal `draft_closed`.
    """
    rate_items.priced(items)
    with transaction.atomic():
        locked = _open(draft)
        locked.items = [rate_items.stored(item) for item in items]
        locked.authors = [*locked.authors, *([] if by in locked.authors else [by])]
        locked.state = RateDraft.State.DRAFT
        locked.changed_at, locked.reviewed_at, locked.reviewed_by = at, None, ""
        locked.save()
    return locked


def review(draft: RateDraft, *, by: str, at: datetime) -> RateDraft:
    """Somebody who did not write it agrees to a draft.

    Raises Refusal `draft_review_own`, `draft_closed`, or what makes its actions unfit for publication.
    """
    with transaction.atomic():
        locked = _open(draft)
        rate_items.priced(items_of(locked))
        if by in locked.authors:
            raise Refusal(
                "draft_review_own", "You wrote in this draft. Another person has to review it."
            )
        locked.state = RateDraft.State.REVIEWED
        locked.reviewed_at, locked.reviewed_by = at, by
        locked.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    return locked


def publish(
    draft: RateDraft, *, effective_from: datetime, by: str, at: datetime
) -> RateCardVersion:
    """Publish a reviewed draft: from `effective_from` on it prices who follows the card.

    Raises Refusal `draft_not_reviewed`, `draft_closed`, or what `rate_cards.publish` raises.
    """
    with transaction.atomic():
        locked = _open(draft)
        needed = policies.in_force([], at)[REVIEW] == SECOND_PERSON
        if needed and locked.state != RateDraft.State.REVIEWED:
            raise Refusal(
                "draft_not_reviewed",
                f"{locked} is a draft. Somebody who did not write it has to review it first.",
            )
        made = rate_cards.publish(
            card=locked.card.code,
            version=locked.version,
            items=items_of(locked),
            effective_from=effective_from,
            by=by,
            at=at,
        )
        locked.state, locked.published = RateDraft.State.PUBLISHED, made
        locked.save(update_fields=["state", "published"])
    return made


def withdraw(draft: RateDraft, *, by: str, at: datetime) -> RateDraft:
    """Give a draft up; it stays, to be read. Raises Refusal `draft_closed`."""
    with transaction.atomic():
        locked = _open(draft)
        locked.state, locked.changed_at = RateDraft.State.WITHDRAWN, at
        locked.save(update_fields=["state", "changed_at"])
    return locked


def items_of(draft: RateDraft) -> list[Item]:
    """The actions of a draft."""
    return [rate_items.read(row) for row in draft.items]


def warnings(draft: RateDraft, ratios: Collection[Fraction] = ()) -> list[tuple[str, str]]:
    """What is worth a second look: (code, sentence) each, also that its actions are not right yet.

    Args:
        ratios: credits per unit of money, each that is on offer (`prices.ratios`).
    """
    try:
        parts = rate_items.priced(items_of(draft))
    except Refusal as refusal:
        return [(refusal.code.upper(), refusal.detail)]
    asked = [catalogue_checks.Asked(part.kind, int(str(part.credits)), part.per) for part in parts]
    return catalogue_checks.warnings(draft.card.mode, asked, ratios)


def _open(draft: RateDraft) -> RateDraft:
    """The draft under its lock. Raises Refusal `draft_closed`."""
    rows: Any = RateDraft.objects.select_for_update(of=("self",)).select_related("card")
    locked: RateDraft = rows.get(id=draft.pk)
    if locked.state not in _OPEN:
        raise Refusal(
            "draft_closed",
            f"{locked} is {locked.get_state_display()} and can't be changed any more.",
        )
    return locked
