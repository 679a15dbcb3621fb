"""`/contracts/{contract}/choices`: which of two rates the customer wants."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import ApiView, Scope
from contracts.api.contracts import visible
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


class ChoicesShown(TypedDict):
    """What was chosen, oldest first, and what has to be."""

    choices: list[ChoiceShown]
    open_questions: list[QuestionShown]


class ContractChoices(ApiView):
    """The customer's choices of rates."""

    @Operation(scope=Scope.BILLING_READ, answers=ChoicesShown)
    def get(self, request: Request, contract: str) -> Response:
        """Show the choices of a contract, and the actions that end without one."""
        holder = visible(self, contract).holder
        rows = RateChoice.objects.filter(customer_id=holder.customer_id, holder=holder)
        questions = rate_choices.open_questions(holder, clock.now())
        return Response(
            {
                "choices": [_shown(row) for row in rows.order_by("effective_at", "id")],
                "open_questions": [_shown_question(question) for question in questions],
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
