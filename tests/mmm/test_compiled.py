"""What is kept on disk belongs to the sources that it was compiled from."""

import re
from pathlib import Path

from workbench.mmm import compiled


def test_fingerprint_covers_every_module_that_is_compiled():
    folder = Path(compiled.__file__).parent
    decorated = {
        path.stem for path in folder.glob("*.py") if re.search(r"^import numba|mmm\.compiled", path.read_text(), re.M)
    }
    assert decorated <= set(compiled.SOURCES)


def test_kept_function_is_fetched_by_the_fingerprint_of_all_sources():
    from workbench.mmm.density import log_density

    assert log_density._cache._cache_file._source_stamp == compiled.fingerprint()
