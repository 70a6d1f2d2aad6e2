import pytest

from tests.runs.faults.quick import without_kernel
from workbench.runs import execute, staging


@pytest.fixture
def no_kernel(monkeypatch):
    """Runs execute nothing; a folder whose owner was killed before it signed is removed though it is young."""
    for name in ("_worker", "_supervise"):
        monkeypatch.setattr(execute, name, getattr(execute, name))
    monkeypatch.setattr(staging, "_GRACE_SECONDS", -1.0)
    without_kernel()
