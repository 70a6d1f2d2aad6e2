"""Every app's notebook runs on published results, is short, and loads no stack that only models, draws for print or reads tables."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from workbench.publish.publication import record_path

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks" / "apps").glob("*.ipynb"))
HEAVY = {"pymc", "pytensor", "arviz", "arviz_stats", "nutpie", "matplotlib", "seaborn", "sklearn", "statsmodels"}
HEAVY |= {"duckdb", "ibis", "sqlalchemy"}
RUN = """
import json, sys
for source in json.loads(sys.stdin.read()):
    exec(source, globals())
print(json.dumps(sorted({each.partition(".")[0] for each in sys.modules})))
"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_four_or_five_cells(path):
    assert 4 <= len(nbformat.read(path, as_version=4).cells) <= 5


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_app_loads_results_and_nothing_heavier(path, published_workspace):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    environment = os.environ | {
        "WORKBENCH_WORKSPACE": str(published_workspace.root),
        "WORKBENCH_PUBLISHED": str(record_path(published_workspace)),
    }
    ran = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(cells),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert HEAVY & set(json.loads(ran.stdout.splitlines()[-1])) == set()
