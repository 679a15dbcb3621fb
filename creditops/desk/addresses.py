"""Answers which addresses the desk has; all stand in the admin, named `admin:desk_...`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpResponse
from django.urls import URLPattern, path, reverse

from accounts.models import Customer


def of(name: str, key: object = None) -> str:
    """The address of the page `name`, about `key` if it is about something."""
    return reverse(f"admin:desk_{name}", args=[] if key is None else [key])


def of_customer(customer: Customer) -> str:
    """The page that tells a customer's whole story."""
    return of("customer", customer.code)


def of_list(model: type[Model], **narrowed: str) -> str:
    """The list of a model's rows in the admin, narrowed by its filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(narrowed)}" if narrowed else address


def patterns(site: Any) -> list[URLPattern]:
    """The desk's pages, each for staff only."""
    from creditops.desk import catalogue, customer_page, home, papers, policies_page
    from creditops.desk.deeds import page

    def leads(name: str, to: Callable[..., HttpResponse], ending: str = "") -> URLPattern:
        view: Callable[..., HttpResponse] = site.admin_view(to)
        return path(f"desk/{name}/{ending}", view, name=f"desk_{name}")

    return [
        leads("customer", partial(customer_page.page, site=site), "<str:code>/"),
        leads("policies", partial(policies_page.page, site=site)),
        leads("tables", partial(home.tables, site=site)),
        leads("intake", home.received),
        leads("invoice", papers.invoice, "<str:number>.pdf"),
        leads("proposal", papers.proposal, "<int:key>.pdf"),
        *(
            leads(
                deed.name,
                partial(page.page, site=site, kind=deed),
                "<path:key>/" if deed.keyed else "",
            )
            for deed in catalogue.DEEDS
        ),
    ]
