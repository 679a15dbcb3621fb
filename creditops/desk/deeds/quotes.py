"""Does quotes: sent, made into links, cloned, answered about, made into contracts; renewals quoted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings

from accounts import customers
from contracts import (
    agreements,
    quote_activation,
    quote_answers,
    quote_guards,
    quote_links,
    quote_terms,
    quote_warnings,
    quotes,
    renewal_quotes,
)
from contracts.models import Contract, Quote
from creditops.desk import addresses, contract_figures, fields, quote_totals
from creditops.desk.deeds.deed import Deed, Done, Figures
from creditops.lib.admin_columns import amount
from invoicing import seller


class NothingForm(fields.DeskForm):
    """Nothing is typed."""


class OfQuote(Deed):
    """An act on a quote."""

    verb = "make_quote"
    form: ClassVar[type[fields.DeskForm]] = NothingForm

    def find(self, key: str) -> Quote:
        """The quote."""
        return quotes.find(key)

    @property
    def heading(self) -> str:
        """Which quote, for whom."""
        return f"{self.title}: {self.subject.code} for {self.subject.customer.name}"

    def home(self) -> str:
        """The quote's page."""
        return addresses.of("quote", self.subject.code)


class SendQuote(OfQuote):
    """Send a draft: print its document, make its link; beyond one's limits it waits for somebody else."""

    name = "send-quote"
    title = "Send the quote"
    button = "Send it"
    live = True
    about = (
        "From then on it says the same for ever, and can be accepted. Its link is shown once; where the "
        "recipient's e-mail is known, a letter with a link of its own goes out too."
    )

    def facts(self, values: dict[str, Any]) -> Figures:
        """What it says in figures."""
        newest = quotes.newest_of(self.subject)
        terms = quote_terms.read(newest.terms)
        to = " ".join(filter(None, (terms.recipient_name, terms.recipient_email)))
        return [
            *quote_totals.facts(terms, self.at),
            ("Open until", f"{newest.open_until}"),
            ("Sent to", to or "nobody named: pass the link on"),
        ]

    def notes(self, values: dict[str, Any]) -> Sequence[str]:
        """Why somebody else has to agree; what is worth a second look."""
        terms = quote_terms.read(quotes.newest_of(self.subject).terms)
        paid = quote_guards.paid_today(self.subject.renews, self.at)
        why = quote_guards.reasons(terms, by=self.user.email, at=self.at, paid_today=paid)
        return [
            *(f"Another person has to agree. {said}" for said in why),
            *quote_warnings.of(
                terms, self.subject.customer, at=self.at, renews=self.subject.renews
            ),
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Send it, or ask."""
        newest = quotes.newest_of(self.subject)
        sent = quotes.send(newest, by=by, at=at, vendor=seller.as_printed(), site=settings.SITE_URL)
        if sent.waits:
            said = f"{sent.version} waits for another person to agree. {' '.join(sent.reasons)}"
            return Done(said, self.home())
        secret = quote_links.make(sent.version, by=by, at=at)
        return Done(f"{sent.version} is sent.", self.home(), secret=address(secret))


class LinkQuote(OfQuote):
    """Make another link to what was sent."""

    name = "quote-link"
    title = "Make a link"
    button = "Make it"
    about = "Whoever has it can read and accept the quote. Links made before stay good."

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make it."""
        secret = quote_links.make(quotes.newest_of(self.subject), by=by, at=at)
        return Done("The link is made.", self.home(), secret=address(secret))


class CloneForm(fields.DeskForm):
    """For whom."""

    customer = fields.text("Customer", help="the code", most=100)


class CloneQuote(OfQuote):
    """Draft a quote that says the same."""

    name = "clone-quote"
    title = "Clone the quote"
    button = "Clone it"
    about = "A new draft with the same terms, for this customer or another one."
    form = CloneForm

    def initial(self) -> dict[str, Any]:
        """For the same customer."""
        return {"customer": self.subject.customer.code}

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Draft it."""
        buyer = customers.find(values["customer"])
        made = quotes.clone(self.subject, customer=buyer, by=by, at=at)
        said = f"{made.quote.code} for {buyer.name} is drafted from {self.subject.code}."
        return Done(said, addresses.of("quote", made.quote.code))


class AnswerForm(fields.DeskForm):
    """What is written back."""

    text = forms.CharField(
        label="Answer", max_length=quote_answers.TEXT_MAX, widget=fields.lines(),
        help_text="the customer reads it beside the quote",
    )  # fmt: skip


class AnswerQuestion(OfQuote):
    """Write back to whoever asked about a quote."""

    name = "answer-question"
    title = "Answer a question"
    button = "Answer"
    form = AnswerForm

    def facts(self, values: dict[str, Any]) -> Figures:
        """What was said so far."""
        return [
            (message.name if message.of_customer else "We", message.text)
            for message in self.subject.messages.all()
        ]

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Write it."""
        quote_answers.reply(self.subject, by=by, text=values["text"], at=at)
        return Done("Your answer stands beside the quote.", self.home())


class ActivateQuote(OfQuote):
    """Make the contract that an accepted quote agreed, where that was not possible right away."""

    name = "activate-quote"
    title = "Make the contract"
    button = "Make the contract"
    about = (
        "Everything that was accepted, in one go: the contract, its term, its credits, its charges."
    )

    def facts(self, values: dict[str, Any]) -> Figures:
        """Why it is not made yet."""
        why = self.subject.waits_because
        return [("Waits because", why)] if why else []

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Make it."""
        made = quote_activation.activate(self.subject, at=at)
        said = f"{self.subject.code} became contract {made.code}, {made.get_status_display()}."
        return Done(said, self.home())


class QuoteRenewal(Deed):
    """Draft the quote for the next term of a contract, pre-filled from its use."""

    name = "quote-renewal"
    title = "Quote the renewal"
    verb = "make_quote"
    button = "Draft the quote"
    about = "What was used becomes the next commitment, at the same price of a credit."
    form = NothingForm

    def find(self, key: str) -> Contract:
        """The contract."""
        return agreements.find(key)

    @property
    def heading(self) -> str:
        """Of which contract."""
        return f"{self.title}: {self.subject}"

    def home(self) -> str:
        """The renewal desk."""
        return addresses.of("renewals")

    def facts(self, values: dict[str, Any]) -> Figures:
        """The next term as the use so far proposes it."""
        return contract_figures.of_renewal(self.subject, self.at)

    def do(self, values: dict[str, Any], *, by: str, at: datetime) -> Done:
        """Draft it."""
        made = renewal_quotes.draft(self.subject, by=by, at=at)
        said = f"{made.quote.code} is drafted: {made.credits:,} credits for "
        said += f"{amount(made.price_minor, made.currency)}."
        return Done(said, addresses.of("quote", made.quote.code))


def address(secret: str) -> str:
    """The whole address of a link."""
    return f"{settings.SITE_URL}/q/{secret}/"
