"""A report as one HTML file that asks nothing of any server, and single blocks for JupyterLab."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from workbench.present.amounts import amounts_apart
from workbench.present.blocks import Block, Figure
from workbench.present.document import Report
from workbench.present.house import Logo
from workbench.present.language.in_blocks import in_language
from workbench.present.language.in_reports import said
from workbench.present.language.speech import say, spoken
from workbench.present.markdown import Node, tree
from workbench.present.palette import PALETTE

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
LIGHT_WORDS = {"failed": "Failed", "info": "Note", "passed": "Passed"}
_ELEMENT = {
    "paragraph": "p",
    "strong": "strong",
    "emphasis": "em",
    "strike": "s",
    "quote": "blockquote",
    "bullets": "ul",
    "numbers": "ol",
    "item": "li",
}
_TEXTS = ("p", "li")


def html_text(report: Report) -> str:
    """The whole report."""
    told = said(report)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=told.report,
            say=told.say,
            language=told.language,
            palette=asdict(report.house.palette),
            logo=_logo_source(report.house.logo),
            glossary=told.glossary,
            most_rows=None,
        )
    )


def fragment(block: Block, most_rows: int | None = None) -> str:
    """One block with the style it needs, in the language that is spoken.

    Args:
        block: What to show.
        most_rows: Rows of a table to show; the rest is counted. None for all.
    """
    shown = in_language(block, say) if spoken() else block
    return _environment().get_template("fragment.html.j2").render(block=shown, say=say, most_rows=most_rows)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("workbench.present", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        markdown=_markdown, picture=_picture_source, amounts=amounts_apart, css_string=_css_string
    )
    environment.globals.update(light_words=LIGHT_WORDS, palette=asdict(PALETTE))
    return environment


def _picture_source(figure: Figure) -> str:
    return data_uri(figure.content(), MEDIA_TYPES[figure.format])


def _logo_source(logo: Logo | None) -> str:
    return data_uri(logo.content, MEDIA_TYPES[logo.format]) if logo else ""


def _css_string(text: str) -> Markup:
    """As a string of a style sheet: everything that could end it, or the sheet, by its number."""
    return Markup('"{}"').format(
        Markup("").join(letter if letter.isalnum() or letter in " .,:;" else f"\\{ord(letter):x} " for letter in text)
    )


def _markdown(source: str) -> Markup:
    return _html(tree(source))


def _html(nodes: Sequence[Node]) -> Markup:
    return Markup("").join(_node_html(node) for node in nodes)


def _node_html(node: Node) -> Markup:
    match node["t"]:
        case "text":
            return escape(node["c"])
        case "code":
            return Markup("<code>{}</code>").format(node["c"])
        case "listing":
            return Markup("<pre><code>{}</code></pre>").format(node["c"])
        case "math":
            return _math_html(node)
        case "break":
            return Markup("<br>")
        case "rule":
            return Markup("<hr>")
        case "link":
            return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(node["to"], _html(node["c"]))
        case "heading":
            return Markup('<p dir="auto"><strong>{}</strong></p>').format(_html(node["c"]))
        case "table":
            return _table_html(node)
    element = Markup(_ELEMENT[node["t"]])
    # Each text runs to where its first letter says.
    way = Markup(' dir="auto"') if element in _TEXTS else Markup("")
    return Markup("<{0}{1}>{2}</{0}>").format(element, way, _html(node["c"]))


def _math_html(node: Node) -> Markup:
    return Markup('<img class="wb-math" src="{}" alt="{}" style="height:{}em;vertical-align:{}em">').format(
        data_uri(node["svg"].encode(), "image/svg+xml"), node["c"], node["height"], -node["depth"]
    )


def _table_html(node: Node) -> Markup:
    rows = [(("th" if i == 0 else "td"), row["c"]) for i, row in enumerate(node["c"])]
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup('<{0} dir="auto">{1}</{0}>').format(Markup(tag), _html(cell["c"])) for cell in cells)
        )
        for tag, cells in rows
    )
    return Markup("<table>{}</table>").format(body)


def data_uri(content: bytes, media_type: str) -> str:
    """A picture inside the page: as the source of an `img` it can neither run scripts nor fetch anything."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
