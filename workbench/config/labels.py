"""What reports call channels and markets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def unmistakable(names: Sequence[str], labels: Mapping[str, str]) -> dict[str, str]:
    """A label for each name; two of the same label keep their own names beside it.

    >>> unmistakable(["tv", "video", "ctv"], {"tv": "TV", "ctv": "TV"})
    {'tv': 'TV (tv)', 'video': 'video', 'ctv': 'TV (ctv)'}
    """
    called = [labels.get(name) or name for name in names]
    pairs = zip(names, called, strict=True)
    return {name: label if called.count(label) == 1 else f"{label} ({name})" for name, label in pairs}
