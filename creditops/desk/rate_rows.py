"""Answers how the actions of a rate card are typed: one row each; empty rows count for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contracts.models import RateItem
from contracts.rate_items import Item
from creditops.desk import fields
from creditops.desk.fields import DeskForm
from creditops.lib import money
from ledger import units
from ledger.models import Rate

_EMPTY_ROWS = 4
_ROWS_MAX = 400


class RateRow(DeskForm):
    """One action. `per` above 1 makes it a pack: whole credits of an exact running sum."""

    item = fields.text("Action", most=100)
    credits = fields.Credits(label="Credits")
    per = fields.Credits(label="Per", required=False)
    meter = fields.text("Meter", required=False, most=100)
    property = fields.text("Of its", required=False, most=100)
    match = fields.text("Where", required=False)
    unit = fields.text("Unit", required=False, most=40)
    customer_unit = fields.text("Customers count", required=False, most=100)
    position = fields.choice(
        "Value chain", [(p.value, p.value) for p in RateItem.Position], required=False
    )
    outcome = fields.yes("Outcome")
    kind = forms.ChoiceField(choices=Rate.Kind, required=False, widget=forms.HiddenInput)
    role = forms.ChoiceField(choices=Rate.Role, required=False, widget=forms.HiddenInput)
    period_months = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    actions = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The heads of the table label the inputs below them."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = str(field.label)

    def clean_match(self) -> dict[str, str]:
        """`model=large, region=eu` as a mapping."""
        pairs = [
            part.split("=", 1) for part in self.cleaned_data["match"].split(",") if part.strip()
        ]
        if any(len(pair) != 2 for pair in pairs):
            raise ValidationError("Write it like model=large, region=eu.")
        return {name.strip(): value.strip() for name, value in pairs}


class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    """Rows that may all be emptied."""

    def initial_form_count(self) -> int:
        """No row has to stay."""
        return 0

    def total_form_count(self) -> int:
        """Those of the newest version, and some empty ones."""
        return (
            super().total_form_count() if self.is_bound else len(self.initial or []) + _EMPTY_ROWS
        )


_RowSet = forms.formset_factory(
    RateRow, formset=_Rows, extra=0, max_num=_ROWS_MAX, absolute_max=_ROWS_MAX
)


class RatesForm(DeskForm):
    """A version's name and instant, and its actions."""

    version = fields.text("Version", help="once per card", most=60)
    effective_from = fields.Instant(label="From", required=False, help_text="in UTC; empty: now")

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.rows = _RowSet(data, initial=(initial or {}).get("rows"), prefix="row")

    def is_valid(self) -> bool:
        """With every row that is not empty."""
        valid = super().is_valid() and self.rows.is_valid()
        if valid:
            self.cleaned_data["items"] = [row for row in self.rows.cleaned_data if row]
        return valid

    def carried(self) -> str:
        """With its rows."""
        hidden = [
            self.rows.management_form[name].as_hidden() for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        ]
        hidden += [bound.as_hidden() for row in self.rows for bound in row]
        return fields.join_lines([super().carried(), *hidden])


def items(values: dict[str, Any]) -> list[Item]:
    """What was typed, as the work function takes it."""
    return [_item(row) for row in values.get("items", [])]


def rows_of_items(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Actions, to be typed over."""
    return [_typed(item) for item in items]


def _typed(item: Item) -> dict[str, Any]:
    """An action as its row has it; what is passed through as credits per money."""
    value = Fraction(item.credit_value) if item.credit_value else None
    return {
        "item": item.item,
        "credits": value.denominator if value else item.credits,
        "per": value.numerator if value else item.per,
        "meter": item.meter,
        "property": item.property,
        "match": ", ".join(f"{name}={value}" for name, value in item.match.items()),
        "unit": item.unit,
        "customer_unit": item.customer_unit,
        "position": item.position,
        "outcome": item.outcome,
        "kind": item.kind,
        "role": item.role,
        "period_months": item.period_months,
        "actions": item.actions or None,
    }


def _item(row: dict[str, Any]) -> Item:
    per = row["per"] or 1
    kind = row["kind"] or (Rate.Kind.FIXED if per == 1 else Rate.Kind.PACK)
    typed = Item(
        item=row["item"],
        credits=row["credits"],
        kind=_by_size(kind, per),
        per=per,
        meter=row["meter"],
        property=row["property"],
        match=row["match"],
        unit=row["unit"] or units.CREDITS,
        role=row["role"] or Rate.Role.PRINCIPAL,
        period_months=row["period_months"],
        customer_unit=row["customer_unit"],
        position=row["position"],
        outcome=row["outcome"],
        actions=row["actions"] or 0,
    )
    if kind != Rate.Kind.PASS_THROUGH:
        return typed
    value = money.decimal_text(Fraction(per, row["credits"]))
    return replace(typed, credits=None, per=1, credit_value=value)


def _by_size(kind: str, per: int) -> str:
    """An action per one is no pack any more, nor the other way round."""
    if kind in (Rate.Kind.FIXED, Rate.Kind.PACK):
        return Rate.Kind.FIXED if per == 1 else Rate.Kind.PACK
    return kind
