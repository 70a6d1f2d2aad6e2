"""Fit the media mix: the one function that notebooks call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.mmm.checks.convergence import convergence_check
from workbench.mmm.checks.extrapolation import extrapolation_check
from workbench.mmm.checks.identifiability import (
    correlations,
    history_check,
    spend_checks,
)
from workbench.mmm.checks.learnt import learnt_check, learnt_estimates, learnt_from_data
from workbench.mmm.checks.lift_agreement import lift_checks
from workbench.mmm.checks.lift_conflict import conflict_checks, lift_evidence, response_without_tests
from workbench.mmm.checks.outliers import outliers_check
from workbench.mmm.checks.predictive import fit_check, predictive_coverage_check, shared_shocks_check
from workbench.mmm.checks.prior_beliefs import prior_checks
from workbench.mmm.checks.residuals import residual_autocorrelation_check
from workbench.mmm.checks.rising_returns import rising_returns_checks
from workbench.mmm.checks.stability import stability_check
from workbench.mmm.density.parameters import natural
from workbench.mmm.density.sample import Sample
from workbench.mmm.findings import media_mix_findings
from workbench.mmm.labels import TITLE
from workbench.mmm.posterior.coefficients import draw_baseline
from workbench.mmm.posterior.dataset import posterior_dataset
from workbench.mmm.posterior.decomposition import Decomposition, decompose
from workbench.mmm.posterior.estimates import media_mix_estimates
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.posterior.lift_effects import WithAndWithoutTests, lift_effects_frame
from workbench.mmm.posterior.tables import contributions_frame, curves_frame, fit_frame, totals_frame
from workbench.mmm.prepare import Prepared
from workbench.mmm.response import ResponseModel
from workbench.mmm.result import MediaMixResult
from workbench.mmm.sampling import CHAINS, Effort, Standard, sample_to_standard, saved_draws
from workbench.result import Check, Provenance, estimates_frame

CONVERGED = Standard(
    is_met=lambda sample: convergence_check(sample).passed is True, longer=1, target_accept=0.97, more=2
)


def fit_media_mix(
    prepared: Prepared,
    *,
    provenance: Provenance,
    seed: int,
    title: str = TITLE,
    draws: int | None = None,
    tune: int | None = None,
    chains: int = CHAINS,
    last: MediaMixResult | None = None,
) -> MediaMixResult:
    """Estimate what each channel caused.

    Args:
        prepared: The model with its data; see `prepare`.
        provenance: Where the data came from.
        seed: Random seed.
        title: Of the report.
        draws: Posterior draws a chain; by default 1,000 but for very large models, and 800 where `last` says where to start.
        tune: Warm-up draws a chain; likewise.
        chains: Independent chains.
        last: An earlier fit of nearly the same data, whose end is where this one starts, with a tenth of the warm-up; one of
            other channels, markets or forms is only compared with.

    Raises:
        FitError: If the sampler fails.
    """
    start = prepared.start_of(last.posterior) if last else None
    effort = Effort.of_fit(prepared.layout.size, draws=draws, tune=tune, chains=chains, warm=start is not None)
    sample = sample_to_standard(CONVERGED, prepared, effort, seed=seed, start=start)
    result = summarise_fit(sample, prepared, provenance=provenance, seed=seed).but(title=title)
    return result.but(checks=(*result.checks, stability_check(result, last))) if last else result


def summarise_fit(sample: Sample, prepared: Prepared, *, provenance: Provenance, seed: int) -> MediaMixResult:
    """Tables, checks and findings of a posterior sample."""
    design = prepared.design
    panel, rng = design.panel, np.random.default_rng(seed)
    drawn = natural(sample.flat(saved_draws(prepared.layout.size)), design, prepared.priors)
    response = response_model(drawn, design)
    baseline = draw_baseline(response, drawn, design, prepared.rotation, rng)
    parts = decompose(response, baseline, drawn, design, prepared.rotation, rng)
    posterior = posterior_dataset(response, baseline, drawn, design, prepared.priors, sample.start, rng)
    learnt = learnt_from_data(posterior)
    estimates = pd.concat(
        [media_mix_estimates(response, parts, design), estimates_frame(learnt_estimates(posterior))], ignore_index=True
    )
    labels = prepared.labels
    compared = _without_tests(response, prepared, seed)
    checks = _checks(sample, prepared, response, parts, learnt, compared, seed)
    result = MediaMixResult(
        title=TITLE,
        estimates=estimates,
        checks=checks,
        provenance=provenance,
        currency=panel.currency,
        posterior=posterior,
        contributions=contributions_frame(parts, design),
        totals=totals_frame(parts, design),
        fit=fit_frame(parts, design),
        curves=curves_frame(response),
        lift_effects=lift_effects_frame(compared, design),
        labels=labels.channels,
        market_labels=labels.markets,
    )
    findings = media_mix_findings(estimates, checks, learnt, correlations(panel), labels.channels, result.last_change)
    return result.but(findings=findings)


def _without_tests(response: ResponseModel, prepared: Prepared, seed: int) -> WithAndWithoutTests | None:
    """What the lift tests changed; None where there are none."""
    design, tests = prepared.design, prepared.tests
    if not len(tests):
        return None
    history = response_without_tests(prepared, seed=seed)
    evidence = tuple(lift_evidence(history, response, design, tests))
    return WithAndWithoutTests(history=history, together=response, evidence=evidence)


def _checks(
    sample: Sample,
    fitted: Prepared,
    drawn: ResponseModel,
    parts: Decomposition,
    known: Mapping[str, float],
    compared: WithAndWithoutTests | None,
    seed: int,
) -> tuple[Check, ...]:
    """Of sampling, of the fit, of what the data can tell, and of what was believed, in the names that reports use."""
    labels, prepared = fitted.labels, fitted.labelled
    response, learnt = labels.on_response(drawn), labels.on_channels(known)
    evidence = [replace(one, channel=labels.channels[one.channel]) for one in (compared.evidence if compared else ())]
    design, priors, tests, fits = prepared.design, prepared.priors, prepared.tests, prepared.quick_fits
    panel = design.panel
    return (
        convergence_check(sample),
        predictive_coverage_check(parts, design),
        *spend_checks(design, priors, fits),
        learnt_check(learnt, design, priors, fits),
        *lift_checks(response, design, tests),
        *conflict_checks(evidence, panel.currency),
        *rising_returns_checks(response, priors),
        *([shared_shocks_check(parts, design)] if len(panel.markets) > 1 and not design.shared_weeks else []),
        residual_autocorrelation_check(parts, design),
        fit_check(parts, design),
        extrapolation_check(response, panel.currency),
        history_check(panel, design.carry_over_weeks),
        outliers_check(design),
        *prior_checks(prepared.beliefs(seed=seed), seed),
    )
