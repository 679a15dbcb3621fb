"""`/rate-cards`: cards, versions published at once or drafted, reviewed by another key, published."""

import pytest

from contracts.models import RateCard, RateCardVersion
from tests.api.conftest import caller_with, refused

EMAIL = {"item": "email", "credits": 1, "customer_unit": "addresses found", "position": "vertical"}
LEAD = {"item": "lead", "credits": 1_000, "outcome": True}


def test_a_card_is_made_drafted_reviewed_by_another_key_and_published(caller):
    card = caller.send("rate-cards", {"id": "gtm", "name": "GTM", "mode": "multi"})
    draft = caller.send(
        "rate-cards/gtm/versions", {"version": "1", "draft": True, "items": [EMAIL, LEAD]}
    )
    own = caller.send("rate-cards/gtm/versions/1/review", {})
    early = caller.send("rate-cards/gtm/versions/1/publish", {})
    reviewed = caller_with("admin", name="second").send("rate-cards/gtm/versions/1/review")
    made = caller.send("rate-cards/gtm/versions/1/publish", {})

    assert (card.status_code, card.json()["newest_version"], card.json()["mode"]) == (
        201,
        None,
        "multi",
    )
    assert (draft.status_code, draft.json()["state"], draft.json()["published_at"]) == (
        201,
        "draft",
        None,
    )
    assert refused(own) == (409, "draft_review_own")
    assert refused(early) == (409, "draft_not_reviewed")
    assert (reviewed.json()["state"], reviewed.json()["reviewed_by"]) == ("reviewed", "key:second")
    assert (made.json()["state"], made.json()["reviewed_by"]) == ("in force", "key:second")
    assert made.json()["items"][0] == {
        "item": "email", "meter": "email", "property": None, "match": {}, "kind": "fixed", "credits": 1,
        "per": 1, "unit": "CREDIT", "period_months": None, "role": "principal",
        "customer_unit": "addresses found", "position": "vertical", "outcome": False,
    }  # fmt: skip
    assert made.json()["items"][1]["outcome"] is True


def test_versions_say_how_they_stand_and_drafts_are_listed_apart(caller):
    caller.send("rate-cards/gtm/versions", {"version": "1", "items": [EMAIL]})
    later = "2100-01-01T00:00:00Z"
    caller.send(
        "rate-cards/gtm/versions", {"version": "2", "effective_from": later, "items": [EMAIL]}
    )
    caller.send("rate-cards/gtm/versions", {"version": "3", "draft": True, "items": [LEAD]})

    versions = caller.get("rate-cards/gtm/versions").json()["results"]
    drafts = caller.get("rate-cards/gtm/drafts").json()["results"]

    assert [(v["version"], v["state"]) for v in versions] == [("2", "to come"), ("1", "in force")]
    assert [(d["version"], d["items"][0]["item"]) for d in drafts] == [("3", "lead")]


@pytest.mark.parametrize(
    ("item", "status", "code"),
    [
        ({"item": "image", "credits": 0.5}, 422, "body_invalid"),
        ({"item": "lead", "credits": 1, "per": 100, "kind": "pack", "property": "revenue",
          "outcome": True}, 422, "rate_outcome_unfit"),
        ({"item": "lead", "credits": 1, "kind": "share_of_revenue"}, 422, "body_invalid"),
    ],
)  # fmt: skip
def test_halves_of_credits_and_shares_of_revenue_are_not_offered(caller, item, status, code):
    """S18, S20."""
    answer = caller.send("rate-cards/gtm/versions", {"version": "1", "items": [item]})

    assert refused(answer) == (status, code)
    assert not RateCardVersion.objects.exists()


def test_a_card_is_made_once_and_a_version_drafted_once(caller):
    caller.send("rate-cards", {"id": "gtm"})
    again = caller.send("rate-cards", {"id": "gtm"})
    caller.send("rate-cards/gtm/versions", {"version": "1", "draft": True, "items": [EMAIL]})
    twice = caller.send(
        "rate-cards/gtm/versions", {"version": "1", "draft": True, "items": [EMAIL]}
    )

    assert refused(again) == (409, "rate_card_exists")
    assert refused(twice) == (409, "version_exists")
    assert RateCard.objects.count() == 1
    assert caller.send("rate-cards/gtm/versions/9/publish", {}).status_code == 404
