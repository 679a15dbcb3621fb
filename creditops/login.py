"""Does the login of everyone, by e-mail and password; guesses are limited.

Failures are counted in each web process's memory, per e-mail and address: enough to make guessing
slow, and nobody can lock a person out from elsewhere.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from creditops.security import ADMIN_PREFIX
from invoicing import seller

FAILURES_MAX = 10
WINDOW_SECONDS = 15 * 60
_TOO_MANY = "too_many_attempts"


class LoginForm(AuthenticationForm):
    """E-mail and password. After too many failures nothing is tried any more for a while."""

    error_messages = {
        "invalid_login": "This e-mail and password don't belong together. Please try again.",
        "inactive": "This login is switched off. Ask your administrator.",
    }

    def clean(self) -> dict[str, Any]:
        """Check the password, and count failures."""
        assert self.request is not None
        key = _key(self.request, self.cleaned_data.get("username", ""))
        if cache.get(key, 0) >= FAILURES_MAX:
            minutes = WINDOW_SECONDS // 60
            raise ValidationError(
                f"Too many attempts. Wait {minutes} minutes, then try again.", code=_TOO_MANY
            )
        try:
            cleaned = super().clean()
        except ValidationError:
            cache.add(key, 0, WINDOW_SECONDS)
            cache.incr(key)
            raise
        cache.delete(key)
        return cleaned


class Login(LoginView):
    """One door: staff go on to the admin, a customer's people to the portal."""

    form_class = LoginForm
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Where someone goes who asked for no page."""
        is_staff = getattr(self.request.user, "is_staff", False)
        return ADMIN_PREFIX if is_staff else reverse("portal:home")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """With the seller, whose page this is."""
        return super().get_context_data(seller=seller.profile(), **context)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The form again; with 429 where attempts are used up."""
        response = super().form_invalid(form)
        if form.has_error("__all__", _TOO_MANY):
            response.status_code = 429
            response["Retry-After"] = str(WINDOW_SECONDS)
        return response


def _key(request: HttpRequest, email: str) -> str:
    who = f"{email.strip().lower()}|{request.META.get('REMOTE_ADDR', '')}"
    return f"login:{hashlib.sha256(who.encode()).hexdigest()}"
