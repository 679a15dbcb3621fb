"""PDF documents: what they are made of, and what they never fetch."""

import builtins
import urllib.request

import pytest

from creditops.lib import pdf, pdf_assets
from creditops.lib.refusals import Refusal
from tests import papers

PAGE = '<html lang="en"><head><title>{0}</title><meta name="author" content="Sam"></head><body><style>@font-face {{font-family: Inter; src: url("asset:Inter-Regular.ttf")}} body {{font-family: Inter}}</style>{0}</body></html>'  # noqa: E501


@pytest.fixture
def print_(monkeypatch):
    """Print HTML as it is: as a template would that forgot to escape."""

    def made(html: str) -> bytes:
        monkeypatch.setattr(pdf, "render_to_string", lambda template, context: PAGE.format(html))
        return pdf.render("documents/any.html", {})

    return made


def test_a_document_is_a_pdf_a_3b_with_title_author_and_language(print_):
    read = papers.opened(print_("Hello"))

    assert (read.metadata.title, read.metadata.author) == ("Hello", "Sam")
    assert read.trailer["/Root"]["/Lang"] == "en"
    declared = read.trailer["/Root"]["/Metadata"].get_object().get_data()
    assert b'part="3"' in declared
    assert b'conformance="B"' in declared


def test_the_same_facts_give_the_same_bytes(print_):
    assert print_("Hello") == print_("Hello")


def test_latin_greek_and_cyrillic_are_printed_in_our_own_font(print_):
    content = print_("Łódź, Αθήνα, Москва, € 1,234.50")

    assert papers.fonts(content) == {"Inter"}
    assert "Łódź, Αθήνα, Москва, € 1,234.50" in papers.text(content)


@pytest.mark.parametrize("payload", papers.HOSTILE_HTML)
def test_html_that_nobody_escaped_still_reads_no_file_and_calls_no_server(
    payload, print_, monkeypatch, tmp_path
):
    file = tmp_path / "canary.txt"
    file.write_text(papers.CANARY)
    opened = []
    monkeypatch.setattr(
        urllib.request.OpenerDirector, "open", lambda *asked, **_: opened.append(asked)
    )

    content = print_("Hello" + payload.replace("{file}", str(file)))

    assert opened == []
    assert papers.attachments(content) == []
    assert papers.CANARY not in papers.text(content)
    assert papers.CANARY.encode() not in content


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname", "http://127.0.0.1:9/", "data:text/plain,x", "ftp://127.0.0.1/x",
        "asset:../settings.py", "asset:Inter-Regular.ttf?x",
    ],
)  # fmt: skip
def test_the_fetcher_hands_out_vendored_assets_by_name_and_nothing_else(url):
    with pytest.raises(ValueError, match="fetch nothing"):
        pdf_assets.Vendored().fetch(url)


def test_every_vendored_asset_is_there():
    fetcher = pdf_assets.Vendored()

    assert [fetcher.fetch(name).read()[:4] for name in pdf_assets.ASSETS] == [b"\0\1\0\0"] * 2


def test_a_letter_that_no_font_draws_is_printed_as_a_box_and_spoils_nothing_else(print_, caplog):
    content = print_("A\u0378B, 1,234.50")

    assert "A\u25a1B, 1,234.50" in papers.text(content)
    assert "U+0378" in caplog.text


def test_control_characters_are_left_out(print_):
    content = print_("one\x00\x01\x08\x1f\x85two")

    assert papers.opened(content).metadata.title == "onetwo"


def test_a_document_beyond_every_measure_is_refused(print_):
    with pytest.raises(Refusal) as refused:
        print_("x" * (pdf.CHARACTERS_MAX + 1))

    assert refused.value.code == "document_too_long"


@pytest.mark.parametrize("failure", [ImportError, OSError])
def test_without_pango_it_says_what_to_type(failure, print_, monkeypatch):
    usual = builtins.__import__

    def broken(name, *rest):
        if name == "weasyprint":
            raise failure("cannot load library 'libpango-1.0-0'")
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", broken)

    with pytest.raises(Refusal) as refused:
        print_("Hello")

    assert refused.value.code == "pdf_unavailable"
    assert (
        "sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        in refused.value.detail
    )
