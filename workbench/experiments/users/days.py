"""Days that can't be: a test that is read before it began, users who come from the future."""

from __future__ import annotations

from datetime import date, timedelta

from workbench.config import UserExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments.users.measure import MeasuredTest

# Units may be stored in the days of another time zone than that of the plan and the reader.
NEIGHBOUR = timedelta(days=1)


def require_past(measured: MeasuredTest, spec: UserExperiment, today: date) -> None:
    """Refuse to read what hasn't happened yet: in the evening, west of Greenwich, units may well be of tomorrow's date.

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
    if last > today + NEIGHBOUR:
        raise DataError(
            f"units of experiment {name} were assigned up to {last}, after the day of reading ({today}); mend assigned_at, or read "
            "the test on a later day"
        )
    exposed = measured.exposures.last
    if exposed is not None and exposed > today + NEIGHBOUR:
        raise DataError(
            f"units of experiment {name} met the treatment up to {exposed}, after the day of reading ({today}); mend exposed_at, or read "
            "the test on a later day"
        )
