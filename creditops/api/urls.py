"""Answers which API door an address leads to, below `/api/v1`."""

from django.urls import path, re_path

from accounts.api.customers import CustomerDetail, Customers
from contracts.api import contracts, grants, pricing
from creditops.api import approvals, nowhere, policies, schema
from invoicing.api import invoices, topups
from ledger.api import (
    balances,
    catalogue,
    check,
    entries,
    event_detail,
    events,
    exceptions,
    holds,
    journal,
    reports,
)

urlpatterns = [
    path("events", events.Events.as_view()),
    path("events/batch", events.Events.as_view()),
    path("events/<str:uid>", event_detail.EventDetail.as_view()),
    path("events/<str:uid>/correct", event_detail.EventCorrect.as_view()),
    path("events/<str:uid>/void", event_detail.EventVoid.as_view()),
    path("exceptions", exceptions.Exceptions.as_view()),
    path("exceptions/<int:exception>/replay", exceptions.ExceptionReplay.as_view()),
    path("exceptions/<int:exception>/write-off", exceptions.ExceptionWriteOff.as_view()),
    path("check", check.Check.as_view()),
    path("holds", holds.Holds.as_view()),
    path("holds/<str:hold>", holds.HoldDetail.as_view()),
    path("holds/<str:hold>/capture", holds.HoldCapture.as_view()),
    path("holds/<str:hold>/release", holds.HoldRelease.as_view()),
    path("customers", Customers.as_view()),
    path("customers/<str:customer>", CustomerDetail.as_view()),
    path("customers/<str:customer>/balance", balances.Balance.as_view()),
    path("customers/<str:customer>/blocks", balances.Blocks.as_view()),
    path("customers/<str:customer>/forecast", reports.Forecast.as_view()),
    path("customers/<str:customer>/usage", reports.Usage.as_view()),
    path("customers/<str:customer>/usage/users", reports.UsageByUsers.as_view()),
    path("customers/<str:customer>/card", topups.CardOnFile.as_view()),
    path("entries", entries.Entries.as_view()),
    path("units", catalogue.Units.as_view()),
    path("meters", catalogue.Meters.as_view()),
    path("price-lists", pricing.PriceLists.as_view()),
    path("rate-cards", pricing.RateCards.as_view()),
    path("rate-cards/<str:card>/versions", pricing.RateCardVersions.as_view()),
    path("contracts", contracts.Contracts.as_view()),
    path("contracts/<str:contract>", contracts.ContractDetail.as_view()),
    path("contracts/<str:contract>/cancel", contracts.ContractCancel.as_view()),
    path("contracts/<str:contract>/renewal", contracts.ContractRenewal.as_view()),
    path("grants", grants.Grants.as_view()),
    path("topups", topups.TopUps.as_view()),
    path("invoices", invoices.Invoices.as_view()),
    path("invoices/<str:number>", invoices.InvoiceDetail.as_view()),
    path("invoices/<str:number>/pdf", invoices.InvoicePdf.as_view()),
    path("invoices/<str:number>/payments", invoices.InvoicePayments.as_view()),
    path("journal", journal.Journal.as_view()),
    path("periods", journal.Periods.as_view()),
    path("periods/<str:period>/close", journal.PeriodClose.as_view()),
    path("policies", policies.Policies.as_view()),
    path("approvals", approvals.Approvals.as_view()),
    path("approvals/<int:approval>/approve", approvals.ApprovalApprove.as_view()),
    path("approvals/<int:approval>/reject", approvals.ApprovalReject.as_view()),
    path("schema", schema.answer),
    re_path("", nowhere.answer),
]
