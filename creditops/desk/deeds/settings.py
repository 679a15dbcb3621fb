"""Does changes of settings: asked for by one person, agreed to by the approver that each names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts import people, roles
from accounts.models import Membership, Person
from creditops.desk import (
    addresses,
    approving,
    fields,
    policies_page,
    setting_reach,
    setting_values,
    setting_words,
)
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.desk.deeds.house import DecideApproval, DecideForm
from creditops.lib import policies, setting_requests
from creditops.lib.admin_tables import Listing
from creditops.lib.models import Approval, PolicySetting
from creditops.lib.policies import Policy
from creditops.lib.refusals import NotFound, Refusal
from creditops.lib.setting_requests import Asked


class SettingForm(fields.DeskForm):
    """From when, agreed by whom, why; before it the value, as the setting is written."""

    effective_at = fields.Instant(
        label="From", required=False, help_text="in UTC; empty: as soon as it is agreed"
    )
    agreed_by = fields.text(
        "Agreed by", required=False, help="who agreed elsewhere; the approver reads it"
    )
    reason = fields.reason()


class ChangeSetting(Deed):
    """Ask for a change of one setting of one scope; made at once where nobody else has to agree."""

    name = "change-setting"
    title = "Change a setting"
    verb = "ask_for_setting"
    form = SettingForm
    asked: Asked | None = None

    def find(self, key: str) -> tuple[str, Policy, PolicySetting | None]:
        """Scope, setting, and the coming change to withdraw, by `<scope>/<name>` or with `@<version>`.

        Raises NotFound, or Refusal `setting_needs_the_customer` where nobody is there to ask.
        """
        scope, _, rest = key.partition("/")
        name, _, version = rest.partition("@")
        policy = policies.find(name)
        known = policy is not None and policies_page.scope_exists(scope)
        if policy is None or not known or (version and not version.isdecimal()):
            raise NotFound("setting", key)
        if policy.approvers(scope) == (roles.CUSTOMER_ADMINISTRATOR,):
            _administrators(scope, policy)
        return scope, policy, _coming(scope, name, int(version), self.at) if version else None

    @property
    def scope(self) -> str:
        """Whose setting."""
        return str(self.subject[0])

    @property
    def policy(self) -> Policy:
        """Which setting."""
        found: Policy = self.subject[1]
        return found

    @property
    def heading(self) -> str:
        """Which setting, of what."""
        name = setting_words.name(self.policy.name)
        return f"{name}: setting of {policies.scope_words(self.scope)}"

    @property
    def button(self) -> str:  # type: ignore[override]
        """Whether it is done, or asked for."""
        return "Change the setting" if self._alone() else "Ask for the change"

    @property
    def about(self) -> str:  # type: ignore[override]
        """What it means, and who has to agree."""
        return f"{self.policy.meaning} {self._who_agrees()}"

    def home(self) -> str:
        """The settings of the scope."""
        return f"{addresses.of('policies')}?scope={self.scope}"

    def initial(self) -> dict[str, Any]:
        """The value in force; to withdraw a change that comes, the value before it, from its instant."""
        coming = self.subject[2]
        if coming is None:
            return setting_values.typed(self.policy, self._in_force(self.at))
        before = self._in_force(coming.effective_at - setting_values.TICK)
        return setting_values.typed(self.policy, before) | {
            "effective_at": coming.effective_at.strftime("%Y-%m-%dT%H:%M"),
            "reason": f"withdraws the change to {setting_words.value(coming.name, coming.value)}",
        }

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the fields in which the value is written; a customer's administrator is chosen."""
        made = super().make_form(data)
        rest = dict(made.fields)
        made.fields.clear()
        made.fields.update(setting_values.fields_of(self.policy))
        made.fields.update(rest)
        if self._asks_a_customer():
            people_ = [
                (p.email, f"{p.name} <{p.email}>") for p in _administrators(self.scope, self.policy)
            ]
            made.fields["agreed_by"] = fields.choice(
                "Agreed by", people_, help="the customer's administrator who asked for it"
            )
        made.dress()
        return made

    def notes(self, values: dict[str, Any]) -> list[str]:
        """What it waits for, if it does."""
        waits = self.policy.waits_for
        return [f"Only the default can be set yet: {waits}."] if waits else []

    def figures(self, values: dict[str, Any]) -> Figures:
        """The value in force now and at the instant of the change."""
        start = values["effective_at"]
        now = ("In force now", self._words(self.at, values))
        if start is None:
            return (now,)
        return now, (f"In force at {start:%Y-%m-%d %H:%M} UTC", self._words(start, values))

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Contracts and customers that have no value nearer to them."""
        if self.policy.books_only:
            return []
        start = values["effective_at"] or self.at
        old = setting_words.value(self.policy.name, self._in_force(start))
        new = setting_words.value(self.policy.name, self._wanted(values))
        return setting_reach.listings(self.scope, self.policy.name, start, old, new)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Ask for it."""
        name = self.policy.name
        self.asked = setting_requests.ask(
            self.scope, {name: self._wanted(values)}, effective_at=values["effective_at"],
            by=by, at=at, speaks_for=self._speaks_for(values), agreed_by=values["agreed_by"],
            reason=values["reason"], tell=setting_words.told,
        )  # fmt: skip
        said = setting_words.told(name, self._wanted(values))
        said = f"{said}, for {policies.scope_words(self.scope)}"
        if self.asked.made:
            return Done(f"{said}.", self.home())
        who = " and ".join(setting_requests.approver_of(r) for r in self.asked.waiting)
        return Done(f"Asked for: {said}. It acts once it is agreed to by {who}.", self.home())

    def _wanted(self, values: dict[str, Any]) -> Any:
        return setting_values.read(self.policy, values)

    def _words(self, at: datetime, values: dict[str, Any]) -> str:
        """The value in force; what waits to be agreed to is told as if it were agreed now."""
        start = values["effective_at"] or self.at
        if self.asked is not None and self.asked.waiting and at >= start:
            return setting_words.value(self.policy.name, self._wanted(values))
        return setting_words.value(self.policy.name, self._in_force(at))

    def _in_force(self, at: datetime) -> Any:
        return policies.in_force(policies_page.chain(self.scope), at)[self.policy.name]

    def _who_agrees(self) -> str:
        who = " and ".join(self.policy.approvers(self.scope))
        if self._asks_a_customer():
            return "The customer's administrator decides: choose who asked for it."
        if self._alone():
            return f"It is for {who} to decide: you may change it alone."
        return f"It acts once it is agreed to by {who}, in the desk."

    def _alone(self) -> bool:
        """Whether whoever asks needs nobody else of the staff."""
        mine = roles.speaks_for(self.user)
        return self._asks_a_customer() or setting_requests.alone(self.policy, self.scope, mine)

    def _asks_a_customer(self) -> bool:
        return self.policy.approvers(self.scope) == (roles.CUSTOMER_ADMINISTRATOR,)

    def _speaks_for(self, values: dict[str, Any]) -> frozenset[str]:
        asked = {roles.CUSTOMER_ADMINISTRATOR} if self._asks_a_customer() else set()
        return roles.speaks_for(self.user) | asked


class AgreeToSetting(DecideApproval):
    """Agree to a change of a setting, or decline it, as the approver that the setting names."""

    name = "agree"
    title = "Decide a change of a setting"
    verb = "agree_to_setting"
    about = "The change is made once everybody has agreed, exactly as it was asked for."

    def check_kind(self, asked: Approval) -> None:
        """Only changes of settings, and only for their approver. Raises NotFound, or Refusal
        `approval_not_yours`."""
        if asked.kind != setting_requests.KIND:
            raise NotFound("approval", asked.pk)
        approving.check_approver(asked, roles.speaks_for(self.user))

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """Yes or no, and why."""
        made: fields.DeskForm = DecideForm(data) if data is not None else DecideForm()
        del made.fields["cap"]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """The request, in words."""
        content = self.subject.content
        policy = policies.find(content["setting"])
        said = [
            ("Setting", setting_words.name(content["setting"])),
            ("Means", "" if policy is None else policy.meaning),
            ("Of", policies.scope_words(content["scope"])),
            ("New value", setting_words.value(content["setting"], content["value"])),
            ("From", self._start()),
            ("You agree as", setting_requests.approver_of(self.subject)),
            ("Why", content["why"]),
            ("Agreed elsewhere by", content["agreed by"]),
            ("Asked for by", self.subject.requested_by),
        ]
        return [(label, text) for label, text in said if text]

    def figures(self, values: dict[str, Any]) -> Figures:
        """The value in force."""
        content = self.subject.content
        chain = policies_page.chain(content["scope"])
        start = self._instant() or self.at
        found = policies.in_force(chain, max(start, self.at))[content["setting"]]
        label = "In force now" if start <= self.at else f"In force at {start:%Y-%m-%d %H:%M} UTC"
        return ((label, setting_words.value(content["setting"], found)),)

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Whom an approval would touch."""
        content = self.subject.content
        name, policy = content["setting"], policies.find(content["setting"])
        if values["decision"] != "approve" or policy is None or policy.books_only:
            return []
        start = max(self._instant() or self.at, self.at)
        old = policies.in_force(policies_page.chain(content["scope"]), start)[name]
        return setting_reach.listings(
            content["scope"], name, start, setting_words.value(name, old),
            setting_words.value(name, content["value"]),
        )  # fmt: skip

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Decide it; the last approval makes the change."""
        key, reason, mine = self.subject.pk, values["reason"], roles.speaks_for(self.user)
        if values["decision"] == "reject":
            approving.reject(key, by=by, at=at, reason=reason, speaks_for=mine)
            return Done("The request is rejected.", self.home())
        done = approving.approve(key, values, by=by, at=at, reason=reason, speaks_for=mine)
        return Done(f"Agreed. {done}", self.home())

    def _instant(self) -> datetime | None:
        start = self.subject.content["from"]
        return None if start is None else datetime.fromisoformat(start)

    def _start(self) -> str:
        start = self._instant()
        return "as soon as it is agreed" if start is None else f"{start:%Y-%m-%d %H:%M} UTC"


def _coming(scope: str, name: str, version: int, at: datetime) -> PolicySetting:
    """The change of a setting that acts later, by its version. Raises NotFound."""
    for row in policies.coming([scope], at):
        if (row.scope, row.name, row.version) == (scope, name, version):
            return row
    raise NotFound("setting", f"{scope}/{name}@{version}")


def _administrators(scope: str, policy: Policy) -> list[Person]:
    """The administrators of the customer. Raises Refusal `setting_needs_the_customer`."""
    customer = policies_page.customer_of(scope)
    found = people.members(customer, Membership.Role.ADMIN)
    if not found:
        raise Refusal(
            "setting_needs_the_customer",
            f"{setting_words.name(policy.name)} is for {customer}'s administrator to decide, and "
            "there is none. Let one in first.",
        )
    return found
