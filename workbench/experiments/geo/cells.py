"""A test with several groups of treated markets, read as one test for each group and one for all of them."""

from __future__ import annotations

from workbench.config import GeoExperiment


def treated_markets(spec: GeoExperiment) -> tuple[str, ...]:
    """All treated markets, of whichever cell."""
    return spec.treated or tuple(market for markets in spec.cells.values() for market in markets)


def whole_test(spec: GeoExperiment) -> GeoExperiment:
    """All treated markets as one group; its change of spend is known where every cell's is."""
    if not spec.cells:
        return spec
    known = spec.cells.keys() <= spec.spend_changes.keys()
    spend = sum(spec.spend_changes.values()) if known else spec.spend_change
    return spec.model_copy(update={"treated": treated_markets(spec), "cells": {}, "spend_change": spend})


def cell_tests(spec: GeoExperiment, experiment_id: str) -> dict[str, GeoExperiment]:
    """One test for each cell, in the order declared; a test without cells is its own only one.

    With C cells each interval is wide enough that all of them hold at once at the declared level (Bonferroni).
    """
    if not spec.cells:
        return {experiment_id: spec}
    level = 1 - (1 - spec.confidence) / len(spec.cells)
    return {
        name: spec.model_copy(
            update={
                "treated": markets,
                "cells": {},
                "markets": (),
                "spend_change": spec.spend_changes.get(name),
                "confidence": level,
            }
        )
        for name, markets in spec.cells.items()
    }
