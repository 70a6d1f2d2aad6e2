"""How the density is compiled: plain loops to machine code, kept on disk until one of its sources changes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numba

# No "nnan" and "ninf": what isn't finite must stay so, for the sampler to see it.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"reassoc", "contract", "arcp", "nsz"}}
HERE = Path(__file__).parent
SOURCES = (*sorted(HERE.glob("*.py")), HERE.parent / "shapes" / "saturation.py")

# Only compiled code calls these: what Python would need for it takes a quarter of the time to compile.
UNWRAPPED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

# Inlined everywhere, it is the same machine code in a process that has just compiled it and in one that fetched it from disk.
compiled = numba.njit(forceinline=True, **OPTIONS, **UNWRAPPED)
# Called from one place: part of the caller before anything is compiled, or each caller's caller would compile it again.
once = numba.njit(inline="always", **OPTIONS, **UNWRAPPED)


def keep[Compiled: Any](function: Compiled, *sources: Path) -> Compiled:
    """Keep a compiled function on disk for as long as all of `SOURCES`, and its own besides, stay as they are.

    By itself, numba looks at the file of the function alone, not at those that it calls. Where nothing may be written beside the
    sources, in the user's home or where `NUMBA_CACHE_DIR` says, each process compiles anew.
    """
    try:
        function.enable_caching()
    except RuntimeError:
        return function
    function._cache._cache_file._source_stamp = fingerprint(*sources)
    return function


def fingerprint(*sources: Path) -> str:
    """Digest of `SOURCES` and others."""
    return hashlib.sha256(b"".join(source.read_bytes() for source in (*SOURCES, *sources))).hexdigest()
