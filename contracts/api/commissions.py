"""`/commission-plans` and `/commissions`: how reps are paid, and what they have earned."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts.api.callers import ApiView, Scope
from contracts import commission_plans, commission_statements
from contracts.commission_figures import Share
from contracts.models import CommissionEvent, CommissionPlanVersion
from creditops.lib import clock, money
from creditops.lib.api import pages, shapes
from creditops.lib.api.forms import Body, Choice, Count, Paged, Query, Text, Whole
from creditops.lib.api.operations import Operation
from creditops.lib.api.reading import FIRST_YEAR, LAST_YEAR, written
from creditops.lib.api.shapes import Page
from ledger import books

_Years, _Cost = CommissionPlanVersion.Years, CommissionPlanVersion.Cost
_PERCENT = ("rate_pct", "upfront_pct", "clawback_limit_pct", "cap_pct", "floor_pct")


class RepShareBody(Body):
    """A rep and the share, in percent."""

    rep = Text(max_length=200)
    pct = Text(max_length=30)


class CommissionPlanBody(Body):
    """A version of a commission plan; published with it. Percentages are decimal text."""

    id = Text(max_length=100, help_text="of the plan; the first version makes it")
    name = Text(max_length=200, required=False, help_text="of a new plan")
    rate_pct = Text(max_length=30)
    upfront_pct = Text(max_length=30, required=False, help_text="paid at close; default: 70")
    override_reason = Text(max_length=1000, required=False, help_text="why outside of 50 to 80")
    years = Choice(choices=_Years.values, required=False)
    cost = Choice(choices=_Cost.values, required=False)
    months = Whole(min_value=1, max_value=600, required=False, help_text="of a straight line")
    clawback_limit_pct = Text(max_length=30, required=False)
    cap_pct = Text(max_length=30, required=False)
    floor_pct = Text(max_length=30, required=False)
    split = RepShareBody(many=True, required=False)


class RepShareShown(TypedDict):
    """A rep's share in percent."""

    rep: str
    pct: str


class CommissionPlanShown(TypedDict):
    """A version of a commission plan. It never changes; null bounds are none."""

    id: str
    name: str
    version: int
    rate_pct: str
    upfront_pct: str
    override_reason: str | None
    years: Annotated[str, shapes.one_of(_Years.values)]
    cost: Annotated[str, shapes.one_of(_Cost.values)]
    months: int | None
    clawback_limit_pct: str | None
    cap_pct: str | None
    floor_pct: str | None
    split: list[RepShareShown]
    published_at: shapes.Instant


class Year(Count):
    """A calendar year."""

    def __init__(self, **options: Any) -> None:
        super().__init__(largest=LAST_YEAR, **options)

    def to_internal_value(self, data: Any) -> int:
        if (year := super().to_internal_value(data)) < FIRST_YEAR:
            raise ValidationError(f"Write a year from {FIRST_YEAR} to {LAST_YEAR}.")
        return year


class StatementsQuery(Query):
    """Whose, and of which year."""

    rep = Text(required=False, max_length=200, help_text="default: all")
    year = Year(required=False, help_text="default: this one")


class ContractYearShown(TypedDict):
    """A contract year in a rep's statement; amounts are the rep's, but for price and consumed."""

    contract: str
    customer: str
    contract_year: int
    starts_at: shapes.Instant
    ends_at: shapes.Instant
    first_day: shapes.Day
    last_day: shapes.Day
    currency: shapes.Currency
    price: shapes.Money
    consumed: shapes.Money
    paid_at_close: shapes.Money
    earned: shapes.Money
    at_risk: shapes.Money
    to_come: shapes.Money
    held_back: shapes.Money
    final: shapes.Money | None


class CommissionEventShown(TypedDict):
    """A commission event, as far as it is the rep's: what is due for the contract year with it, what was
    before it, and the difference; below zero is taken back."""

    on: shapes.Day
    contract: str
    contract_year: int
    kind: Annotated[str, shapes.one_of(CommissionEvent.Kind.values)]
    due: shapes.Money
    before: shapes.Money
    amount: shapes.Money
    currency: shapes.Currency


class CommissionAccountShown(TypedDict):
    """How a rep stands in one currency: of the year, and open by all that there was so far."""

    currency: shapes.Currency
    earned: shapes.Money
    at_risk: shapes.Money
    to_come: shapes.Money
    held_back: shapes.Money
    granted: shapes.Money
    taken_back: shapes.Money
    paid_out: shapes.Money
    netted: shapes.Money
    payable: shapes.Money
    owed: shapes.Money
    next_payout: shapes.Money


class CommissionStatementShown(TypedDict):
    """A rep's commission statement of a calendar year of the books."""

    rep: str
    year: int
    as_of: shapes.Instant
    contracts: list[ContractYearShown]
    events: list[CommissionEventShown]
    accounts: list[CommissionAccountShown]


class CommissionStatementsShown(TypedDict):
    """The statements of a year."""

    results: list[CommissionStatementShown]


class CommissionPlans(ApiView):
    """Plans, version by version."""

    @Operation(
        scope=Scope.BILLING_READ, vendors_own=True, query=Paged, answers=Page[CommissionPlanShown]
    )
    def get(self, request: Request) -> Response:
        """List the versions of commission plans, newest first."""
        rows = CommissionPlanVersion.objects.select_related("plan").prefetch_related("split")
        return Response(pages.page(rows, self.query, _shown))

    @Operation(
        scope=Scope.ADMIN,
        vendors_own=True,
        body=CommissionPlanBody,
        answers=CommissionPlanShown,
        status=201,
        refuses=(
            "commission_bounds_unfit",
            "commission_months_missing",
            "commission_rate_unfit",
            "commission_upfront_unusual",
            "split_unfit",
        ),
        unreadable=("decimal_unreadable",),
    )
    def post(self, request: Request) -> Response:
        """Publish a version of a commission plan. What is agreed keeps its version."""
        given = self.given()

        def publish(at: datetime) -> CommissionPlanShown:
            made = commission_plans.publish(
                given["id"], _wanted(given), by=self.by, at=at, name=given.get("name", "")
            )
            return _shown(made)

        return self.once(publish)


class Commissions(ApiView):
    """Statements per rep."""

    @Operation(
        scope=Scope.BILLING_READ,
        vendors_own=True,
        query=StatementsQuery,
        answers=CommissionStatementsShown,
    )
    def get(self, request: Request) -> Response:
        """Show the commission statements of a year, as known now."""
        now = clock.now()
        year = self.query.get("year") or books.date_of(now, books.current(now)).year
        reps = [self.query["rep"]] if "rep" in self.query else None
        found = commission_statements.of_year(year, at=now, reps=reps)
        return Response({"results": [_shown_statement(each) for each in found]})


def _wanted(given: dict[str, Any]) -> commission_plans.Wanted:
    said: dict[str, Any] = {name: _decimal(given[name]) for name in _PERCENT if name in given}
    said |= {n: given[n] for n in ("years", "cost", "months", "override_reason") if n in given}
    split = [Share(share["rep"], _decimal(share["pct"])) for share in given.get("split", ())]
    return commission_plans.Wanted(**said, split=split)


def _decimal(text: str) -> Decimal:
    """Exact; raises Refusal `decimal_unreadable`."""
    money.decimal(text)
    return Decimal(text)


def _shown(version: CommissionPlanVersion) -> CommissionPlanShown:
    return {
        "id": version.plan.code,
        "name": version.plan.name,
        "version": version.version,
        "rate_pct": _text(version.rate_pct),
        "upfront_pct": _text(version.upfront_pct),
        "override_reason": version.override_reason or None,
        "years": version.years,
        "cost": version.cost,
        "months": version.months,
        "clawback_limit_pct": _or_none(version.clawback_limit_pct),
        "cap_pct": _or_none(version.cap_pct),
        "floor_pct": _or_none(version.floor_pct),
        "split": [{"rep": share.rep, "pct": _text(share.pct)} for share in version.split.all()],
        "published_at": written(version.published_at),
    }


def _shown_statement(statement: commission_statements.Statement) -> dict[str, Any]:
    """As a frozen one is kept; instants as the API writes them."""
    told = commission_statements.as_told(statement)
    lines = [
        {**told_line, "starts_at": written(line.starts_at), "ends_at": written(line.ends_at)}
        for told_line, line in zip(told["contracts"], statement.lines, strict=True)
    ]
    return {**told, "as_of": written(statement.as_of), "contracts": lines}


def _text(pct: Decimal) -> str:
    return f"{Decimal(pct).normalize():f}"


def _or_none(pct: Decimal | None) -> str | None:
    return None if pct is None else _text(pct)
