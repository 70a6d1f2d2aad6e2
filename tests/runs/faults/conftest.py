import pytest

from tests.runs.faults.quick import without_kernel
from workbench.runs import execute, staging


@pytest.fixture
def no_kernel(monkeypatch):
    """Runs execute nothing; a folder whose owner was killed before it signed is removed though it is young."""
    monkeypatch.setattr(execute, "_supervise", execute._supervise)
    monkeypatch.setattr(staging, "_GRACE_SECONDS", -1.0)
    without_kernel()
