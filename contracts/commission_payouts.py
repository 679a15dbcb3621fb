"""Does the payment of commission: by a frozen statement, clawback netted first, with a second person (JE-31).

What was agreed is what the statement told: if anything came since, it is frozen and asked for again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contracts import commission_statements
from contracts.models import CommissionPayout, CommissionStatement
from creditops.lib import approvals, locks, money
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, chart, journal
from ledger.journal import Posting
from ledger.periods import Months

KIND = "commission.payout"


def ask(statement: CommissionStatement, currency: str, *, by: str, at: datetime) -> Approval:
    """Ask that what a frozen statement leaves open be paid; always a second person agrees.

    Raises Refusal `nothing_to_pay`, `statement_outdated` where something came since it was frozen.
    """
    gross, netted = _open(statement, currency)
    cash = f"{money.text(gross - netted, currency)} {currency}"
    return approvals.request(
        kind=KIND,
        subject=f"{statement.rep}:{currency}",
        summary=f"Pay commission of {cash} to {statement.rep}, by statement {statement.year}, "
        f"version {statement.version}.",
        content={
            "statement": statement.pk,
            "currency": currency,
            "gross_minor": gross,
            "netted_minor": netted,
        },
        by=by,
        at=at,
    )


def pay_approved(approval: Approval, *, at: datetime) -> CommissionPayout:
    """Pay what was approved, as whoever asked for it.

    Raises Refusal `approval_content_changed` if something else is open by now. The database refuses what
    lacks its second person.
    """
    content = approval.content
    statement = CommissionStatement.objects.filter(pk=content["statement"]).first()
    if statement is None:
        raise NotFound("commission statement", content["statement"])
    with transaction.atomic():
        today = books.date_of(at, books.current(at))
        months = Months([today], received_on=today)
        locks.hold(f"commission:{statement.rep}")
        if _open(statement, content["currency"]) != (
            content["gross_minor"],
            content["netted_minor"],
        ):
            raise Refusal(
                "approval_content_changed",
                f"Something else is open for {statement.rep} than was asked for. Reject this, freeze "
                "the statement again and ask again.",
            )
        _, _, payable, owed, payable_functional, owed_functional = _balance(
            statement.rep, content["currency"]
        )
        netted = content["netted_minor"]
        made: CommissionPayout = CommissionPayout.objects.create(
            statement=statement,
            rep=statement.rep,
            currency=content["currency"],
            gross_minor=payable,
            netted_minor=netted,
            gross_functional_minor=payable_functional,
            netted_functional_minor=money.released(owed_functional, owed, netted) if owed else 0,
            posting_date=months.posting_date(today),
            paid_at=at,
            paid_by=approval.requested_by,
            approval=approval,
        )
        _post(made, at)
    return made


def find_statement(key: int) -> CommissionStatement:
    """The frozen statement of this number. Raises NotFound."""
    found: CommissionStatement | None = CommissionStatement.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("commission statement", key)
    return found


def _open(statement: CommissionStatement, currency: str) -> tuple[int, int]:
    """What would be paid, and what of it goes against clawback; as the statement told it."""
    if commission_statements.newest_event(statement.rep) != statement.last_event:
        raise Refusal(
            "statement_outdated",
            f"Commission of {statement.rep} has changed since this statement was frozen. Freeze it "
            "again.",
        )
    _, _, payable, owed, _, _ = _balance(statement.rep, currency)
    if payable <= 0:
        raise Refusal("nothing_to_pay", f"Nothing is open for {statement.rep} in {currency}.")
    return payable, min(payable, owed)


def _balance(rep: str, currency: str) -> tuple[str, str, int, int, int, int]:
    for row in commission_statements.balances_with_functional([rep]):
        if row[1] == currency:
            return row
    return rep, currency, 0, 0, 0, 0


def _post(payout: CommissionPayout, at: datetime) -> None:
    """Accrued commission falls; what is netted lessens what the rep owes, the rest leaves (JE-31)."""
    cash = payout.gross_functional_minor - payout.netted_functional_minor
    drift = cash if not payout.cash_minor else 0  # two rates of exchange met where no money left
    journal.post(
        Posting(
            on=payout.posting_date,
            recipe="JE-31",
            memo=f"Commission of {payout.rep}, statement {payout.statement.year}, "
            f"version {payout.statement.version}",
            source=f"commission-payout:{payout.pk}",
        ),
        debit={chart.COMMISSIONS: payout.gross_functional_minor},
        credit={
            chart.CLAWBACK: payout.netted_functional_minor,
            chart.CASH: cash - drift,
            chart.CURRENCY: drift,
        },
        currency=books.current(at).currency,
        at=at,
    )
