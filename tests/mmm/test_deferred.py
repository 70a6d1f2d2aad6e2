"""A module that is deferred loads when it is asked for something, and not before."""

import subprocess
import sys

import pytest

from workbench.mmm.density.deferred import deferred


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_fit_loads_no_plots():
    assert run("import sys, workbench.mmm.fit; print('matplotlib' in sys.modules)") == "False"


def test_what_was_imported_inside_is_the_module_once_it_is_used():
    code = """
from workbench.mmm.density.deferred import deferred
with deferred("wave"):
    import wave as early
import sys
assert "wave" not in sys.modules
print(early.open.__name__, "wave" in sys.modules)
import wave
assert wave.open is early.open
"""
    assert run(code) == "open True"


def test_a_module_that_is_there_already_stays():
    before = sys.modules["pytest"]
    with deferred("pytest"):
        assert sys.modules["pytest"] is before
    assert sys.modules["pytest"] is before


def test_an_error_inside_leaves_nothing_behind():
    with pytest.raises(RuntimeError), deferred("module_that_is_nowhere"):
        raise RuntimeError
    assert "module_that_is_nowhere" not in sys.modules
