"""What the pages of apps load, for a process from which they are forked: importing it is most of what a page costs."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import plotly.graph_objects as go
import pyarrow.dataset
import pyarrow.pandas_compat
import pyarrow.parquet  # noqa: F401
import xarray as xr

import workbench.apps.experiments
import workbench.apps.index
import workbench.apps.media_mix
import workbench.apps.page_state
import workbench.apps.scenario_planner
import workbench.apps.segments
import workbench.mmm.result
import workbench.scenarios.capacity.serving
import workbench.scenarios.prepared  # noqa: F401
from workbench.apps.chart import chart
from workbench.scenarios.response.value import compile_response


def load_ahead() -> None:
    """Do once what every page does, as much of what it takes is only imported then; no thread is started, which a fork would lose."""
    _read()
    _draw()
    compile_response()


def _read() -> None:
    """A file of arrays; tables are read by threads, so their reader is imported only."""
    packed = xr.Dataset({"number": ("row", np.arange(3.0))}).to_netcdf(engine="h5netcdf")
    xr.load_dataset(BytesIO(packed), engine="h5netcdf")


def _draw() -> None:
    drawn = chart(go.Figure([go.Bar(x=[1.0], y=["a"]), go.Scatter(x=[1.0], y=[1.0])]), alt="")
    with drawn.batch_update():
        drawn.data[0].x = np.array([2.0])
        drawn.layout.xaxis.title.text = "a"
        drawn.layout.shapes, drawn.layout.annotations = [{"type": "line"}], [{"text": "a"}]
    drawn.close()
