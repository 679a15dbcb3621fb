"""Answers which pages the desk has, and under which addresses of the admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path

from creditops.desk import catalogue, customer_page, home, papers, policies_page
from creditops.desk.deeds import page


def patterns(site: Any) -> list[URLPattern]:
    """The desk's pages, each for staff only."""

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
