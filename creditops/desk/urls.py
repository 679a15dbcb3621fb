"""Answers which pages the desk has, and under which addresses of the admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path

from creditops.desk import (
    campaign_page,
    catalogue,
    close_page,
    commissions_page,
    contract_page,
    customer_page,
    draft_page,
    exceptions_page,
    exports_page,
    fit_page,
    home,
    logo_page,
    margins_page,
    papers,
    policies_page,
    quote_builder,
    quote_page,
    receivables_page,
    received_page,
    renewals_page,
    reports_page,
    signatures_page,
    studio_page,
    workbench_page,
)
from creditops.desk.deeds import page


def patterns(site: Any) -> list[URLPattern]:
    """The desk's pages, each for staff only."""

    def leads(name: str, to: Callable[..., HttpResponse], ending: str = "") -> URLPattern:
        view: Callable[..., HttpResponse] = site.admin_view(to)
        return path(f"desk/{name}/{ending}", view, name=f"desk_{name}")

    return [
        leads("customer", partial(customer_page.page, site=site), "<str:code>/"),
        leads("contract", partial(contract_page.page, site=site), "<str:code>/"),
        leads("policies", partial(policies_page.page, site=site)),
        leads("close", partial(close_page.page, site=site)),
        leads("close_of", partial(close_page.month, site=site), "<str:key>/"),
        leads("signatures", partial(signatures_page.page, site=site)),
        leads("reports", partial(reports_page.listed, site=site)),
        leads("report", partial(reports_page.page, site=site), "<str:name>/"),
        leads("report_file", reports_page.file, "<str:name>"),
        leads("margins", partial(margins_page.page, site=site)),
        leads("margins_csv", margins_page.as_csv, "margins.csv"),
        leads("receivables", partial(receivables_page.page, site=site)),
        leads("exports", partial(exports_page.page, site=site)),
        leads("export", exports_page.download, "<slug:key>"),
        leads("commissions", partial(commissions_page.page, site=site)),
        leads("commission", partial(commissions_page.statement, site=site), "<path:key>/"),
        leads("commission_csv", commissions_page.as_csv, "<path:key>.csv"),
        leads("frozen_statement", partial(commissions_page.frozen, site=site), "<int:key>/"),
        leads("exceptions", partial(exceptions_page.page, site=site)),
        leads("exceptions_chosen", exceptions_page.chosen),
        leads("received", partial(received_page.page, site=site)),
        leads("campaign", partial(campaign_page.page, site=site), "<int:key>/"),
        leads("draft", partial(draft_page.page, site=site), "<int:key>/"),
        leads("draft_csv", draft_page.as_csv, "<int:key>/draft.csv"),
        leads("draft_xlsx", draft_page.as_xlsx, "<int:key>/draft.xlsx"),
        leads("workbench", partial(workbench_page.page, site=site)),
        leads("workbench_csv", workbench_page.as_csv, "workbench.csv"),
        leads("fit", partial(fit_page.page, site=site)),
        leads("studio", partial(studio_page.page, site=site)),
        leads("studio_csv", studio_page.as_csv, "study.csv"),
        leads("studio_xlsx", studio_page.as_xlsx, "study.xlsx"),
        leads("tables", partial(home.tables, site=site)),
        leads("intake", home.received),
        leads("invoice", papers.invoice, "<str:number>.pdf"),
        leads("note", papers.note, "<str:number>.pdf"),
        leads("invoice_xml", papers.invoice_xml, "<str:number>.xml"),
        leads("note_xml", papers.note_xml, "<str:number>.xml"),
        leads("logo", partial(logo_page.page, site=site)),
        leads("logo_picture", logo_page.picture),
        leads("proposal", papers.proposal, "<int:key>.pdf"),
        leads("quote_new", partial(quote_builder.new, site=site), "<str:code>/"),
        leads("quote_change", partial(quote_builder.change, site=site), "<str:code>/"),
        leads("quote_pdf", quote_page.paper, "<int:key>.pdf"),
        leads("quote", partial(quote_page.page, site=site), "<str:code>/"),
        leads("renewals", partial(renewals_page.page, site=site)),
        *(
            leads(
                deed.name,
                partial(page.page, site=site, kind=deed),
                "<path:key>/" if deed.keyed else "",
            )
            for deed in catalogue.DEEDS
        ),
    ]
