"""`/contracts/{contract}/choices`: which of two rates the customer wants."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts import rate_campaigns
from contracts.api.contracts import visible
from contracts.models import RateCampaign
from contracts.rate_campaigns import Asked
from creditops.lib import clock
from creditops.lib.api import shapes
from creditops.lib.api.forms import Body, Instant, Text
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import written
from ledger import rate_choices
from ledger.models import RateChoice
from ledger.rate_choices import Question


class ChoiceBody(Body):
    """An action, and the one as which it is rated from an instant on."""

    item = Text(max_length=100)
    to = Text(max_length=100, help_text="the same: back to its own rate")
    effective_at = Instant(required=False, help_text="default: now")
    chosen_by = Text(max_length=200, required=False, help_text="default: the key")


class ChoiceShown(TypedDict):
    """A choice as recorded; the newest one for an action counts."""

    item: str
    to: str
    effective_at: shapes.Instant
    recorded_at: shapes.Instant
    chosen_by: str


class QuestionShown(TypedDict):
    """An action that ends, and the actions to choose from by then."""

    item: str
    ends_at: shapes.Instant
    offered: list[str]


class CampaignShown(TypedDict):
    """A campaign that asks about an action: to stay with it, or to have it rated as its successor.

    Without a successor the action ends, and any other one may be chosen. `chosen` is null until somebody
    answers with a choice.
    """

    item: str
    successor: str | None
    kind: Annotated[str, shapes.one_of(RateCampaign.Kind.values)]
    message: str | None
    opened_at: shapes.Instant
    answer_by: shapes.Instant
    chosen: str | None


class ChoicesShown(TypedDict):
    """What was chosen, oldest first, what has to be, and what the vendor asks about."""

    choices: list[ChoiceShown]
    open_questions: list[QuestionShown]
    open_campaigns: list[CampaignShown]


class ContractChoices(ApiView):
    """The customer's choices of rates."""

    @Operation(scope=Scope.BILLING_READ, answers=ChoicesShown)
    def get(self, request: Request, contract: str) -> Response:
        """Show the choices of a contract, the actions that end without one, and open campaigns."""
        holder, now = visible(self, contract).holder, clock.now()
        rows = RateChoice.objects.filter(customer_id=holder.customer_id, holder=holder)
        questions = rate_choices.open_questions(holder, now)
        campaigns = rate_campaigns.of_holder(holder, now)
        return Response(
            {
                "choices": [_shown(row) for row in rows.order_by("effective_at", "id")],
                "open_questions": [_shown_question(question) for question in questions],
                "open_campaigns": [_shown_campaign(*each) for each in campaigns],
            }
        )

    @Operation(
        scope=Scope.BILLING_WRITE,
        body=ChoiceBody,
        answers=ChoiceShown,
        status=201,
        refuses=("choice_exists", "choice_in_the_past", "item_not_on_card"),
    )
    def post(self, request: Request, contract: str) -> Response:
        """Choose as which action another one is rated from an instant on. No choice: it stays."""
        holder = visible(self, contract).holder
        given = self.given()

        def choose(at: datetime) -> ChoiceShown:
            made = rate_choices.choose(
                holder,
                item=given["item"],
                to=given["to"],
                effective_at=given.get("effective_at", at),
                by=given.get("chosen_by", self.by),
                at=at,
            )
            return _shown(made)

        return self.once(choose)


def _shown(choice: RateChoice) -> ChoiceShown:
    return {
        "item": choice.item,
        "to": choice.chosen_item,
        "effective_at": written(choice.effective_at),
        "recorded_at": written(choice.recorded_at),
        "chosen_by": choice.chosen_by,
    }


def _shown_question(question: Question) -> QuestionShown:
    return {
        "item": question.item,
        "ends_at": written(question.ends_at),
        "offered": question.offered,
    }


def _shown_campaign(campaign: RateCampaign, asked: Asked) -> CampaignShown:
    return {
        "item": campaign.item,
        "successor": campaign.successor or None,
        "kind": campaign.kind,
        "message": campaign.message or None,
        "opened_at": written(campaign.opened_at),
        "answer_by": written(campaign.answer_by),
        "chosen": asked.choice.chosen_item if asked.choice and asked.answered else None,
    }
