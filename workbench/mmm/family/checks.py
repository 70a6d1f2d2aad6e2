"""Named check of how much a channel's return depends on the form of the model."""

from __future__ import annotations

import pandas as pd

from workbench.mmm.family.fit import Family
from workbench.mmm.family.summary import ALL_FORMS, roas_by_form
from workbench.result import Check
from workbench.wording import count, number, percent

# Of an equal share.
WELL_WEIGHTED = 0.5
LIMIT = 1.0


def form_sensitivity_check(family: Family) -> Check:
    """Fails where a return moves over forms that foresee well by more than the 90% interval of the configured form is wide."""
    moves = form_moves(family)
    worst = moves.iloc[int(moves["ratio"].argmax())]
    sensitive = [str(name) for name in moves.loc[moves["ratio"] > LIMIT, "channel"]]
    plausible = int((family.weights >= WELL_WEIGHTED / len(family.members)).sum())
    found = (
        f"{count(len(family.members))} models that differ in curves, carry-over and trend were fitted; over the {count(plausible)} "
        f"that foresee {family.origins} × {family.horizon} weeks well, the return of {worst['channel']} moves most, from "
        f"{number(worst['least'])} to {number(worst['most'])}, {percent(worst['ratio'], 0)} of its interval's width"
    )
    mend = f"; what is said of {', '.join(sensitive)} depends on the form of the model: run a test" if sensitive else ""
    return Check(
        name="form_sensitivity",
        passed=not sensitive,
        value=float(worst["ratio"]),
        threshold=LIMIT,
        detail=f"{found}{mend}.",
    )


def form_moves(family: Family) -> pd.DataFrame:
    """How far each return moves: `channel`, `least`, `most` over well-weighted forms, and `ratio` to the configured interval."""
    table = roas_by_form(family)
    configured = table[table["form"] == family.members[0].form.name].set_index("channel")
    well = table[(table["form"] != ALL_FORMS) & (table["weight"] >= WELL_WEIGHTED / len(family.members))]
    moves = well.groupby("channel", sort=False)["estimate"].agg(least="min", most="max")
    width = configured["upper"] - configured["lower"]
    return moves.assign(ratio=(moves["most"] - moves["least"]) / width).reset_index()
