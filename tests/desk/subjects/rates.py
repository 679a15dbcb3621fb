"""What acts on rates are about: the standard card, a draft of it, a campaign, an action's value, a meter."""

from __future__ import annotations

from contracts import action_values, rate_campaigns, rate_cards, rate_drafts
from contracts.models import RateCampaign
from tests import cast
from tests.staff import NOW, Book

_OF_DRAFT = (
    "edit-draft", "import-draft", "reprice-draft", "review-draft", "publish-draft", "withdraw-draft",
)  # fmt: skip


def of(book: Book) -> dict[str, object]:
    """The campaign runs, the draft is open."""
    card = rate_cards.find("standard")
    action = action_values.describe(name="email", cost="1")
    campaign = _asked()
    draft = rate_drafts.start(card, version="2", by="Ines", at=NOW)
    return {
        **dict.fromkeys(("start-draft", "offer-choice"), card.code),
        **dict.fromkeys(_OF_DRAFT, draft.pk),
        **dict.fromkeys(("remind-campaign", "close-campaign"), campaign.pk),
        **dict.fromkeys(("change-action", "forget-action"), action.name),
        "meter-cost": "translation",
    }


def _asked() -> RateCampaign:
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
