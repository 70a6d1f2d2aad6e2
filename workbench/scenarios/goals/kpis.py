"""All KPIs in one registry: those that every company has, and its own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.config.goals import Kpi
from workbench.errors import SpecError
from workbench.scenarios.goals.formula import Formula, parse

MEDIA_MIX, SEGMENTATION = "a media mix (`workbench run media_mix`)", "a segmentation (`workbench run segmentation`)"
# What a formula may name, and where it comes from.
QUANTITIES = {
    "revenue": "the table kpi, or transactions",
    "conversions": "the table kpi, where it counts, or transactions",
    "spend": "the table media",
    "media_revenue": MEDIA_MIX,
    "margin": "planning.margin",
    "orders": "the table transactions",
    "order_revenue": "the table transactions",
    "customers": "the table transactions",
    "new_customers": "the table transactions",
    "earlier_customers": "the table transactions",
    "returning_customers": "the table transactions",
    "leads": "the table leads",
    "won_leads": "the table leads, with won_at",
    "won_value": "the table leads, with won_at and value",
    "ltv": SEGMENTATION,
}
CALLED = {
    "media_revenue": "revenue that media cause",
    "ltv": "the value of a new customer",
    "order_revenue": "revenue of orders",
    "customers": "the number of customers",
    "earlier_customers": "the number of earlier customers",
    "returning_customers": "the number of customers who return",
    "won_leads": "the number of leads won",
    "won_value": "the value of leads won",
}
# A readout of an experiment is one by its id: what its first treatment changed, as a share, and what its spend returned.
EFFECT, RETURN = "effect_", "iroas_"


@dataclass(frozen=True, kw_only=True)
class KpiRegistry:
    """KPIs by name.

    Attributes:
        kpis: Built-in ones and the company's own, which replace built-in ones of their name.
        experiments: Ids whose readouts formulas may name.
    """

    kpis: Mapping[str, Kpi]
    experiments: tuple[str, ...] = ()

    def label(self, name: str) -> str:
        return self.kpis[name].label or name

    def needs(self, name: str) -> tuple[str, ...]:
        """The quantities that a KPI is made of.

        Raises:
            SpecError: If it, or a name in its formula, isn't known, or formulas go in a circle.
        """
        found: dict[str, None] = {}
        for part in self._formula(name, ()).names:
            found |= dict.fromkeys((part,) if part in self._quantities else self.needs(part))
        return tuple(found)

    def value(self, name: str, quantities: Mapping[str, float | np.ndarray]) -> np.ndarray:
        """A KPI's value, by draw where any quantity is; NaN where it divides by zero.

        Raises:
            SpecError: As `needs`.
            KeyError: If a quantity has no value.
        """
        formula = self._formula(name, ())
        return formula(
            {
                part: quantities[part] if part in self._quantities else self.value(part, quantities)
                for part in formula.names
            }
        )

    def source(self, quantity: str) -> str:
        """Where a quantity comes from, in words."""
        return QUANTITIES.get(
            quantity, f"a readout of {quantity.partition('_')[2]} (`workbench run experiment_readout`)"
        )

    def of_a_run(self, quantity: str) -> bool:
        """Whether a run measures it, not a table."""
        return "`workbench run" in self.source(quantity)

    @cached_property
    def _quantities(self) -> frozenset[str]:
        read_out = {f"{kind}{name}" for name in self.experiments for kind in (EFFECT, RETURN)}
        return frozenset(QUANTITIES) | read_out

    def _formula(self, name: str, above: tuple[str, ...]) -> Formula:
        """The formula of a KPI, all names below it being known."""
        if name not in self.kpis:
            raise SpecError(self._unknown(name, above))
        if name in above:
            circle = " → ".join((*above[above.index(name) :], name))
            raise SpecError(f"the formula of {name} goes in a circle ({circle}); write one of them without the others")
        try:
            formula = parse(self.kpis[name].formula)
        except SpecError as error:
            raise SpecError(f"kpis.{name}: {error}") from None
        for part in formula.names:
            if part not in self._quantities:
                self._formula(part, (*above, name))
        return formula

    def _unknown(self, name: str, above: tuple[str, ...]) -> str:
        inside = f"kpis.{above[-1]} names {name!r}, which is neither a quantity nor a KPI" if above else ""
        told = inside or f"{name!r} is no KPI"
        known = sorted(self._quantities | self.kpis.keys()) if above else sorted(self.kpis)
        close = difflib.get_close_matches(name, known, n=1)
        return f"{told}; {f'did you mean {close[0]}?' if close else 'known are ' + ', '.join(known)}"


def in_words(quantity: str) -> str:
    """A quantity in a sentence.

    >>> in_words("new_customers"), in_words("ltv"), in_words("effect_winter_email")
    ('new customers', 'the value of a new customer', 'the effect of winter email')
    """
    if quantity.startswith((EFFECT, RETURN)):
        kind, _, name = quantity.partition("_")
        return f"the {'effect' if f'{kind}_' == EFFECT else 'return'} of {name.replace('_', ' ')}"
    return CALLED.get(quantity) or quantity.replace("_", " ")


def kpi_registry(own: Mapping[str, Kpi], currency: str, experiments: tuple[str, ...] = ()) -> KpiRegistry:
    """The registry of a company.

    Args:
        own: `[kpis]` of the workspace.
        currency: ISO 4217 code, the unit of money.
        experiments: Ids of declared experiments.
    """
    return KpiRegistry(kpis={**built_in(currency), **own}, experiments=experiments)


def built_in(currency: str) -> dict[str, Kpi]:
    """The KPIs that need no `[kpis]`."""
    return {
        "revenue": Kpi(formula="revenue", label="Revenue", unit=currency),
        "media_revenue": Kpi(formula="media_revenue", label="Revenue that media cause", unit=currency),
        "conversions": Kpi(formula="conversions", label="Conversions", unit="conversions"),
        "spend": Kpi(formula="spend", label="Media spend", unit=currency, higher_is_better=False),
        "orders": Kpi(formula="orders", label="Orders", unit="orders"),
        "customers": Kpi(formula="customers", label="Customers who ordered", unit="customers"),
        "new_customers": Kpi(formula="new_customers", label="New customers", unit="customers"),
        "leads": Kpi(formula="leads", label="Leads", unit="leads"),
        "roi": Kpi(formula="(media_revenue * margin - spend) / spend", label="Return on media investment", unit="%"),
        "roas": Kpi(formula="media_revenue / spend", label="Return on ad spend"),
        "cac": Kpi(
            formula="spend / new_customers", label="Cost of a new customer", unit=currency, higher_is_better=False
        ),
        "cpa": Kpi(formula="spend / conversions", label="Cost of a conversion", unit=currency, higher_is_better=False),
        "cpl": Kpi(formula="spend / leads", label="Cost of a lead", unit=currency, higher_is_better=False),
        "ltv": Kpi(formula="ltv", label="Value of a new customer", unit=currency),
        "ltv_to_cac": Kpi(formula="ltv / cac", label="Value of a new customer per cost"),
        "conversion": Kpi(formula="won_leads / leads", label="Leads won", unit="%"),
        "aov": Kpi(formula="order_revenue / orders", label="Average order value", unit=currency),
        "value_per_lead": Kpi(formula="won_value / leads", label="Value of a lead", unit=currency),
        "retention": Kpi(
            formula="returning_customers / earlier_customers", label="Customers who ordered again", unit="%"
        ),
    }
