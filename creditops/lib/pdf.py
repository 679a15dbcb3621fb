"""Does documents on paper: a template and its facts become the bytes of a PDF/A-3b.

The same facts give the same bytes. Nothing is fetched but the fonts in `pdf_assets`, so a name that
smuggles HTML into a template that forgot to escape it still reads no file and calls no server.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from types import MappingProxyType
from typing import Any

from django.template.loader import render_to_string

from creditops.lib.refusals import Refusal

CONTENT_TYPE = "application/pdf"
_VARIANT = "pdf/a-3b"

# A table row costs 5 to 10 ms: a document with more lines adds them up by kind and says that the
# single ones come as CSV.
LINES_MAX = 200
# Of the HTML, far above what LINES_MAX lines need: a document beyond it is a fault, not a document.
CHARACTERS_MAX = 1_000_000

# Debian's names of what WeasyPrint needs of the system.
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

# Control characters that neither HTML nor the metadata's XML may carry.
_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)])
# Stands for a letter that no font here draws; our own font has it.
_NO_LETTER = "\u25a1"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attached:
    """A file that a PDF carries: an e-invoice beside what people read.

    Attributes:
        name, content, description: of the file.
        at: when it was made; the same document carries the same for ever.
        metadata: XMP that says what it is.
    """

    name: str
    content: bytes
    description: str
    at: datetime
    metadata: bytes


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    assets: Mapping[str, bytes] = MappingProxyType({}),
    attached: Attached | None = None,
) -> bytes:
    """Render a document.

    Args:
        template: its name below `templates/`, one that extends `documents/document.html`.
        context: what it prints, as text; escaped by the template.
        assets: pictures by what the template calls them, besides our fonts.
        attached: a file that the PDF carries.

    Returns the PDF. Raises Refusal `pdf_unavailable` where pango is missing, or `document_too_long`.
    """
    html = render_to_string(template, dict(context)).translate(_CONTROLS)
    if len(html) > CHARACTERS_MAX:
        raise Refusal(
            "document_too_long",
            f"{template} would have {len(html):,} characters; {CHARACTERS_MAX:,} can be printed. "
            "Shorten its texts, or add its lines up.",
        )
    content, missing = _write(html, assets, attached)
    if missing:
        # Left in, one such letter would make all text of its weight unreadable to copy or search.
        _log.warning(
            "%s has letters that no font here draws, printed as %s: %s. "
            "On Debian fonts-noto-core and fonts-noto-cjk have them.",
            template, _NO_LETTER, " ".join(f"U+{letter:04X}" for letter in sorted(missing)),
        )  # fmt: skip
        html = html.translate(dict.fromkeys(missing, _NO_LETTER))
        content, _ = _write(html, assets, attached)
    return content


def _write(
    html: str, assets: Mapping[str, bytes], attached: Attached | None
) -> tuple[bytes, set[int]]:
    """The PDF, and the code points that it could not draw."""
    try:
        import weasyprint

        from creditops.lib import pdf_assets
    except (ImportError, OSError) as missing:
        raise Refusal(
            "pdf_unavailable",
            "PDF documents need pango, which this machine does not have. Type: "
            f"sudo apt-get install -y {PANGO} (macOS: brew install pango)",
        ) from missing
    page = weasyprint.HTML(string=html, url_fetcher=pdf_assets.Vendored(assets))
    document = page.render(pdf_variant=_VARIANT)
    content: bytes = document.write_pdf(pdf_variant=_VARIANT, **_attachments(attached))
    return content, {letter for font in document.fonts.values() for letter in font.missing}


def _attachments(attached: Attached | None) -> dict[str, Any]:
    """WeasyPrint's options for the file that the PDF carries; its relation is that of Factur-X."""
    if attached is None:
        return {}
    import weasyprint

    file = weasyprint.Attachment(
        string=attached.content,
        name=attached.name,
        description=attached.description,
        created=attached.at,
        modified=attached.at,
        relationship="Alternative",
    )
    return {"attachments": [file], "xmp_metadata": [BytesIO(attached.metadata)]}
