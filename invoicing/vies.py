"""Asks the European Commission whether a VAT id is good (VIES), for `tax_ids.ask`.

The answer names the company and bears a consultation number where the seller's own id was told: that is
the evidence which an auditor looks for. Nothing else of a customer leaves the house.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.request import Request, urlopen

from invoicing.tax_ids import Answer

ADDRESS = "https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number"
_SECONDS = 10
_BYTES_MAX = 100_000


class Unclear(OSError):
    """The authority answered, but not whether the id is good: a member state is not available."""


def authority(*, requester: Callable[[], str], address: str = ADDRESS) -> Callable[[str], Answer]:
    """Who is asked: the service at `address`, on behalf of the VAT id that `requester` gives, if any."""

    def ask(tax_id: str) -> Answer:
        return _ask(tax_id, requester(), address)

    return ask


def _ask(tax_id: str, requester: str, address: str) -> Answer:
    plain = "".join(tax_id.split()).upper()
    body = {"countryCode": plain[:2], "vatNumber": plain[2:]}
    if requester:
        body |= {
            "requesterMemberStateCode": requester[:2],
            "requesterNumber": requester[2:],
        }
    # The address is the service's, never a customer's.
    asked = Request(  # noqa: S310
        address,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        method="POST",
    )
    with urlopen(asked, timeout=_SECONDS) as answered:  # noqa: S310
        read = answered.read(_BYTES_MAX)
    try:
        said = json.loads(read)
        valid = said["valid"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unclear("VIES gave no answer that could be read") from error
    if not isinstance(valid, bool):
        raise Unclear("VIES did not say whether the id is good")
    return Answer(
        valid=valid,
        name=str(said.get("name") or "").strip("- "),
        reference=str(said.get("requestIdentifier") or ""),
    )
