"""Answers with the page of a campaign: which customers are asked, who chose what, what it means for them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from contracts import rate_campaigns
from creditops.desk import addresses, campaign_words
from creditops.lib import clock, verbs
from creditops.lib.refusals import NotFound


def page(request: HttpRequest, site: Any, key: int) -> HttpResponse:
    """A campaign, for everybody on the staff."""
    try:
        campaign = rate_campaigns.find(key)
    except NotFound as error:
        raise Http404(error.detail) from error
    at = campaign.closed_at or clock.now()
    context = {
        **site.each_context(request),
        "title": f"Choice: {campaign}",
        "campaign": campaign,
        "facts": campaign_words.heading_facts(campaign),
        "figures": campaign_words.figures(campaign, at),
        "customers": campaign_words.customers(campaign, at),
        "may": campaign.closed_at is None and verbs.may(request.user, "publish_rates"),
        "remind": addresses.of("remind-campaign", campaign.pk),
        "close": addresses.of("close-campaign", campaign.pk),
    }
    return TemplateResponse(request, "desk/campaign.html", context)
