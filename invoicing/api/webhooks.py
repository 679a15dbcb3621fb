"""`/webhooks/stripe`: news of the card gateway, signed by it and by no key of ours."""

from __future__ import annotations

from http import HTTPStatus

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from creditops.lib import audit, clock
from creditops.lib.api import problems
from creditops.lib.refusals import Refusal
from invoicing import gateway_news

BY = "gateway:stripe"
LARGEST_BYTES = 512 * 1024
_SIGNATURE = "Stripe-Signature"
# Who can't show the gateway's signature, or shows an old one, is not the gateway.
_UNSIGNED = ("webhook_unsigned", "webhook_old")


@csrf_exempt
def stripe(request: HttpRequest) -> JsonResponse:
    """Hear news of the gateway: 200 once they are written down, whatever they say.

    400 for a signature that is missing, wrong or old, 422 for what can't be read; 503 where the same
    should be sent again. Nothing is written then.
    """
    if request.method != "POST":
        return _problem(405, "method_not_allowed", "Send events by POST.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_BYTES:
        return _problem(413, "body_too_large", "No event is that large.")
    at = clock.now()
    try:
        with audit.acting(BY, at=at):
            outcome = gateway_news.hear(request.body, request.headers.get(_SIGNATURE, ""), at=at)
    except Refusal as refusal:
        return _refused(refusal)
    except (DatabaseError, InterfaceError) as error:
        found = problems.answer(error, {})
        if found is None:
            raise
        answer = JsonResponse(found.data, status=found.status_code)
        answer["Retry-After"] = found["Retry-After"]
        return answer
    return JsonResponse({"outcome": outcome})


def _refused(refusal: Refusal) -> JsonResponse:
    if refusal.code in _UNSIGNED:
        return _problem(HTTPStatus.BAD_REQUEST, refusal.code, refusal.detail)
    if refusal.code == "gateway_silent":
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, refusal.code, refusal.detail)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal.unreadable else HTTPStatus.CONFLICT
    return _problem(status, refusal.code, refusal.detail)


def _problem(status: int, code: str, detail: str) -> JsonResponse:
    found = problems.problem(status, code, detail)
    return JsonResponse(found.data, status=status, content_type=problems.MEDIA_TYPE)
