"""Taxes on the desk: certificates, tax ids, the logo of who sells."""

from __future__ import annotations

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from creditops.desk import addresses
from invoicing import seller
from invoicing.models import SellerProfile, TaxExemption, TaxIdCheck
from tests import cast
from tests.desk import acts
from tests.staff import Book

CERTIFICATE = {
    "certificate": "01-339", "reason": "reseller", "country": "US", "region": "TX",
    "valid_from": "2026-01-01", "valid_until": "2026-12-31",
}  # fmt: skip


def picture() -> SimpleUploadedFile:
    written = BytesIO()
    Image.new("RGB", (60, 16), "navy").save(written, "PNG")
    return SimpleUploadedFile("logo.png", written.getvalue(), content_type="image/png")


def test_a_certificate_is_recorded_with_its_days(book: Book, fiona):
    done = acts.do(fiona, "record-exemption", "acme", **CERTIFICATE)

    assert acts.said(done)[0].startswith("Certificate 01-339 of Acme counts until 2026-12-31.")
    assert TaxExemption.objects.get().recorded_by == "controller@vendor.example"


def test_a_certificate_that_never_begins_is_refused(book: Book, fiona):
    page = acts.do(fiona, "record-exemption", "acme", **CERTIFICATE | {"valid_until": "2025-01-01"})

    assert acts.errors(page) == ["A certificate can't end before it begins."]
    assert TaxExemption.objects.count() == 0


def test_a_tax_id_is_checked_and_the_evidence_kept(book: Book, fiona):
    cast.customer("paris", country="FR", tax_id="FR40303265045")

    done = acts.do(fiona, "check-tax-id", "paris", reason="new customer")

    assert acts.said(done)[0].startswith(
        "FR40303265045: holds, by its form and check digits on 2026-06-15."
    )
    assert TaxIdCheck.objects.get().valid


def test_a_tax_id_of_elsewhere_is_refused_where_it_is_typed(book: Book, fiona):
    page = acts.do(
        fiona, "new-customer", code="x", name="X", kind="business", segment="enterprise",
        language="fr", currency="USD", time_zone="UTC", country="FR", tax_id="DE136695976",
    )  # fmt: skip

    assert "is not a VAT id of FR" in acts.errors(page)[0]


def test_the_logo_is_changed_and_dropped(book: Book, fiona):
    fiona.post(addresses.of("logo"), {"picture": picture()})
    shown = fiona.get(addresses.of("logo_picture"))
    fiona.post(addresses.of("logo"), {"step": "drop"})

    assert shown["Content-Type"] == "image/png"
    assert SellerProfile.objects.get().logo == ""
    assert fiona.get(addresses.of("logo_picture")).status_code == 404


def test_what_is_no_picture_is_no_logo(book: Book, fiona):
    file = SimpleUploadedFile("logo.png", b"<script>", content_type="image/png")

    page = fiona.post(addresses.of("logo"), {"picture": file})

    assert page.context["form"].errors["picture"] == ["A logo is a picture in PNG or JPEG."]
    assert seller.profile().logo == ""


def test_only_who_may_change_the_seller_changes_the_logo(book: Book, sam):
    assert sam.post(addresses.of("logo"), {"picture": picture()}).status_code == 403
    assert seller.profile().logo == ""


def test_an_e_invoice_that_lacks_something_says_so(book: Book, fiona):
    answer = fiona.get(addresses.of("invoice_xml", book.invoice.number))

    assert answer.status_code == 409
    assert b"The seller has no VAT id and no registration number (BR-CO-26)." in answer.content
