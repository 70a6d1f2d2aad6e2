"""Media mix: what each channel returned, and what the next unit of money would.

Importing this package costs numpy and xarray only; the model that is fitted lives in `workbench.mmm.fit`.
"""

from workbench.mmm.handoff import channel_returns
from workbench.mmm.response import ResponseModel
from workbench.mmm.result import MediaMixResult

__all__ = ["MediaMixResult", "ResponseModel", "channel_returns"]
