"""What is kept on disk belongs to the sources that it was compiled from."""

import re
from pathlib import Path

import workbench.mmm
from workbench.mmm.density import compiled


def test_fingerprint_covers_every_module_that_is_compiled():
    sources = Path(workbench.mmm.__file__).parent.rglob("*.py")
    marks = r"^import numba|density\.compiled import"
    assert {path for path in sources if re.search(marks, path.read_text(), re.M)} <= set(compiled.SOURCES)


def test_kept_function_is_fetched_by_the_fingerprint_of_all_sources():
    from workbench.mmm.density.callbacks import density_callback

    assert density_callback()._cache._cache_file._source_stamp == compiled.fingerprint()
