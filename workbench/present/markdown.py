"""Markdown as a small tree of plain data, which the Typst template walks and which is split at its headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from workbench.present.blocks import Block, Heading, Prose
from workbench.present.mathematics import Formula, formula

type Node = dict[str, Any]

_SPAN = {"strong": "strong", "em": "emphasis", "s": "strike"}
_BLOCK = {
    "paragraph": "paragraph",
    "blockquote": "quote",
    "bullet_list": "bullets",
    "ordered_list": "numbers",
    "list_item": "item",
    "heading": "heading",
    "table": "table",
    "tr": "row",
    "th": "cell",
    "td": "cell",
}
_LINK_SCHEMES = ("https://", "http://", "mailto:")


def split_at_headings(source: str) -> list[Block]:
    """A Markdown cell as headings and the prose between them."""
    lines = source.splitlines()
    blocks: list[Block] = []
    start = 0
    tokens = _parser().parse(source)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            blocks += _prose(lines[start : opening.map[0]])
            text = _text_of(inline).strip()
            blocks += [Heading(level=int(opening.tag[1:]), text=text)] if text else []
            start = opening.map[1]
    return blocks + _prose(lines[start:])


def tree(source: str) -> list[Node]:
    """Markdown as nested nodes `{"t": type, "c": children or text}`.

    Raw HTML stays literal text; pictures become their alternative text; a formula is a picture with its source as
    alternative text, or literal text where it can't be typeset.
    """
    return _nodes(_parser().parse(source))


def _prose(lines: Sequence[str]) -> list[Block]:
    text = "\n".join(lines).strip()
    return [Prose(markdown=text)] if text else []


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "math", _math_rule)
    return parser


def _math_rule(state: StateInline, silent: bool) -> bool:
    """`$a$` or `$$a$$`; money such as $5 and $10 isn't mathematics: no space inside the signs, no digit after them."""
    source, start = state.src, state.pos
    if not source.startswith("$", start):
        return False
    fence = "$$" if source.startswith("$$", start) else "$"
    end = source.find(fence, start + len(fence))
    inner = source[start + len(fence) : end] if end > 0 else ""
    after = source[end + len(fence) : end + len(fence) + 1]
    if not inner.strip() or (fence == "$" and (inner != inner.strip() or after.isdigit())):
        return False
    if not silent:
        state.push("math", "math", 0).content = inner.strip()
    state.pos = end + len(fence)
    return True


def _nodes(tokens: Sequence[Token]) -> list[Node]:
    position = iter(tokens)
    return list(_children(position))


def _children(tokens: Iterator[Token], closing: str = "") -> Iterator[Node]:
    for token in tokens:
        if token.type == closing:
            return
        if token.type == "inline":
            yield from _nodes(token.children or [])
        elif token.type.endswith("_open"):
            kind = token.type.removesuffix("_open")
            yield from _container(token, kind, list(_children(tokens, f"{kind}_close")))
        else:
            yield from _leaf(token)


def _container(token: Token, kind: str, children: list[Node]) -> list[Node]:
    if kind == "link":
        target = str(token.attrGet("href") or "")
        return [{"t": "link", "to": target, "c": children}] if target.startswith(_LINK_SCHEMES) else children
    if kind in ("thead", "tbody"):
        return children
    if kind == "paragraph" and token.hidden:
        return children
    if kind == "heading":
        return [{"t": "heading", "level": int(token.tag[1:]), "c": children}]
    return [{"t": _SPAN.get(kind) or _BLOCK.get(kind, "paragraph"), "c": children}]


def _leaf(token: Token) -> list[Node]:
    match token.type:
        case "text" | "html_inline" | "html_block":
            return [{"t": "text", "c": token.content}] if token.content else []
        case "softbreak":
            return [{"t": "text", "c": " "}]
        case "hardbreak":
            return [{"t": "break"}]
        case "code_inline":
            return [{"t": "code", "c": token.content}]
        case "fence" | "code_block":
            return [{"t": "listing", "c": token.content.rstrip("\n")}]
        case "hr":
            return [{"t": "rule"}]
        case "image":
            return [{"t": "text", "c": token.content}]
        case "math":
            return [_math_node(token.content)]
    return []


def _math_node(latex: str) -> Node:
    typeset = formula(latex)
    if typeset is None:
        return {"t": "code", "c": latex}
    return {"t": "math", "c": latex, **_measures(typeset)}


def _measures(typeset: Formula) -> Node:
    return {"svg": typeset.svg, "width": typeset.width_em, "height": typeset.height_em, "depth": typeset.depth_em}


def _text_of(inline: Token) -> str:
    return "".join(
        child.content if child.type != "softbreak" else " " for child in inline.children or [] if child.type != "image"
    )
