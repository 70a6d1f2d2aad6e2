"""papermill without what it imports and notebooks never need: half a second of processor time a run.

jsonschema checks formats that the notebook format doesn't have, by a grammar of all internationalised addresses among others; papermill
looks for Hadoop file systems through Arrow, whose import starts a thread besides.
"""

from __future__ import annotations

import sys

_NEVER_NEEDED = ("rfc3987_syntax", "rfc3986_validator", "isoduration", "webcolors", "fqdn")
_NOT_BY_PAPERMILL = ("pyarrow",)
_LESS_THAN_WHOLE = ("papermill", "jsonschema")


def import_papermill() -> None:
    """Import papermill lightly; only for processes that do nothing but run notebooks."""
    away = [name for name in (*_NEVER_NEEDED, *_NOT_BY_PAPERMILL) if name not in sys.modules]
    sys.modules.update(dict.fromkeys(away))  # type: ignore[arg-type]
    import papermill.execute  # noqa: F401

    for name in _NOT_BY_PAPERMILL:
        if sys.modules.get(name, ...) is None:
            del sys.modules[name]


def forget_light() -> None:
    """For a forked process that becomes a kernel: whatever its notebook imports is whole."""
    for name, module in list(sys.modules.items()):
        if (module is None and name in _NEVER_NEEDED) or name.partition(".")[0] in _LESS_THAN_WHOLE:
            del sys.modules[name]
