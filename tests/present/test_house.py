"""The company's own look: paper, logo and colour reach both forms of a report, and what can't be used is told."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from pydantic import ValidationError
from pypdf import PdfReader

from tests.present.tagged import alternatives
from workbench.config import WorkspaceConfig
from workbench.config.contrast import contrast
from workbench.config.report import ReportStyle
from workbench.errors import ConfigError
from workbench.present.document import read_report
from workbench.present.house import OWN, house_around, house_of
from workbench.present.html_writer import html_text
from workbench.present.typst_writer import pdf_bytes
from workbench.workspace import Workspace

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="10"><rect width="40" height="10" fill="#1F5A96"/></svg>'


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x40" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def workspace(root: Path, **report: str) -> Workspace:
    return Workspace(root, WorkspaceConfig.model_validate({"workspace": {"name": "Böhm & Söhne"}, "report": report}))


def test_contrast_is_that_of_the_guidelines():
    # Pairs that WCAG's explanations and checkers name.
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(("paper", "width", "height"), [("a4", 595.3, 841.9), ("letter", 612, 792)])
def test_pages_have_the_papers_size(notebook, tmp_path, paper, width, height):
    house = house_of(workspace(tmp_path, paper=paper))
    for page in PdfReader(io.BytesIO(pdf_bytes(read_report(notebook, None, house)))).pages:
        assert float(page.mediabox.width) == pytest.approx(width, abs=0.1)
        assert float(page.mediabox.height) == pytest.approx(height, abs=0.1)
    assert f"size: {paper};" in html_text(read_report(notebook, None, house))


@pytest.mark.parametrize("content", [SVG, png(600, 200), png(20, 400)], ids=["svg", "wide", "tall"])
def test_a_logo_stands_on_the_first_page_alone_and_is_told_to_those_who_hear_it(notebook, tmp_path, content):
    (tmp_path / "logo").write_bytes(content)
    house = house_of(workspace(tmp_path, logo="logo"))
    with_logo, without = (PdfReader(io.BytesIO(pdf_bytes(read_report(notebook, None, look)))) for look in (house, OWN))
    assert alternatives(with_logo) - alternatives(without) == {"Logo of Böhm & Söhne"}
    assert len(with_logo.pages) == len(without.pages)
    assert html_text(read_report(notebook, None, house)).count('alt="Logo of Böhm &amp; Söhne"') == 1


def test_the_accent_is_the_companys_in_both_forms(notebook, tmp_path):
    house = house_of(workspace(tmp_path, accent="#7A1F5C"))
    assert house.palette.accent == "#7A1F5C"
    page = html_text(read_report(notebook, None, house))
    assert "#7A1F5C" in page
    assert "color: #1F5A96" not in page


def test_the_same_look_gives_the_same_bytes(notebook, tmp_path):
    (tmp_path / "logo.svg").write_bytes(SVG)
    house = house_of(workspace(tmp_path, logo="logo.svg", accent="#7A1F5C", paper="letter"))
    assert pdf_bytes(read_report(notebook, None, house)) == pdf_bytes(read_report(notebook, None, house))


def test_colours_too_pale_to_read_are_refused():
    with pytest.raises(ValidationError, match=r"#FFCC00 on white has a contrast of 1\.5 : 1.*choose a darker"):
        ReportStyle(accent="#FFCC00")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read"),
        (b"GIF89a", "neither an SVG nor a PNG"),
        (b"<svg", "neither"),
        (png(1, 1)[:20], "neither"),
    ],
)
def test_a_logo_that_cannot_be_used_is_named(tmp_path, content, told):
    if content is not None:
        (tmp_path / "logo.gif").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"report\.logo: .*logo\.gif.*{told}"):
        house_of(workspace(tmp_path, logo="logo.gif"))


def test_a_logo_of_many_megabytes_is_refused(tmp_path):
    (tmp_path / "logo.png").write_bytes(png(10, 10) + b"\0" * 1_000_000)
    with pytest.raises(ConfigError, match="save it smaller"):
        house_of(workspace(tmp_path, logo="logo.png"))


def test_a_notebook_in_a_workspace_gets_its_look_and_others_the_houses_own(tmp_path):
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "X"\n[report]\npaper = "letter"\n')
    (tmp_path / "notebooks").mkdir()
    assert house_around(tmp_path / "notebooks").paper == "letter"
    assert house_around(Path(tmp_path.anchor)) == OWN
