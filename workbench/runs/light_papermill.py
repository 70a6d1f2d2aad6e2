"""papermill without what it imports and notebooks never need: half a second of processor time a run.

jsonschema checks formats that the notebook format doesn't have, by a grammar of all internationalised addresses among others; papermill
looks for Hadoop file systems through Arrow, whose import starts a thread besides, and reads notebooks from the web.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from workbench.runs.absent_modules import absent

_NEVER_NEEDED = ("rfc3987_syntax", "rfc3986_validator", "isoduration", "webcolors", "fqdn")
_ONCE_USED = ("requests",)
_LESS_THAN_WHOLE = ("papermill", "jsonschema")


def import_papermill() -> None:
    """Import papermill lightly; only for processes that do nothing but run notebooks."""
    sys.modules.update(dict.fromkeys(name for name in _NEVER_NEEDED if name not in sys.modules))  # type: ignore[arg-type]
    sys.modules.update({name: _loaded_once_used(name) for name in _ONCE_USED if name not in sys.modules})
    with absent("pyarrow"):
        import papermill.execute  # noqa: F401


def forget_light() -> None:
    """For a forked process that becomes a kernel: whatever its notebook imports is whole."""
    for name, module in list(sys.modules.items()):
        never = module is None and name in _NEVER_NEEDED
        unused = name in _ONCE_USED and getattr(module, "__spec__", None) is None
        if never or unused or name.partition(".")[0] in _LESS_THAN_WHOLE:
            del sys.modules[name]


def _loaded_once_used(name: str) -> ModuleType:
    """Stands for a module, which is imported when something of it is first asked for."""
    stand_in = ModuleType(name)

    def found(attribute: str) -> Any:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in.__getattr__ = found  # type: ignore[method-assign]
    return stand_in
