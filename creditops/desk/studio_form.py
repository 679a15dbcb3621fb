"""Answers what a study is asked for: which card, which draft, which days, what is supposed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contracts.models import RateCard, RateDraft
from creditops.desk import fields

# A study reads every event of its days.
_DAYS_MAX = 400


class StudioForm(fields.DeskForm):
    """Sent by GET: an address of a study can be kept and passed on."""

    card = fields.choice("Rate card", ())
    draft = fields.choice("Draft", (), required=False, help="empty: the newest version")
    first = fields.Day(label="Usage from")
    last = fields.Day(label="to", help_text="included")
    successors = forms.CharField(
        label="Who moves", required=False, max_length=2_000, widget=fields.lines(),
        help_text="a line each: ai_research = ai_research_plus",
    )  # fmt: skip
    prices = forms.CharField(
        label="Another credit price", required=False, max_length=200,
        help_text="credits per unit of a currency: USD = 120",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cards = RateCard.objects.order_by("name").values_list("code", "name")
        drafts = RateDraft.objects.filter(
            state__in=(RateDraft.State.DRAFT, RateDraft.State.REVIEWED)
        ).select_related("card")
        self.fields["card"].choices = list(cards)  # type: ignore[attr-defined]
        self.fields["draft"].choices = [("", "–"), *((d.pk, str(d)) for d in drafts)]  # type: ignore[attr-defined]

    def clean_draft(self) -> int | None:
        """Its number."""
        return int(self.cleaned_data["draft"]) if self.cleaned_data["draft"] else None

    def clean_successors(self) -> dict[str, str]:
        """Old action to improved one."""
        return _pairs(self.cleaned_data["successors"])

    def clean_prices(self) -> dict[str, int]:
        """Credits per unit, by currency."""
        pairs = _pairs(self.cleaned_data["prices"].replace(",", "\n"))
        if not all(value.isascii() and value.isdigit() and int(value) for value in pairs.values()):
            raise ValidationError("Write whole credits, like USD = 120.")
        return {currency.upper(): int(value) for currency, value in pairs.items()}

    def clean(self) -> dict[str, Any]:
        """The days in order, and not more than can be read; the draft is one of the card."""
        values = super().clean() or self.cleaned_data
        first, last = values.get("first"), values.get("last")
        if first and last and not 0 <= (last - first).days < _DAYS_MAX:
            raise ValidationError(f"Choose the days in order, and at most {_DAYS_MAX} of them.")
        chosen: int = values.get("draft") or 0
        draft = RateDraft.objects.filter(pk=chosen).select_related("card").first()
        if draft is not None and draft.card.code != values.get("card"):
            raise ValidationError(f"{draft} is a draft of another card.")
        return values


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        name, sign, meant = (part.strip() for part in line.partition("="))
        if line.strip() and not (name and sign and meant):
            raise ValidationError(f"Write a name, =, and what it becomes: {line!r} is neither.")
        if line.strip():
            found[name] = meant
    return found
