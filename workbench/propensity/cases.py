"""Which score is meant, and the cases that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import ibis

from workbench.config import WorkspaceConfig
from workbench.config.customers import Score
from workbench.data.labelled import labelled_groups, labels_of
from workbench.errors import ConfigError
from workbench.propensity.customer_cases import customer_population
from workbench.propensity.leads import lead_population
from workbench.propensity.rows import Population

TABLES = {
    "lead": ("leads",),
    "conversion": ("transactions", "customers", "touchpoints"),
    "churn": ("transactions", "customers", "touchpoints"),
}


def chosen_score(declared: Mapping[str, Score], name: str = "") -> tuple[str, Score]:
    """A declared score with its name; the first where none is named.

    Raises:
        ConfigError: If none is declared, or none of that name.
    """
    known = ", ".join(declared)
    if not declared:
        raise ConfigError('no score is declared; add [scores.<name>] with kind = "lead", "conversion" or "churn"')
    chosen = name or next(iter(declared))
    if chosen not in declared:
        raise ConfigError(f"score {name!r} is not declared; name one of {known}")
    return chosen, declared[chosen]


def tables_of(spec: Score) -> tuple[str, ...]:
    """Canonical tables that a score may be made of, the one that it needs first."""
    return TABLES[spec.kind]


def collect_cases(
    table: Callable[[str], ibis.Table | None], spec: Score, config: WorkspaceConfig, *, as_of: date | None
) -> Population:
    """The cases that a score learns from and those it is to score.

    Args:
        table: Gives a canonical table by name, None where it isn't mapped; only what the score needs is asked for.
        spec: The score.
        config: How orders are read, and whose groups are compared.
        as_of: Day of scoring; nothing later is looked at. By default the last day on record.

    Raises:
        ConfigError: If a table that the score needs isn't mapped.
        DataError: If the outcome isn't recorded, never comes, or always does.
        SpecError: If the configuration names columns that aren't there, or the history is too short.
    """
    needed, *helpful = tables_of(spec)
    first = table(needed)
    if first is None:
        raise ConfigError(f"a score of kind {spec.kind!r} needs the table {needed}; add [tables.{needed}]")
    if spec.kind == "lead":
        found = lead_population(first, spec, as_of)
    else:
        found = customer_population(first, *(table(name) for name in helpful), spec=spec, config=config, as_of=as_of)
    # Groups are only read of: what is learnt and handed on keeps the names of the tables.
    groups = labelled_groups(found.training.groups, labels_of(config))
    return replace(found, training=replace(found.training, groups=groups))
