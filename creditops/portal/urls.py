"""Answers which page of the portal an address leads to."""

from django.urls import path

from creditops.portal import views

app_name = "portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("usage/", views.usage_page, name="usage"),
    path("usage/<slug:uid>/", views.event, name="event"),
    path("invoices/", views.invoice_list, name="invoices"),
    path("invoices/<slug:number>.pdf", views.invoice_pdf, name="invoice-pdf"),
    path("statement.csv", views.statement_csv, name="statement"),
]
