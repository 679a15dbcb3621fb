"""Does campaigns: customers are asked which of two rates they want, reminded, and asked no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms

from contracts import rate_campaigns, rate_cards
from contracts.models import RateCampaign, RateCard
from creditops.desk import addresses, campaign_words, fields
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib import calendar
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import Refusal
from ledger import books

_USUAL_DAYS = 30


class OfferForm(fields.DeskForm):
    """Which action, its successor, until when."""

    item = fields.choice("Action", (), help="stays on the card, at its rate")
    successor = fields.choice("Improved action", ())
    answer_by = fields.Day(label="Last day to answer", help_text="in the books' zone")
    message = forms.CharField(
        label="What customers gain", required=False, max_length=2_000, widget=fields.lines(),
        help_text="in the letter and on the portal",
    )  # fmt: skip


class OfferChoice(Deed):
    """Ask the customers of a card whether an action is to be rated as its improved successor."""

    name = "offer-choice"
    title = "Ask customers about a new rate"
    verb = "publish_rates"
    button = "Ask them"
    about = (
        "Everybody who is priced by the card gets a letter and chooses in the portal. Who does not answer "
        "stays at the old rate, and that is recorded; nobody's credits or contract change."
    )
    form = OfferForm

    def find(self, key: str) -> RateCard:
        """The card."""
        return rate_cards.find(key)

    @property
    def heading(self) -> str:
        """Of which card."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The campaigns."""
        return addresses.of_list(RateCampaign)

    def initial(self) -> dict[str, Any]:
        """A month from now."""
        today = books.date_of(self.at, books.current(self.at))
        return {"answer_by": today + timedelta(days=_USUAL_DAYS)}

    def make_form(self, data: Any = None) -> fields.DeskForm:
        """With the actions of the version in force."""
        made = super().make_form(data)
        version = self.subject.versions.filter(effective_from__lte=self.at).first()
        names = [] if version is None else list(dict.fromkeys(
            version.items.order_by("id").values_list("item", flat=True)
        ))  # fmt: skip
        for field in ("item", "successor"):
            made.fields[field].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        return made

    def touched(self, values: dict[str, Any]) -> list[Listing]:
        """Everybody who will be asked, with what moving would have made of their use."""
        trial = RateCampaign(
            card=self.subject, kind=RateCampaign.Kind.OFFER, item=values["item"],
            successor=values["successor"], opened_at=self.at, answer_by=self._deadline(values),
        )  # fmt: skip
        return [campaign_words.customers(trial, self.at)]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Ask."""
        made = rate_campaigns.offer(
            self.subject, item=values["item"], successor=values["successor"],
            answer_by=self._deadline(values), message=values["message"], by=by, at=at,
        )  # fmt: skip
        number = made.notices.count()
        said = f"{number} contract{'' if number == 1 else 's'} asked about {made}."
        return Done(said, addresses.of("campaign", made.pk))

    def _deadline(self, values: dict[str, Any]) -> datetime:
        zone = books.current(self.at).time_zone
        return calendar.local_midnight(values["answer_by"] + timedelta(days=1), zone)


class OfCampaign(Deed):
    """An act on an open campaign."""

    verb = "publish_rates"
    form = fields.DeskForm

    def find(self, key: str) -> RateCampaign:
        """The campaign."""
        found = rate_campaigns.find(int(key) if key.isascii() and key.isdecimal() else 0)
        if found.closed_at is not None:
            raise Refusal("campaign_closed", f"{found} is closed already.")
        return found

    @property
    def heading(self) -> str:
        """Which one."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The campaign's page."""
        return addresses.of("campaign", self.subject.pk)

    def figures(self, values: dict[str, Any]) -> Figures:
        """Who answered what."""
        return campaign_words.figures(self.subject, self.at)


class RemindCampaign(OfCampaign):
    """Write again to those who have not answered."""

    name = "remind-campaign"
    title = "Remind those who have not answered"
    button = "Write to them"
    about = "Reminders also go out by themselves, 14 and 3 days before the last day."

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write."""
        number = rate_campaigns.remind(self.subject, at=at)
        return Done(f"{number} reminded about {self.subject}.", self.home())


class CloseCampaign(OfCampaign):
    """Ask nobody any more."""

    name = "close-campaign"
    title = "Close the campaign"
    button = "Close it"
    about = (
        "Of an offer, whoever has not answered stays, and that is recorded. What was chosen stays."
    )
    danger = True

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """Who had to choose and did not."""
        if self.subject.kind != RateCampaign.Kind.RETIREMENT:
            return ()
        waiting = sum(not a.answered for a in rate_campaigns.asked(self.subject, self.at))
        return (
            [f"{waiting} have not chosen: their use of it will have no price."] if waiting else ()
        )

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Close it."""
        made = rate_campaigns.close(self.subject, at=at)
        return Done(f"{made} is closed.", self.home())
