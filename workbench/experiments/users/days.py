"""Days that can't be: a test that is read before it began, users who come from the future."""

from __future__ import annotations

from datetime import date

from workbench.config import UserExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments.users.measure import MeasuredTest


def require_past(measured: MeasuredTest, spec: UserExperiment, today: date) -> None:
    """Refuse to read what hasn't happened yet.

    Raises:
        SpecError: If the test starts after the day of reading.
        DataError: If units were assigned or met the treatment after it.
    """
    name = measured.experiment_id
    if spec.start is not None and spec.start > today:
        raise SpecError(
            f"experiment {name} starts on {spec.start}, after the day of reading ({today}); mend its start, or read it later"
        )
    last = max((day for days in measured.daily.values() for day in days), default=today)
    if last > today:
        raise DataError(
            f"units of experiment {name} were assigned up to {last}, after the day of reading ({today}); mend assigned_at, or read "
            "the test on a later day"
        )
    exposed = measured.exposures.last
    if exposed is not None and exposed > today:
        raise DataError(
            f"units of experiment {name} met the treatment up to {exposed}, after the day of reading ({today}); mend exposed_at, or read "
            "the test on a later day"
        )
