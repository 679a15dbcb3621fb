"""Answers at which address a page of the desk is; all stand in the admin, named `admin:desk_...`."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from accounts.models import Customer


def of(name: str, key: object = None) -> str:
    """The address of the page `name`, about `key` if it is about something."""
    return _fixed(f"desk_{name}") if key is None else reverse(f"admin:desk_{name}", args=[key])


def of_customer(customer: Customer) -> str:
    """The page that tells a customer's whole story."""
    return of("customer", customer.code)


def of_row(row: Model) -> str:
    """The page of a row in the admin."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def of_list(model: type[Model], **narrowed: str) -> str:
    """The list of a model's rows in the admin, narrowed by its filters."""
    address = _fixed(f"{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(narrowed)}" if narrowed else address


@cache
def _fixed(name: str) -> str:
    """Of a page about nothing in particular; the sidebar asks for sixty on every page."""
    return reverse(f"admin:{name}")
