"""Does what keeps the house: requests are decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts import roles
from contracts import agreements, commission_payouts
from creditops.desk import addresses, approving, contract_figures, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import setting_requests, verbs
from creditops.lib.models import Approval
from creditops.lib.refusals import NotFound, Refusal
from invoicing import money_on_account, refunds, write_offs
from ledger import caps

_APPROVE, _REJECT = "approve", "reject"
_OF_MONEY = (
    refunds.KIND,
    write_offs.KIND,
    money_on_account.KIND,
    commission_payouts.KIND,
)


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
        self.check_kind(found)
        if found.state != Approval.State.OPEN:
            said = f"{found.summary} It was {found.get_state_display()} by {found.decided_by}."
            raise Refusal("approval_decided", said)
        if found.kind in _OF_MONEY and not verbs.may(self.user, "take_back"):
            raise Refusal(
                "approval_of_finance", "Money that leaves is decided by finance and the controller."
            )
        return found

    def check_kind(self, asked: Approval) -> None:
        """Changes of settings have a page of their own. Raises NotFound."""
        if asked.kind == setting_requests.KIND:
            raise NotFound("approval", asked.pk)

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
        content = [
            (name.replace("_", " ").capitalize(), str(said))
            for name, said in asked.content.items()
            if not name.endswith("_minor")
        ]
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
            mine = roles.speaks_for(self.user)
            approving.reject(key, by=by, at=at, reason=reason, speaks_for=mine)
            return Done("The request is rejected.", self.home())
        mine = roles.speaks_for(self.user)
        done = approving.approve(key, values, by=by, at=at, reason=reason, speaks_for=mine)
        return Done(f"Approved. {done}", self.home())
