"""Does commission statements: frozen, paid by a second person's consent, disputed and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts import agreements, commission_disputes, commission_payouts, commission_statements
from contracts.commission_statements import Account, Statement
from contracts.models import CommissionDispute, CommissionStatement
from creditops.desk import addresses, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import verbs
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import NotFound, Refusal

_YEARS = range(1971, 9001)


def key_of(rep: str, year: int) -> str:
    """What names a rep's statement in an address."""
    return f"{year}/{rep}"


def read_key(key: str) -> tuple[str, int]:
    """Rep and year. Raises NotFound."""
    year, _, rep = key.partition("/")
    if not (rep and year.isascii() and year.isdecimal() and int(year[:5]) in _YEARS):
        raise NotFound("commission statement", key)
    return rep, int(year)


class OfStatement(Deed):
    """An act on a rep's statement of a year."""

    def find(self, key: str) -> Statement:
        """The statement as it stands."""
        rep, year = read_key(key)
        return commission_statements.of_rep(rep, year, at=self.at)

    @property
    def heading(self) -> str:
        """Whose."""
        return f"{self.title}: {self.subject.rep}, {self.subject.year}"

    def home(self) -> str:
        """The statement."""
        return addresses.of("commission", key_of(self.subject.rep, self.subject.year))


class FreezeStatement(OfStatement):
    """Keep a statement as it stands; payouts are made by frozen ones."""

    name = "freeze-statement"
    title = "Freeze the statement"
    verb = "pay_commission"
    button = "Freeze it"
    about = "This version stays as it is, whatever is restated later."
    form = fields.DeskForm

    def facts(self, values: dict[str, Any]) -> Figures:
        """What it tells."""
        return _balances(self.subject)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Freeze it."""
        made = commission_statements.freeze(self.subject.rep, self.subject.year, by=by, at=at)
        return Done(f"Frozen: {made}.", self.home())


class PayForm(fields.DeskForm):
    """In which currency."""

    currency = fields.choice("Currency", ())


class PayCommission(Deed):
    """Ask that what a frozen statement leaves open be paid."""

    name = "pay-commission"
    title = "Pay commission"
    verb = "pay_commission"
    button = "Ask for the payout"
    about = "What is to be taken back is netted first. A second person has to agree."
    form = PayForm

    def find(self, key: str) -> CommissionStatement:
        """A frozen statement."""
        if not (key.isascii() and key.isdecimal() and len(key) < 19):
            raise NotFound("commission statement", key)
        return commission_payouts.find_statement(int(key))

    @property
    def heading(self) -> str:
        """To whom."""
        return f"{self.title} to {self.subject.rep}"

    def home(self) -> str:
        """The statement."""
        return addresses.of("commission", key_of(self.subject.rep, self.subject.year))

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the currencies in which something is open."""
        made = super().make_form(data)
        balances = commission_statements.balances([self.subject.rep])
        options = [(c, c) for _, c, payable, _ in balances if payable]
        made.fields["currency"].choices = options  # type: ignore[attr-defined]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """What is open, and what goes against it."""
        return _balances(
            commission_statements.of_rep(self.subject.rep, self.subject.year, at=self.at)
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Ask for it."""
        asked = commission_payouts.ask(self.subject, values["currency"], by=by, at=at)
        return Done(f"Asked for: {asked.summary}", self.home())


class DisputeForm(fields.DeskForm):
    """What is wrong."""

    contract = fields.text("Contract", required=False, help="its code; empty: the whole statement")
    text = fields.reason("what is wrong, and what it should be")


class RaiseDispute(OfStatement):
    """Object to one's own statement."""

    name = "dispute-commission"
    title = "Object to the statement"
    verb = "dispute_commission"
    button = "Send it"
    about = "Sales lead or controller answer; both stay with the statement."
    form = DisputeForm

    def find(self, key: str) -> Statement:
        """One's own statement; another's does not exist."""
        rep, _ = read_key(key)
        if rep != self.user.email:
            raise NotFound("commission statement", key)
        return super().find(key)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Raise it. Raises Refusal for a contract that the statement does not tell of."""
        code = values["contract"]
        told = {line.contract for line in self.subject.lines}
        if code and code not in told:
            raise Refusal("dispute_elsewhere", f"The statement tells of no contract {code!r}.")
        commission_disputes.raise_one(
            self.subject.rep,
            self.subject.year,
            text=values["text"],
            contract=agreements.find(code) if code else None,
            by=by,
            at=at,
        )
        return Done("Sent. The answer will stand below the statement.", self.home())


_ACCEPT, _DECLINE = "accept", "decline"


class AnswerForm(fields.DeskForm):
    """Yes or no, and why."""

    decision = fields.choice("Answer", [(_ACCEPT, "the rep is right"), (_DECLINE, "it stands")])
    text = fields.reason("the rep reads it")


class AnswerDispute(Deed):
    """Answer a rep's objection."""

    name = "answer-dispute"
    title = "Answer an objection"
    verb = "plan_commission"
    button = "Answer it"
    about = (
        "An answer moves no money: put right what was wrong (owners, usage, plan); the month's end "
        "restates what follows from that."
    )
    form = AnswerForm

    def find(self, key: str) -> CommissionDispute:
        """One that is open."""
        if not (key.isascii() and key.isdecimal() and len(key) < 19):
            raise NotFound("dispute", key)
        found = commission_disputes.find(int(key))
        if found.state != CommissionDispute.State.OPEN:
            raise Refusal("dispute_answered", f"This was answered by {found.answered_by} already.")
        return found

    @property
    def heading(self) -> str:
        """Whose."""
        return f"{self.title} of {self.subject.rep}"

    def home(self) -> str:
        """The statement."""
        return addresses.of("commission", key_of(self.subject.rep, self.subject.year))

    def facts(self, values: dict[str, Any]) -> Figures:
        """What was said."""
        about = [("About", str(self.subject.contract))] if self.subject.contract else []
        return [*about, ("Objection", self.subject.text)]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Answer it."""
        commission_disputes.answer(
            self.subject, accepted=values["decision"] == _ACCEPT, text=values["text"], by=by, at=at
        )
        return Done("Answered.", self.home())


def may_see(user: Any, rep: str) -> bool:
    """Whether somebody may read a rep's statement: their own, or everybody's."""
    return verbs.may(user, "see_commissions") or (verbs.may(user, "") and user.email == rep)


def _balances(statement: Statement) -> Figures:
    found: list[tuple[str, str]] = []
    for account in statement.accounts:
        found += _balance(account)
    return found or [("Open", "nothing")]


def _balance(account: Account) -> Figures:
    return [
        (f"Open for payment, {account.currency}", amount(account.payable_minor, account.currency)),
        (f"To be taken back, {account.currency}", amount(account.owed_minor, account.currency)),
        (f"The next payout, {account.currency}",
         amount(account.next_payout_minor, account.currency)),
    ]  # fmt: skip
