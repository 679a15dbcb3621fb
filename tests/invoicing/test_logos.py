"""The seller's logo: on documents from now on, and for ever on those that bear it."""

from io import BytesIO

import pytest
from PIL import Image

from creditops.lib.refusals import Refusal
from invoicing import ad_hoc, logos, rendering, seller
from invoicing.ad_hoc import Item
from tests import cast, papers

pytestmark = pytest.mark.django_db

NOW = cast.START


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 16), color: str = "navy") -> bytes:
    written = BytesIO()
    Image.new("RGB", size, color).save(written, kind)
    return written.getvalue()


def images(content) -> int:
    return sum(len(page.images) for page in papers.opened(content).pages)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_documents_bear_it(kind):
    logos.use(picture(kind), at=NOW)
    invoice = ad_hoc.issue(
        cast.customer(), [Item(100)], currency="USD", source="a", by="Fiona", at=NOW
    ).invoice

    logos.drop()

    assert images(rendering.pdf(invoice, at=NOW).content) == 1
    assert seller.profile().logo == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 100,
        picture()[:40],
        picture(size=(4_001, 1)),
        b"\x89PNG" + b"0" * 300_001,
    ],
    ids=["nothing", "svg", "gif", "cut off", "too wide", "too large"],
)
def test_what_cannot_be_printed_is_refused(content):
    with pytest.raises(Refusal) as refused:
        logos.use(content, at=NOW)

    assert refused.value.code == "logo_unfit"
    assert seller.profile().logo == ""
