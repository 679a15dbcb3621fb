"""Answers with the seller's logo as documents bear it, and takes another one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from creditops.desk import addresses
from creditops.lib import clock, verbs
from creditops.lib.refusals import Refusal
from invoicing import logos

_VERB = "change_policy"
_DROP = "drop"


class LogoForm(forms.Form):
    """A picture."""

    picture = forms.FileField(
        label="Picture",
        help_text=f"PNG or JPEG, at most {logos.BYTES_MAX // 1_000} kB; printed up to 60 by 16 mm",
    )


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """The logo in use, and a form for another one."""
    if not verbs.may(request.user, _VERB):
        raise PermissionDenied
    form = LogoForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if request.POST.get("step") == _DROP:
            logos.drop()
            messages.success(request, "Documents from now on bear no logo.")
            return HttpResponseRedirect(addresses.of("logo"))
        if form.is_valid() and _used(form):
            messages.success(request, "Documents from now on bear this logo.")
            return HttpResponseRedirect(addresses.of("logo"))
    context = {
        **site.each_context(request),
        "title": "Logo on documents",
        "form": form,
        "logo": logos.in_use(),
    }
    return TemplateResponse(request, "desk/logo.html", context)


def picture(request: HttpRequest) -> HttpResponse:
    """The picture itself."""
    stored = logos.in_use()
    if stored is None:
        raise Http404
    return HttpResponse(
        bytes(stored.content),
        content_type=stored.content_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


def _used(form: LogoForm) -> bool:
    try:
        logos.use(form.cleaned_data["picture"].read(logos.BYTES_MAX + 1), at=clock.now())
    except Refusal as refusal:
        form.add_error("picture", refusal.detail)
        return False
    return True
