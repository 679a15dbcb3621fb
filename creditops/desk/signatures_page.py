"""Answers with who signed how revenue is recognised: names, date, document, and which policies were in force
(S71). Every new signature is a new version; none touches the past."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from creditops.desk import addresses, setting_words
from creditops.lib import clock, policies, verbs
from creditops.lib.admin_columns import instant
from creditops.lib.admin_tables import Listing
from creditops.lib.models import PolicySetting
from creditops.lib.policies import BOOKS
from ledger import signing
from ledger.models import JournalEntry

VERB = "read_revenue"
# The settings by which revenue is recognised; a signature is for how they stood.
RECOGNITION = (
    "breakage",
    "escheat_pct",
    "rollover",
    "reinstatement_grace_days",
    "validity",
    "ssp_per_credit",
    "ssp_tolerance_pct",
    "contract_cost",
    "tax_point",
    "rounding",
    "accounting_zone",
)


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """All signatures, newest first, with what they are for."""
    if not verbs.may(request.user, VERB):
        raise PermissionDenied
    now = clock.now()
    rows = list(
        PolicySetting.objects.filter(scope=BOOKS, name=signing.SETTING).order_by("-version")
    )
    first = (
        JournalEntry.objects.order_by("recorded_at").values_list("recorded_at", flat=True).first()
    )
    context = {
        **site.each_context(request),
        "title": "Signatures",
        "warning": signing.warning(),
        "signatures": _signatures(rows),
        "settings": _settings(now),
        "first_entry": first,
        "sign_address": f"{addresses.of('policies')}#{signing.SETTING}",
    }
    return TemplateResponse(request, "desk/signatures.html", context)


def _signatures(rows: list[PolicySetting]) -> Listing:
    shown = [
        (
            str(row.version), " and ".join(row.value["names"]), row.value["date"], row.value["document"],
            instant(row.effective_at), row.set_by, row.approved_by,
        )
        for row in rows
        if row.value
    ]  # fmt: skip
    heads = (
        "Version",
        "~Signed by",
        "On",
        "~Document",
        "In force from",
        "Recorded by",
        "~Agreed to by",
    )
    return Listing(
        "Signatures", heads, shown, empty="Nobody has signed yet: every entry is a draft."
    )


def _settings(now: Any) -> Listing:
    """What is in force of the policies of recognition, and since which version."""
    known = {policy.name: policy for policy in policies.known()}
    found = policies.in_force([], now)
    rows = []
    for name in RECOGNITION:
        if name not in known:
            continue
        row = found.set_rows.get(name)
        since = (
            "never changed"
            if row is None
            else f"version {row.version}, {row.effective_at:%Y-%m-%d}"
        )
        rows.append(
            (
                setting_words.name(name),
                setting_words.value(name, found[name]),
                since,
                known[name].approver,
            )
        )
    return Listing(
        "Policies of recognition in force", ("~Policy", "~Value", "Since", "~Agreed to by"), rows
    )
