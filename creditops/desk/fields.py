"""Answers how people type credits, money, instants and codes into the desk's forms."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html_join

_SEPARATORS = re.compile(r"[,'’\s_]")
_WHOLE = re.compile(r"[0-9]{1,16}", re.ASCII)


class Credits(forms.CharField):
    """A whole number of credits; thousands may be set apart: 120,000."""

    def to_python(self, value: Any) -> Any:
        """The number, or None."""
        text = _SEPARATORS.sub("", super().to_python(value) or "")
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise ValidationError("Write a whole number, like 120,000.")
        return int(text)


class Amount(forms.CharField):
    """Money as decimal text without separators; `money.minor_units` reads it with its currency."""

    def to_python(self, value: Any) -> str:
        """`"1,200.50"` becomes `"1200.50"`."""
        return _SEPARATORS.sub("", super().to_python(value) or "")


class Day(forms.DateField):
    """A date."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Instant(forms.DateTimeField):
    """An instant in UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class Act(forms.CharField):
    """What makes an act once-only: sent twice, it is still the same act."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(initial=lambda: f"desk:{uuid.uuid4()}", max_length=80)


def lines() -> forms.Textarea:
    """Room for a few lines."""
    return forms.Textarea(attrs={"rows": 3})


def text(label: str, *, help: str = "", required: bool = True, most: int = 200) -> forms.CharField:
    """A line of text."""
    return forms.CharField(label=label, help_text=help, required=required, max_length=most)


def reason(help: str = "stands in the audit") -> forms.CharField:
    """Why; the audit keeps it with whatever is written."""
    return forms.CharField(label="Reason", help_text=help, max_length=1000, widget=lines())


def choice(
    label: str, options: Iterable[tuple[str, str]], *, help: str = "", required: bool = True
) -> forms.ChoiceField:
    """One of some; not required: with an empty one before them."""
    shown = list(options) if required else [("", "–"), *options]
    return forms.ChoiceField(label=label, choices=shown, help_text=help, required=required)


def yes(label: str, *, help: str = "") -> forms.BooleanField:
    """Yes or no."""
    return forms.BooleanField(label=label, help_text=help, required=False)


class DeskForm(forms.Form):
    """A form of the desk.

    `groups` are its parts, title -> names of fields; without any all fields stand together.
    """

    groups: dict[str, tuple[str, ...]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.dress()

    def dress(self) -> None:
        """Give every field that is typed into its looks."""
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                field.widget.attrs.setdefault("class", "input")

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The visible fields by group."""
        if not self.groups:
            return [("", self.visible_fields())]
        return [(title, [self[name] for name in names]) for title, names in self.groups.items()]

    def carried(self) -> str:
        """Everything that was typed, unseen, so that a confirmation can send it again."""
        return join_lines(bound.as_hidden() for bound in self)

    def typed(self) -> list[tuple[str, str]]:
        """What was typed, for the one who confirms it: label and text; what is empty is left out."""
        shown = []
        for bound in self.visible_fields():
            value = self.cleaned_data.get(bound.name)
            if value not in (None, "", False, []):
                shown.append((str(bound.label), _said(bound.field, value)))
        return shown


class ReasonForm(DeskForm):
    """Nothing but why."""

    reason = reason()


def join_lines(parts: Iterable[str]) -> str:
    """Pieces of safe HTML, one per line."""
    return format_html_join("\n", "{}", ((part,) for part in parts))


def _said(field: forms.Field, value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    if isinstance(field, Credits):
        return f"{value:,}"
    if isinstance(field, Instant):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value)
