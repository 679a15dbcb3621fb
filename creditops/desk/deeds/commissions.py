"""Does commission: plans published, contracts given to other reps, years restated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contracts import (
    agreements,
    commission_figures,
    commission_plans,
    commission_runs,
    commission_standing,
    contract_years,
)
from contracts.commission_figures import Share
from contracts.commission_plans import Wanted
from contracts.models import CommissionPlan, CommissionPlanVersion, Contract
from creditops.desk import addresses, contract_figures, fields
from creditops.desk.deeds.contracts import OfContract
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar
from creditops.lib.admin_columns import amount
from creditops.lib.refusals import Refusal

# A price that everybody can follow: a million, in cents.
_EXAMPLE_MINOR = 100_000_000


class Pct(forms.DecimalField):
    """A percentage."""

    def __init__(self, label: str, *, help: str = "", required: bool = True) -> None:
        super().__init__(
            label=label, help_text=help, required=required, max_digits=18, decimal_places=12,
            min_value=0, max_value=100_000, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        )  # fmt: skip


class Shares(forms.CharField):
    """Lines of `rep = percent`."""

    def to_python(self, value: Any) -> Any:
        """`[Share("ann@vendor.example", Decimal(50))]`."""
        found = []
        for line in (super().to_python(value) or "").splitlines():
            rep, sign, pct = (part.strip() for part in line.partition("="))
            if not line.strip():
                continue
            try:
                found.append(Share(rep, Decimal(pct.removesuffix("%").strip())))
            except ArithmeticError as error:
                raise ValidationError(
                    f"Write a rep's e-mail, =, and the share in percent: {line!r} is not that."
                ) from error
            if not (rep and sign and found[-1].pct.is_finite()):
                raise ValidationError(f"Write a rep's e-mail and a share: {line!r} is not that.")
        return found


def shares_field(label: str, *, required: bool, help: str) -> Shares:
    """Reps and their shares, one a line."""
    return Shares(label=label, required=required, help_text=help, widget=fields.lines())


class PlanForm(fields.DeskForm):
    """What a version says."""

    rate_pct = Pct("Rate in %", help="of what is sold and used")
    upfront_pct = Pct("Paid at close, in %", help="of the price; usually 50 to 80")
    override_reason = fields.text(
        "Why another share", required=False, most=1000, help="outside of 50 to 80 %"
    )
    years = fields.choice("Settled", CommissionPlanVersion.Years.choices)
    clawback_limit_pct = Pct(
        "Taken back at most, in %", required=False, help="of what was paid at close; empty: all"
    )
    cap_pct = Pct("Cap in %", required=False, help="of what using the whole commitment earns")
    floor_pct = Pct("Floor in %", required=False, help="of the same")
    cost = fields.choice("Cost", CommissionPlanVersion.Cost.choices)
    months = forms.IntegerField(
        label="Months", required=False, min_value=1, max_value=600, help_text="of a straight line"
    )
    split = shares_field(
        "Split",
        required=False,
        help="a line each: ann@vendor.example = 50; empty: who made the quote or signs",
    )

    groups = {
        "What is paid": ("rate_pct", "upfront_pct", "override_reason", "years", "split"),
        "Bounds": ("clawback_limit_pct", "cap_pct", "floor_pct"),
        "In the books": ("cost", "months"),
    }


class PublishCommissionPlan(Deed):
    """Publish a new version of a commission plan."""

    name = "commission-plan"
    title = "Publish a new version"
    verb = "plan_commission"
    button = "Publish it"
    about = (
        "Closes from now on use it where a contract agrees to it; what is agreed keeps its version."
    )
    form = PlanForm
    live = True

    def find(self, key: str) -> CommissionPlan | None:
        """The plan."""
        return commission_plans.find(key).plan

    @property
    def heading(self) -> str:
        """Of which plan."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The plans."""
        return addresses.of_list(CommissionPlan)

    def initial(self) -> dict[str, Any]:
        """As the newest version says."""
        newest = commission_plans.find(self.subject.code)
        names = (
            "rate_pct", "upfront_pct", "years", "clawback_limit_pct", "cap_pct", "floor_pct", "cost",
            "months", "override_reason",
        )  # fmt: skip
        said = {name: getattr(newest, name) for name in names}
        plain = {n: f"{v.normalize():f}" if isinstance(v, Decimal) else v for n, v in said.items()}
        return plain | {"split": written_shares([Share(s.rep, s.pct) for s in newest.split.all()])}

    def facts(self, values: dict[str, Any]) -> Figures:
        """What a deal of a million would pay."""
        rate, upfront = values.get("rate_pct"), values.get("upfront_pct")
        if not isinstance(rate, Decimal) or not isinstance(upfront, Decimal):
            return ()
        found = commission_figures.estimate(_EXAMPLE_MINOR, commission_plans.rules(wanted(values)))
        return [
            ("A deal of 1,000,000.00, at close", _plain(found.upfront_minor)),
            ("Later, if all of it is used", _plain(found.held_back_minor)),
            ("Altogether", _plain(found.full_use_minor)),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        made = commission_plans.publish(
            self._code(values), wanted(values), by=by, at=at, name=values.get("name", "")
        )
        return Done(f"Published: {made}.", self.home())

    def _code(self, values: dict[str, Any]) -> str:
        return str(self.subject.code)


class NewPlanForm(PlanForm):
    """A plan with its first version."""

    code = fields.text("Code", most=100)
    name = fields.text("Name")

    groups = {"Which plan": ("code", "name"), **PlanForm.groups}


class NewCommissionPlan(PublishCommissionPlan):
    """Make a commission plan, with its first version."""

    name = "new-commission-plan"
    title = "New commission plan"
    form = NewPlanForm
    keyed = False
    about = "Commission at close on a share of the price, the rest on what is used in the year."

    def find(self, key: str) -> None:
        """None yet."""
        return

    @property
    def heading(self) -> str:
        """A new one."""
        return self.title

    def initial(self) -> dict[str, Any]:
        """What is usual."""
        return {"upfront_pct": "70"}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish its first version. Raises Refusal `commission_plan_exists`."""
        if CommissionPlan.objects.filter(code=values["code"]).exists():
            raise Refusal(
                "commission_plan_exists",
                f"There is a plan {values['code']!r}. Publish a new version of it instead.",
            )
        return super().do(values, by=by, at=at)

    def _code(self, values: dict[str, Any]) -> str:
        return str(values["code"])


class AgreeForm(fields.DeskForm):
    """Which plan, and whose the contract is."""

    plan = fields.choice("Commission plan", ())
    shares = shares_field(
        "Reps", required=True, help="a line each: ann@vendor.example = 100; adds up to 100"
    )


class AgreeOnPlan(OfContract):
    """Have a contract pay commission by a plan, or by another one than so far."""

    name = "agree-commission"
    title = "Agree on commission"
    verb = "plan_commission"
    button = "Agree on it"
    about = (
        "The plan pays from the contract's next close on: a renewal, or the payment of what can still be "
        "cancelled. A term that was closed before pays as it was agreed then, or nothing."
    )
    form = AgreeForm

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the plans that there are."""
        made = super().make_form(data)
        plans = CommissionPlan.objects.order_by("name").values_list("code", "name")
        made.fields["plan"].choices = list(plans)  # type: ignore[attr-defined]
        return made

    def initial(self) -> dict[str, Any]:
        """Whose it is now; of a contract that nobody has yet, who made the quote or signed."""
        contract: Contract = self.subject
        sold_by = contract.quote.made_by if contract.quote else contract.signed_by
        owners = commission_plans.owners_at(contract, self.at) or [Share(sold_by, Decimal(100))]
        agreed = commission_plans.in_force(contract, self.at)
        plan = "" if agreed is None else agreed.plan.code
        return {"plan": plan, "shares": written_shares(owners)}

    def figures(self, values: dict[str, Any]) -> Figures:
        """By which plan it pays, and whom."""
        return contract_figures.of_commission(agreements.find(self.subject.code), self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Agree on it."""
        version = commission_plans.find(values["plan"])
        commission_plans.agree(self.subject, version, split=values["shares"], by=by, at=at)
        return Done(f"{self.subject} pays commission by {version} from now on.", self.home())


class ReassignForm(fields.DeskForm):
    """To whom, from when, why."""

    shares = shares_field("Reps", required=True, help="a line each: ann@vendor.example = 100")
    from_day = fields.Day(
        label="From",
        help_text="in the contract's zone; may be past: what was settled is restated",
    )
    reason = fields.reason("stands with the change, for ever")


class ReassignContract(OfContract):
    """Give a contract to other reps: what is consumed from then on is theirs (C7)."""

    name = "reassign-contract"
    title = "Give it to other reps"
    verb = "plan_commission"
    button = "Give it to them"
    about = "What was consumed before that day stays with those who had the contract then."
    form = ReassignForm

    def initial(self) -> dict[str, Any]:
        """As it is now."""
        owners = commission_plans.owners_at(self.subject, self.at)
        today = calendar.local_date(self.at, self.subject.time_zone)
        return {"shares": written_shares(owners), "from_day": today}

    def figures(self, values: dict[str, Any]) -> Figures:
        """What each rep would end the running year with."""
        return _by_rep(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Give it to them."""
        commission_plans.reassign(
            self.subject,
            values["shares"],
            effective_at=calendar.local_midnight(values["from_day"], self.subject.time_zone),
            by=by,
            reason=values["reason"],
            at=at,
        )
        said = ", ".join(written_shares(values["shares"]).splitlines())
        return Done(f"{self.subject} is theirs from {values['from_day']} on: {said}.", self.home())


class RestateCommission(OfContract):
    """Restate the settled years of a contract at once, rather than at the month's end."""

    name = "restate-commission"
    title = "Restate commission now"
    verb = "plan_commission"
    button = "Restate it"
    about = "Years that were settled are computed again with what is known now; the difference is posted."
    form = fields.ReasonForm

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Restate it."""
        made = commission_runs.restate_now(self.subject, at=at)
        said = ", ".join(f"year {event.year}" for event in made)
        sentence = f"Restated: {said}." if made else "Nothing has changed since it was settled."
        return Done(sentence, self.home())


def wanted(values: dict[str, Any]) -> Wanted:
    """The form's values as a version."""
    return Wanted(
        rate_pct=values["rate_pct"],
        upfront_pct=values["upfront_pct"],
        split=values.get("split") or (),
        cost=values.get("cost"),
        months=values.get("months"),
        years=values.get("years") or CommissionPlanVersion.Years.TWELVE_MONTHS,
        clawback_limit_pct=values.get("clawback_limit_pct"),
        cap_pct=values.get("cap_pct"),
        floor_pct=values.get("floor_pct"),
        override_reason=values.get("override_reason") or "",
    )


def written_shares(shares: Sequence[Share]) -> str:
    """Shares as they are typed, one a line."""
    return "\n".join(f"{share.rep} = {share.pct.normalize():f}" for share in shares)


def _by_rep(contract: Contract, at: datetime) -> Figures:
    running = [y for y in contract_years.of(contract) if y.starts_at <= at < y.ends_at]
    if not running:
        return []
    found = commission_standing.of(contract, running[0], at)
    return [
        (f"{rep.rep}, earned in year {found.year.number}", amount(rep.earned_minor, found.currency))
        for rep in found.reps
    ]


def _plain(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"
