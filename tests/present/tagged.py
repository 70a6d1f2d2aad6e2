"""What a screen reader finds in a PDF."""

from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader


def structure(node: Any) -> Iterator[Any]:
    """All elements of the PDF's structure tree."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            yield from structure(child)
    elif hasattr(node, "get"):
        yield node
        if "/K" in node:
            yield from structure(node["/K"])


def alternatives(reader: PdfReader) -> set[str]:
    """Alternative texts of all pictures."""
    return {item.get("/Alt") for item in structure(reader.trailer["/Root"]["/StructTreeRoot"])} - {None}
