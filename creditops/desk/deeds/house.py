"""Does what keeps the house: approvals decided, months closed, settings changed."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from contracts import agreements
from creditops.desk import (
    addresses,
    approving,
    contract_figures,
    fields,
    key_figures,
    policies_page,
    setting_words,
)
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import approvals, calendar, policies
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from ledger import books, caps, closing, posting
from ledger.models import AccountingPeriod, JournalEntry

_APPROVE, _REJECT = "approve", "reject"


class DecideForm(fields.DeskForm):
    """Yes or no, and why."""

    decision = fields.choice("Decision", [(_APPROVE, "approve"), (_REJECT, "reject")])
    cap = fields.Credits(
        label="New cap in credits", required=False, help_text="of the whole running term"
    )
    reason = fields.reason("stands on the decision, for ever")


class DecideApproval(Deed):
    """Approve or reject a request. Whoever asked for it cannot."""

    name = "decide"
    title = "Decide a request"
    verb = "decide_approval"
    button = "Confirm the decision"
    about = "A second person has to agree. What is approved is carried out at once, or not at all."
    form = DecideForm

    def find(self, key: str) -> Approval:
        """A request that is open."""
        found = Approval.objects.filter(pk=int(key)).first() if key.isdecimal() else None
        if found is None:
            raise NotFound("approval", key)
        if found.state != Approval.State.OPEN:
            said = f"{found.summary} It was {found.get_state_display()} by {found.decided_by}."
            raise Refusal("approval_decided", said)
        return found

    @property
    def heading(self) -> str:
        """What was asked for."""
        return str(self.subject.summary)

    def home(self) -> str:
        """The open requests."""
        return addresses.of_list(Approval, state__exact=Approval.State.OPEN.value)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """A cap is typed only where one is asked for."""
        made = super().make_form(data)
        if self.subject.kind != caps.LIFT:
            del made.fields["cap"]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """The request."""
        asked = self.subject
        content = [(name.capitalize(), str(said)) for name, said in asked.content.items()]
        return [*content, ("Asked for by", asked.requested_by)]

    def figures(self, values: dict[str, Any]) -> Figures:
        """What an approval would change."""
        asked = self.subject
        if asked.kind != caps.LIFT:
            return ()
        return contract_figures.of_overage(agreements.find(asked.content["contract"]), self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Decide it; an approval is carried out."""
        key, reason = self.subject.pk, values["reason"]
        if values["decision"] == _REJECT:
            approvals.reject(key, by=by, at=at, reason=reason)
            return Done("The request is rejected.", self.home())
        done = approving.approve(key, values, by=by, at=at, reason=reason)
        return Done(f"Approved. {done}", self.home())


class CloseForm(fields.DeskForm):
    """Which month."""

    month = fields.choice("Month", ())
    reason = fields.reason()


class CloseMonth(Deed):
    """Close a month of the books: usage that waits is posted, then nothing any more."""

    name = "close-month"
    title = "Close a month"
    verb = "close_period"
    button = "Close the month"
    about = (
        "Usage that waits is posted first. What arrives later for the month posts on its own day."
    )
    form = CloseForm
    keyed = False
    danger = True

    def home(self) -> str:
        """The months."""
        return addresses.of_list(AccountingPeriod)

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """The months that are over and open, oldest first."""
        made = super().make_form(data)
        made.fields["month"].choices = [(f"{m}", f"{m:%B %Y}") for m in self._months()]  # type: ignore[attr-defined]
        return made

    def figures(self, values: dict[str, Any]) -> Figures:
        """What the journal says."""
        first = date.fromisoformat(values["month"])
        last = date.fromordinal(calendar.add_months(first, 1).toordinal() - 1)
        entries = JournalEntry.objects.filter(posting_date__range=(first, last)).count()
        return [("Entries of the month", f"{entries:,}"), *key_figures.of_the_books(self.at)]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Close it."""
        made = closing.close_month(date.fromisoformat(values["month"]), by=by, at=at)
        return Done(f"{made} is closed.", self.home())

    def _months(self) -> list[date]:
        this = calendar.month_start(books.date_of(self.at, books.current(self.at)))
        closed = AccountingPeriod.State.CLOSED
        found = AccountingPeriod.objects.filter(month__lt=this).exclude(state=closed)
        return sorted(found.values_list("month", flat=True))


class PostUsage(Deed):
    """Post the usage that waits to the journal."""

    name = "post-usage"
    title = "Post usage"
    verb = "close_period"
    button = "Post it"
    about = "Each pool's draws since the last posting, by date. A close does the same by itself."
    form = fields.ReasonForm
    keyed = False

    def home(self) -> str:
        """The journal."""
        return addresses.of_list(JournalEntry)

    def figures(self, values: dict[str, Any]) -> Figures:
        """What the journal says."""
        return key_figures.of_the_books(self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Post it."""
        entries = posting.run(at)
        return Done(f"{entries:,} entries of usage are posted.", self.home())


class SettingForm(fields.DeskForm):
    """A value, from when, agreed by whom."""

    value = fields.text("Value")
    effective_at = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")
    approved_by = fields.text("Agreed by", required=False)
    reason = fields.reason()


class ChangeSetting(Deed):
    """Change one setting of one scope."""

    name = "change-setting"
    title = "Change a setting"
    verb = "change_policy"
    button = "Change the setting"
    form = SettingForm

    def find(self, key: str) -> tuple[str, policies.Policy]:
        """Scope and setting, by `<scope>/<name>`."""
        scope, _, name = key.partition("/")
        known = {policy.name: policy for policy in policies.known()}
        if name not in known or not policies_page.scope_exists(scope):
            raise NotFound("setting", key)
        return scope, known[name]

    @property
    def heading(self) -> str:
        """Which setting, of what."""
        scope, policy = self.subject
        return f"{setting_words.name(policy.name)}: setting of {policies_page.scope_name(scope)}"

    @property
    def about(self) -> str:  # type: ignore[override]
        """What it means, and who should agree."""
        return f"{self.subject[1].meaning} To be agreed by: {self.subject[1].approver}."

    def home(self) -> str:
        """The settings of the scope."""
        return f"{addresses.of('policies')}?scope={self.subject[0]}"

    def initial(self) -> dict[str, Any]:
        """The value in force."""
        return {"value": policies_page.shown(self._in_force(self.at))}

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """One of its values where there are only some; else with how it is written."""
        name = self.subject[1].name
        made = super().make_form(data)
        if setting_words.choices(name):
            made.fields["value"] = fields.choice("Value", setting_words.choices(name))
            made.fields["value"].widget.attrs["class"] = "input"
        made.fields["value"].help_text = setting_words.how(name)
        return made

    def figures(self, values: dict[str, Any]) -> Figures:
        """The value in force at the instant of the change."""
        start = values["effective_at"] or self.at
        return (
            ("In force now", self._words(self.at)),
            (f"In force at {start:%Y-%m-%d %H:%M} UTC", self._words(start)),
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Change it."""
        scope, policy = self.subject
        (made,) = policies.change(
            scope, {policy.name: read(values["value"])}, effective_at=values["effective_at"] or at,
            recorded_at=at, by=by, approved_by=values["approved_by"],
        )  # fmt: skip
        said = f"{setting_words.name(policy.name)}: {setting_words.value(policy.name, made.value)}"
        return Done(f"{said}, for {policies_page.scope_name(scope)}.", self.home())

    def _words(self, at: datetime) -> str:
        return setting_words.value(self.subject[1].name, self._in_force(at))

    def _in_force(self, at: datetime) -> Any:
        scope, policy = self.subject
        return policies.in_force(policies_page.chain(scope), at)[policy.name]


def read(text: str) -> Any:
    """A value as typed: JSON where it is JSON, else the text itself; `-` and `–` mean nothing."""
    if text in ("-", "–"):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
