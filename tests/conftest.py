"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same cases on every machine and day, so that a verdict is about the code; `make explore` looks for new ones.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("exploring", derandomize=False)
settings.load_profile("repeatable")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real and published data sets, which are not part of the repository."""
    folder = Path(os.environ.get("WORKBENCH_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real data sets are not here; set WORKBENCH_SHARED_DATA to their folder")
    return folder
