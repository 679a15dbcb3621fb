"""Answers which page of the portal an address leads to."""

from django.urls import path

from creditops.portal import agreement_views, card_pages, checkout, offer_views, top_ups, views

app_name = "portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("usage/", views.usage_page, name="usage"),
    path("usage/statement.pdf", views.usage_pdf, name="usage-pdf"),
    path("usage/statement.csv", views.usage_csv, name="usage-csv"),
    path("usage/statement.xlsx", views.usage_xlsx, name="usage-xlsx"),
    path("usage/<slug:uid>/", views.event, name="event"),
    path("choices/", views.choice_page, name="choices"),
    path("choices/<slug:key>/", views.choose, name="choose"),
    path("contracts/<str:code>/cancel/", agreement_views.cancel_page, name="cancel-contract"),
    path("contracts/<str:code>/cancel/now/", agreement_views.cancel, name="cancel-contract-now"),
    path("rights/<str:code>/", agreement_views.right_page, name="right"),
    path("rights/<str:code>/use/", agreement_views.use_right, name="right-use"),
    path("invoices/", views.invoice_list, name="invoices"),
    path("invoices/<slug:number>.pdf", views.invoice_pdf, name="invoice-pdf"),
    path("quotes/<int:key>.pdf", views.quote_pdf, name="quote-pdf"),
    path("invoices/<slug:number>.xml", views.invoice_xml, name="invoice-xml"),
    path("credit-notes/<slug:number>.pdf", views.note_pdf, name="note-pdf"),
    path("credit-notes/<slug:number>.xml", views.note_xml, name="note-xml"),
    path("receipts/<slug:number>.pdf", views.receipt_pdf, name="receipt"),
    path("account.pdf", views.account_pdf, name="account"),
    path("card/", card_pages.card_page, name="card"),
    path("q/<str:secret>/", offer_views.page, name="offer"),
    path("q/<str:secret>/quote.pdf", offer_views.pdf, name="offer-pdf"),
    path("q/<str:secret>/accept/", offer_views.accept, name="offer-accept"),
    path("q/<str:secret>/refuse/", offer_views.refuse, name="offer-refuse"),
    path("q/<str:secret>/ask/", offer_views.ask, name="offer-ask"),
    path("plans/", checkout.plans_page, name="plans"),
    path("top-ups/", top_ups.page, name="top-ups"),
    path("plans/<str:code>/", checkout.order_plan, name="order-plan"),
    path("packs/<str:code>/", checkout.order_pack, name="order-pack"),
    path("subscriptions/<str:code>/", checkout.subscription_page, name="subscription"),
    path("subscriptions/<str:code>/plan/<str:plan>/", checkout.change_plan, name="change-plan"),
    path("subscriptions/<str:code>/cancel/", checkout.cancel, name="cancel"),
    path("subscriptions/<str:code>/keep/", checkout.keep, name="keep"),
    path("subscriptions/<str:code>/pay/", checkout.pay, name="pay"),
    path("statement.csv", views.statement_csv, name="statement"),
]
