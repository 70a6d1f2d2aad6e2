"""What is kept on disk belongs to the sources that it was compiled from."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import workbench.mmm
from workbench.mmm.density import compiled


def test_fingerprint_covers_every_module_that_is_compiled():
    sources = Path(workbench.mmm.__file__).parent.rglob("*.py")
    marks = r"^import numba|density\.compiled import"
    assert {path for path in sources if re.search(marks, path.read_text(), re.M)} <= set(compiled.SOURCES)


def test_kept_function_is_fetched_by_the_fingerprint_of_all_sources():
    from workbench.mmm.density.callbacks import density_callback

    assert density_callback()._cache._cache_file._source_stamp == compiled.fingerprint()


@pytest.mark.slow
def test_a_process_that_compiles_and_one_that_fetches_compute_the_same_numbers(tmp_path):
    code = """
import numpy as np
from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.density.callbacks import density_at
from workbench.mmm.prepare import prepare
data = prepare(simulate(seed=1, markets=2).panel, MediaMix(), {}).data
value, gradient = density_at(np.random.default_rng(0).normal(size=len(data.centre)), data)
print(value.hex(), gradient.tobytes().hex())
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    run = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment).stdout
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*.nbc"))
    assert run[0] == run[1]


@pytest.mark.slow
def test_what_no_second_process_can_compile_is_compiled_here(tmp_path):
    code = """
import sys
sys.executable = ""
from workbench.mmm.density.callbacks import compile_density, forward_callback
compile_density()
print(forward_callback().address > 0)
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert run.stdout.strip() == "True"


def test_where_nothing_may_be_written_each_process_compiles_anew(tmp_path):
    code = """
import numpy as np
import workbench.scenarios.response.kernel
from workbench.scenarios.capacity.serving import _queued
print(_queued(0, np.zeros(1), np.zeros(1), np.zeros(1, dtype=np.int64), 0))
"""
    (tmp_path / "file").touch()
    nowhere = {"NUMBA_CACHE_DIR": str(tmp_path / "file"), "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"}
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=os.environ | nowhere
    )
    assert run.stdout.strip() == "0"
