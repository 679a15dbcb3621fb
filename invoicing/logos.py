"""Does the seller's logo: a picture that documents from now on bear (I3)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from creditops.lib import files
from creditops.lib.models import StoredFile
from creditops.lib.refusals import Refusal
from invoicing import seller

BYTES_MAX = 300_000
# Printed at 60 by 16 millimetres at most; more dots than these nobody sees.
_DOTS_MAX = 4_000
_TYPES = {"PNG": ("png", "image/png"), "JPEG": ("jpg", "image/jpeg")}


def use(content: bytes, *, at: datetime) -> StoredFile:
    """Let documents from `at` on bear this picture, a PNG or JPEG.

    Documents issued before keep theirs: each names its own, and no picture is ever thrown away.
    Raises Refusal `logo_unfit`.
    """
    ending, content_type = _TYPES[_checked(content)]
    name = f"logos/{hashlib.sha256(content).hexdigest()[:32]}.{ending}"
    stored = files.keep(name, content, content_type=content_type, at=at)
    seller.define(logo=name)
    return stored


def drop() -> None:
    """Documents from now on bear none."""
    seller.define(logo="")


def in_use() -> StoredFile | None:
    """The picture that documents bear now."""
    name = seller.profile().logo
    return files.find(name) if name else None


def _checked(content: bytes) -> str:
    """Its format, if it is a picture that can be printed."""
    if len(content) > BYTES_MAX:
        raise Refusal("logo_unfit", f"A logo has at most {BYTES_MAX // 1_000} kB.")
    try:
        with Image.open(BytesIO(content), formats=list(_TYPES)) as picture:
            kind, dots = str(picture.format), max(picture.size)
            picture.verify()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Refusal("logo_unfit", "A logo is a picture in PNG or JPEG.") from error
    if dots > _DOTS_MAX:
        raise Refusal("logo_unfit", f"A logo has at most {_DOTS_MAX:,} dots on a side.")
    return kind
