"""Import a library without one that it only needs for what we don't ask of it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def deferred(name: str) -> Iterator[None]:
    """Whoever imports the module inside gets one that loads itself when it is first asked for something."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = _Deferred(name)
    try:
        yield
    finally:
        if isinstance(sys.modules[name], _Deferred):
            del sys.modules[name]


class _Deferred(ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        # What walks over all modules, as `inspect` does, must not wake it.
        self.__spec__ = find_spec(name)
        self.__file__ = self.__spec__.origin if self.__spec__ else None

    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self.__name__), attribute)
