"""Answers addresses that lead nowhere, as a problem like every other."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from creditops.lib.api import problems


@csrf_exempt
def answer(request: HttpRequest) -> JsonResponse:
    """404: there is no such address."""
    detail = f"There is no {request.path}. GET /api/v1/schema describes every address there is."
    found = problems.problem(404, "not_found", detail)
    return JsonResponse(found.data, status=404, content_type=problems.MEDIA_TYPE)
