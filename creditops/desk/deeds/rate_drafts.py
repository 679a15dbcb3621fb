"""Does the versions of rate cards before they price anybody: written, reviewed by another, published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django import forms

from contracts import rate_cards, rate_drafts, rate_sheets, repricing
from contracts.models import RateCard, RateDraft, RateItem
from contracts.rate_items import Item
from contracts.repricing import Change, Class
from creditops.desk import addresses, draft_effect, draft_words, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.desk.rate_rows import RatesForm, items, rows_of_items
from creditops.lib import money
from creditops.lib.admin_columns import count
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import Refusal


class StartForm(fields.DeskForm):
    """What the version is called, and what it is for."""

    version = fields.text("Version", help="once per card", most=60)
    note = forms.CharField(
        label="What changes, and why", required=False, max_length=1000, widget=fields.lines()
    )


class StartDraft(Deed):
    """Begin the next version of a rate card, from the newest one."""

    name = "start-draft"
    title = "Start the next version"
    verb = "publish_rates"
    button = "Start the draft"
    about = (
        "It begins with the actions of the newest version and prices nobody until it is published."
    )
    form = StartForm

    def find(self, key: str) -> RateCard:
        """The card."""
        return rate_cards.find(key)

    @property
    def heading(self) -> str:
        """Of which card."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The cards."""
        return addresses.of_list(RateCard)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Start it."""
        made = rate_drafts.start(
            self.subject, version=values["version"], note=values["note"], by=by, at=at
        )
        said = f"Draft {made} begins with {len(made.items)} actions."
        return Done(said, addresses.of("draft", made.pk))


class OfDraft(Deed):
    """An act on a draft that is not published or withdrawn yet."""

    verb = "publish_rates"

    def find(self, key: str) -> RateDraft:
        """The draft."""
        found = rate_drafts.find(int(key) if key.isascii() and key.isdecimal() else 0)
        if found.state in (RateDraft.State.PUBLISHED, RateDraft.State.WITHDRAWN):
            raise Refusal("draft_closed", f"{found} is {found.get_state_display()} already.")
        return found

    @property
    def heading(self) -> str:
        """Which draft."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The draft's page."""
        return addresses.of("draft", self.subject.pk)


class _Writing(OfDraft):
    """An act that puts other actions into a draft."""

    def typed(self, values: dict[str, Any]) -> list[Item]:
        """The actions as they will stand there."""
        raise NotImplementedError

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Each action that changes, before and after."""
        return [
            draft_words.differences(rate_drafts.items_of(self.subject), self.typed(values),
                                    "What changes in the draft")
        ]  # fmt: skip

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write it."""
        made = rate_drafts.write(self.subject, self.typed(values), by=by, at=at)
        said = f"Draft {made} has {len(made.items)} actions; somebody else has to review it."
        return Done(said, self.home())


class EditForm(RatesForm):
    """Nothing but the rows: a draft has its version already, and no instant yet."""

    version = None  # type: ignore[assignment]
    effective_from = None  # type: ignore[assignment]


class EditDraft(_Writing):
    """Type over the actions of a draft."""

    name = "edit-draft"
    title = "Edit the actions"
    button = "Write the draft"
    about = (
        "Nobody is priced by a draft. Whatever is written here has to be reviewed by somebody else."
    )
    form = EditForm
    template = "desk/rates.html"

    def initial(self) -> dict[str, Any]:
        """The actions as they stand."""
        return {"rows": rows_of_items(rate_drafts.items_of(self.subject))}

    def typed(self, values: dict[str, Any]) -> list[Item]:
        """What stands in the rows."""
        return items(values)


class ImportForm(fields.DeskForm):
    """A sheet, pasted."""

    sheet = forms.CharField(
        label="The sheet",
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 18, "class": "input mono", "spellcheck": "false"}),
        help_text="paste it from a spreadsheet, or from a CSV file: a head of column names, a line per "
        f"action. Columns: {', '.join(rate_sheets.COLUMNS)}; item and credits are enough.",
    )

    def clean_sheet(self) -> str:
        """Read at once, so that every wrong row is told in its place."""
        typed = str(self.cleaned_data["sheet"])
        try:
            rate_sheets.read(typed)
        except Refusal as refusal:
            said = [f"{each.path}: {each.detail}" for each in refusal.problems[:50]]
            raise forms.ValidationError(said or [refusal.detail]) from refusal
        return typed


class ImportDraft(_Writing):
    """Put a sheet into a draft, in the place of all its actions."""

    name = "import-draft"
    title = "Paste or import a sheet"
    button = "Write the draft"
    about = "The sheet takes the place of all actions of the draft. The form begins with them as they are."
    form = ImportForm

    def initial(self) -> dict[str, Any]:
        """The draft as a sheet, to be typed over."""
        return {"sheet": rate_sheets.as_csv(rate_drafts.items_of(self.subject))}

    def typed(self, values: dict[str, Any]) -> list[Item]:
        """What the sheet says."""
        return rate_sheets.read(values["sheet"])


class RepriceForm(fields.DeskForm):
    """Which class of actions, and by how much."""

    pct = fields.text("Change in percent", help="-50 halves, 20 adds a fifth", most=12)
    unit = fields.choice("In the unit", (), required=False, help="empty: any")
    contains = fields.text("Named with", required=False, most=100, help="a part of the name")
    position = fields.choice("Place on the value chain", RateItem.Position.choices, required=False)
    meter = fields.text("Of the meter", required=False, most=100)

    groups = {"How much": ("pct",), "Which actions": ("unit", "contains", "position", "meter")}

    def clean_pct(self) -> Fraction:
        """An exact number."""
        try:
            return money.decimal(str(self.cleaned_data["pct"]).strip().removesuffix("%").strip())
        except Refusal as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


class RepriceDraft(_Writing):
    """Change a class of actions by a percentage."""

    name = "reprice-draft"
    title = "Re-price a class"
    button = "Write the draft"
    about = (
        "Prices stay whole credits and never fall below one; packs stay exact; what is passed through has "
        "no markup to change."
    )
    form = RepriceForm
    live = True

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the units of the draft."""
        made = super().make_form(data)
        known = sorted({item.unit for item in rate_drafts.items_of(self.subject)})
        made.fields["unit"].choices = [("", "–"), *((unit, unit) for unit in known)]  # type: ignore[attr-defined]
        return made

    def facts(self, values: dict[str, Any]) -> Figures:
        """How many are meant, and the first of them before and after."""
        if values.get("pct") is None:
            return ()
        try:
            changes = self._changes(values)
        except Refusal as refusal:
            return [("", refusal.detail)]
        shown = [
            (change.before.item, f"{draft_words.costs(change.before)} → {draft_words.costs(change.after)}")
            for change in changes[:8]
        ]  # fmt: skip
        return [("Actions meant", count(len(changes))), *shown]

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """The before/after list of the class."""
        return [draft_words.repriced(self._changes(values))]

    def typed(self, values: dict[str, Any]) -> list[Item]:
        """All actions, the class of them changed."""
        return self._reprice(values)[0]

    def _changes(self, values: dict[str, Any]) -> list[Change]:
        return self._reprice(values)[1]

    def _reprice(self, values: dict[str, Any]) -> tuple[list[Item], list[Change]]:
        of = Class(*(values.get(name) or "" for name in ("unit", "contains", "meter", "position")))
        return repricing.by_percentage(rate_drafts.items_of(self.subject), of, values["pct"])


class ReviewDraft(OfDraft):
    """Agree to a draft that somebody else wrote."""

    name = "review-draft"
    title = "Review the draft"
    button = "Agree to it"
    about = "Who wrote in the draft can't review it. What is changed afterwards has to be reviewed again."
    form = fields.DeskForm

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """What is worth a second look."""
        return [sentence for _, sentence in rate_drafts.warnings(self.subject)]

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Everything that differs from the version in force."""
        return [draft_words.against_newest(self.subject, self.at)]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Agree."""
        made = rate_drafts.review(self.subject, by=by, at=at)
        return Done(f"{made} is reviewed and can be published.", self.home())


class PublishForm(fields.DeskForm):
    """From when on."""

    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")


class PublishDraft(OfDraft):
    """Publish a reviewed draft."""

    name = "publish-draft"
    title = "Publish the version"
    button = "Publish the version"
    about = (
        "It prices whoever follows the card and has no lock. Balances and blocks are not touched, and it "
        "never changes again."
    )
    form = PublishForm

    def facts(self, values: dict[str, Any]) -> Figures:
        """Who reviewed it, and what it would have made of the last period (S17)."""
        by = self.subject.reviewed_by or "nobody yet"
        return [("Reviewed by", by), *draft_effect.figures(self.subject, self.at)]

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """What is worth a second look, and which actions end."""
        start = values.get("effective_from") or self.at
        ended = rate_cards.ending(self.subject.card.code, rate_drafts.items_of(self.subject), start)
        ends = f"These actions end: {', '.join(ended)}. Who uses them has to choose others."
        return [
            *(sentence for _, sentence in rate_drafts.warnings(self.subject)),
            *([ends] if ended else []),
        ]

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Everything that differs from the version in force."""
        return [draft_words.against_newest(self.subject, self.at)]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Publish it."""
        start = values["effective_from"] or at
        made = rate_drafts.publish(self.subject, effective_from=start, by=by, at=at)
        said = f"Published: {made}, {made.items.count()} actions, from {start:%Y-%m-%d %H:%M} UTC."
        return Done(said, self.home())


class WithdrawDraft(OfDraft):
    """Give a draft up."""

    name = "withdraw-draft"
    title = "Withdraw the draft"
    button = "Withdraw it"
    about = "It stays to be read; another draft needs another version's name."
    form = fields.DeskForm
    danger = True

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Withdraw it."""
        made = rate_drafts.withdraw(self.subject, by=by, at=at)
        return Done(f"{made} is withdrawn.", addresses.of_list(RateDraft))
