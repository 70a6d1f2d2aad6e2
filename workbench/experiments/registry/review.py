"""Review all past tests: how often they pay, what true effects look like, and what later data made of their claims."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

import pandas as pd

from workbench.errors import SpecError
from workbench.experiments.registry.checks import learning_checks
from workbench.experiments.registry.claims import claims_since
from workbench.experiments.registry.findings import learning_findings, remaining_share
from workbench.experiments.registry.programme import (
    LEVEL,
    ended,
    hit_rates,
    judge_tests,
    priors_by_kind,
    settled_tests,
)
from workbench.experiments.registry.shrinkage import EffectPrior
from workbench.result import Estimate, Provenance, Result, estimates_frame


@dataclass(frozen=True, kw_only=True)
class LearningReview(Result):
    """What all tests so far teach.

    Attributes:
        currency: ISO 4217 code of all money.
        kind: The kind of test that there is most of: the prior is of its tests.
        prior: How large its true effects are.
        tests: One row per settled test, latest first: `TEST_COLUMNS`.
        hits: How often tests shipped, by group: `HIT_COLUMNS`.
        claims: What later data made of past claims, `CLAIM_COLUMNS`.
    """

    analysis: ClassVar[str] = "learning_review"

    currency: str
    kind: str
    prior: EffectPrior
    tests: pd.DataFrame
    hits: pd.DataFrame
    claims: pd.DataFrame


def review_learnings(records: pd.DataFrame, *, currency: str, provenance: Provenance) -> LearningReview:
    """Review the registry.

    Args:
        records: All versions of all records, `RECORD_COLUMNS`.
        currency: ISO 4217 code; profits in other currencies aren't added up.
        provenance: The notebook's parameters; the records' hash and period are added.

    Raises:
        SpecError: If no test has been read out, or none is settled.
    """
    newest = records[records.newest] if len(records) else records
    settled = _settled(newest)
    priors = priors_by_kind(newest)
    kind = str(settled.kind.mode().iloc[0])
    tests = judge_tests(settled.assign(profit=settled.profit.where(settled.currency == currency)), priors)
    hits, claims = hit_rates(settled), claims_since(records, priors)
    return LearningReview(
        title="Learning review",
        estimates=estimates_frame(_estimates(tests, hits, priors[kind])),
        checks=learning_checks(newest, tests, claims, priors[kind], kind),
        findings=learning_findings(newest, tests, hits, claims, priors[kind], currency),
        provenance=_provenance(records, provenance),
        currency=currency,
        kind=kind,
        prior=priors[kind],
        tests=tests,
        hits=hits,
        claims=claims,
    )


def _settled(newest: pd.DataFrame) -> pd.DataFrame:
    if newest.empty:
        raise SpecError(
            "no test has been read out that fits; run `workbench run experiment_readout` first, or widen the filter"
        )
    settled = settled_tests(newest)
    if settled.empty:
        counted = ", ".join(f"{count} {verdict}" for verdict, count in newest.verdict.value_counts().items())
        raise SpecError(f"none of {len(newest)} tests is settled ({counted}); review them once one has ended")
    return settled


def _estimates(tests: pd.DataFrame, hits: pd.DataFrame, prior: EffectPrior) -> Iterator[Estimate]:
    for row in hits.itertuples():
        entity = row.name if row.of == "all" else f"{row.of}: {row.name}"
        yield Estimate(
            quantity="hit_rate",
            entity=str(entity),
            estimate=float(row.hit_rate),  # type: ignore[arg-type]
            lower=float(row.lower),  # type: ignore[arg-type]
            upper=float(row.upper),  # type: ignore[arg-type]
            unit="%",
            level=LEVEL,
        )
    yield Estimate(quantity="true_effect_mean", entity="next test", estimate=prior.mean, unit="%")
    yield Estimate(quantity="true_effect_sd", entity="next test", estimate=prior.sd, unit="%")
    yield Estimate(quantity="remaining_share", entity="shipped tests", estimate=remaining_share(tests), unit="%")


def _provenance(records: pd.DataFrame, provenance: Provenance) -> Provenance:
    told = records.sort_values("run_id").to_json(orient="records", date_format="iso")
    inputs = provenance.inputs | {"learnings": hashlib.sha256(str(told).encode()).hexdigest()[:16]}
    return replace(provenance, inputs=inputs, window=_window(records[records.newest]))


def _window(newest: pd.DataFrame) -> tuple[date, date]:
    last = ended(newest)
    return newest.start.fillna(last).min().date(), last.max().date()
