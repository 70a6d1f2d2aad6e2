"""The one shared artefact: estimates with intervals, checks, findings and provenance.

Models make results, figures and reports read them. A result saves to a folder of open formats:
data frames as Parquet, `xarray.Dataset` as NetCDF, everything else as JSON. A domain adds fields of its
own by subclassing; they are saved by their declared type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self, get_type_hints

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from workbench.errors import DataError
from workbench.replaced_folder import replaced_folder

RESULT_FILE = "result.json"
FORMAT = 1
# Marks a field that earlier versions didn't save: their results load with its default.
LATER: Mapping[str, bool] = MappingProxyType({"later": True})
ESTIMATE_COLUMNS = ("quantity", "entity", "estimate", "lower", "upper", "unit", "level")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number with its interval.

    Attributes:
        quantity: What was estimated, in the field's words: `roas`, `lift`, `clv`.
        entity: Whose number it is: a channel, a segment, `variant/metric`.
        estimate: The point estimate.
        lower: Lower end of the interval, NaN where there is none.
        upper: Upper end of the interval, NaN where there is none.
        unit: The currency's code, `%`, `orders`, or empty for a pure number.
        level: The interval's probability in (0, 1), NaN where there is no interval.
    """

    quantity: str
    entity: str
    estimate: float
    lower: float = np.nan
    upper: float = np.nan
    unit: str = ""
    level: float = np.nan


@dataclass(frozen=True, kw_only=True)
class Check:
    """One named check; a failed one is data and stands on page one.

    Attributes:
        name: Stable name, such as `convergence` or `sample_ratio`.
        passed: True, False, or None where the check only informs.
        value: The number that was judged, NaN where there is none.
        threshold: What it was judged against, NaN where there is none.
        detail: One plain sentence: what was found and, if it failed, what to do.
        title: What page one calls it, where that follows from more than its name.
        brief: What page one says if it failed, where `detail` is too long for it.
    """

    name: str
    passed: bool | None
    value: float = np.nan
    threshold: float = np.nan
    detail: str = ""
    title: str = ""
    brief: str = ""

    def __post_init__(self) -> None:
        # numpy's False is not False, and a failed check that came of an array would go unseen.
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a result came from.

    Attributes:
        inputs: Fingerprint of each input by its name (tables, earlier results).
        window: First and last day of the data used.
        parameters: The analysis' parameters.
        seed: Random seed.
        commit: Git commit of the code, empty outside a checkout.
        versions: Version of each package that made the numbers.
        created_at: When the result was made (UTC).
    """

    inputs: dict[str, str] = field(default_factory=dict)
    window: tuple[date, date] | None = None
    parameters: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    seed: int | None = None
    commit: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    created_at: datetime | None = None


def estimates_frame(rows: Iterable[Estimate]) -> pd.DataFrame:
    """Put estimates into the tidy table, one row per `(quantity, entity)`.

    Raises:
        DataError: If a `(quantity, entity)` occurs twice or an interval excludes its own order.
    """
    frame = pd.DataFrame([vars(row) for row in rows], columns=list(ESTIMATE_COLUMNS))
    frame = frame.astype(dict.fromkeys(("quantity", "entity", "unit"), "str"))
    frame = frame.astype(dict.fromkeys(("estimate", "lower", "upper", "level"), "float64"))
    repeated = frame[frame.duplicated(["quantity", "entity"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise DataError(f"estimates hold {first.quantity} of {first.entity} twice; one row per (quantity, entity)")
    crossed = frame[frame.lower > frame.upper]
    if len(crossed):
        first = crossed.iloc[0]
        raise DataError(
            f"the interval of {first.quantity} of {first.entity} runs from {first.lower} to {first.upper}; "
            "lower must not exceed upper"
        )
    return frame


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an analysis found: shared by every report, app and later analysis.

    Attributes:
        title: The report's title.
        estimates: Tidy table with the columns `ESTIMATE_COLUMNS`; see `estimates_frame`.
        checks: Named checks, in the order in which a reader should meet them.
        findings: The sentences of page one, in order of money at stake.
        provenance: Where the numbers came from.
    """

    analysis: ClassVar[str] = "result"

    title: str
    estimates: pd.DataFrame
    checks: tuple[Check, ...] = ()
    findings: tuple[str, ...] = ()
    provenance: Provenance = Provenance()

    def estimate(self, quantity: str, entity: str) -> Estimate:
        """One row of `estimates`.

        Raises:
            KeyError: If there is no such row.
        """
        match = self.estimates[(self.estimates.quantity == quantity) & (self.estimates.entity == entity)]
        if match.empty:
            raise KeyError(f"no estimate of {quantity} for {entity}")
        return Estimate(**{str(name): value for name, value in match.iloc[0].items()})

    @property
    def stamp(self) -> str:
        """What every page of a report says above all else: why the result may not be used; empty for one that may."""
        return ""

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.passed is False)

    def with_checks(self, *checks: Check) -> Self:
        """The same result with further checks at the end."""
        return replace(self, checks=(*self.checks, *checks))

    def save(self, folder: Path) -> None:
        """Write all fields to `folder`, replacing it as a whole: never half a result."""
        with replaced_folder(Path(folder)) as staged:
            self._write(staged)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; `Result.load` reads the shared part of any domain's result.

        Raises:
            DataError: If the folder holds no result, or one of another analysis.
        """
        folder = Path(folder)
        stored = _read_json(folder / RESULT_FILE)
        if cls is not Result and stored["analysis"] != cls.analysis:
            raise DataError(
                f"{folder} holds a result of {stored['analysis']}, not of {cls.analysis}; name another folder"
            )
        hints = get_type_hints(cls)
        kept = [f for f in fields(cls) if not f.metadata.get("later") or _is_saved(folder, f.name, stored["fields"])]
        return cls(**{f.name: _read_field(folder, f.name, hints[f.name], stored["fields"]) for f in kept})

    def _write(self, folder: Path) -> None:
        hints = get_type_hints(type(self))
        plain: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "checks":
                _checks_frame(value).to_parquet(folder / "checks.parquet", index=False)
            elif isinstance(value, pd.DataFrame):
                value.to_parquet(folder / f"{f.name}.parquet", index=False)
            elif type(value).__name__ == "Dataset":
                value.to_netcdf(folder / f"{f.name}.nc", engine="h5netcdf")
            else:
                plain[f.name] = _strict(TypeAdapter(hints[f.name]).dump_python(value, mode="json"))
        stored = {"analysis": self.analysis, "format": FORMAT, "fields": plain}
        text = json.dumps(stored, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / RESULT_FILE).write_text(text, encoding="utf-8")


def analysis_of(folder: Path) -> str:
    """Name of the analysis whose result lies in `folder`."""
    return str(_read_json(Path(folder) / RESULT_FILE)["analysis"])


def _is_saved(folder: Path, name: str, plain: Mapping[str, Any]) -> bool:
    return name in plain or any((folder / f"{name}{suffix}").exists() for suffix in (".parquet", ".nc"))


def _read_field(folder: Path, name: str, annotation: Any, plain: Mapping[str, Any]) -> Any:
    if name in plain:
        return TypeAdapter(annotation).validate_python(plain[name])
    if (folder / f"{name}.parquet").exists():
        frame = pd.read_parquet(folder / f"{name}.parquet")
        return _checks_of(frame) if name == "checks" else frame
    if (folder / f"{name}.nc").exists():
        import xarray as xr

        return xr.load_dataset(folder / f"{name}.nc", engine="h5netcdf")
    raise DataError(f"{folder} lacks the field {name}; the result was saved by another version, run the notebook again")


def _checks_frame(checks: Iterable[Check]) -> pd.DataFrame:
    frame = pd.DataFrame([vars(check) for check in checks], columns=[f.name for f in fields(Check)])
    words = dict.fromkeys(("name", "detail", "title", "brief"), "str")
    return frame.astype(words | {"passed": "boolean", "value": "float64", "threshold": "float64"})


def _checks_of(frame: pd.DataFrame) -> tuple[Check, ...]:
    rows = frame.astype({"passed": object}).to_dict("records")
    return tuple(
        Check(**{**row, "passed": None if pd.isna(row["passed"]) else bool(row["passed"])})  # type: ignore[arg-type]
        for row in rows
    )


def _strict(value: Any) -> Any:
    """JSON has no NaN or infinity: spell them as strings, which a float field reads back."""
    if isinstance(value, float) and not np.isfinite(value):
        return "NaN" if np.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strict(item) for item in value]
    return value


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{path.parent} holds no saved result ({path.name} is missing); run its notebook first"
        ) from None
