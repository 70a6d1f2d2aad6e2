"""Checks as page one calls them, where the name that analysts know them by says nothing to other readers.

A title is what holds if the check passes, or the subject of one that only informs.
"""

from __future__ import annotations

CARRIED = "media_mix_"
FAIRNESS = "fairness_"
TITLES = {
    "experiment_readout": {
        "assignment": "Assigned before treated",
        "balance": "Arms alike before the test",
        "chi_squared": "Shares of the arms in a single look",
        "convergence": "Calculation settled",
        "donors": "Enough markets to compare with",
        "enough_outcomes": "Enough outcomes",
        "lift_days": "Days that the media mix reads",
        "outcome_variation": "Metrics vary",
        "overlapping_tests": "No other test in the way",
        "parts_add_up": "What parts do on their own",
        "placebo_in_space": "Other markets as usual",
        "placebo_in_time": "No effect before the test",
        "planned_days": "Assigned as planned",
        "pre_fit": "Comparison moves alike",
        "pre_period": "Enough history",
        "primary_metric": "What decides",
        "relative_effects": "Absolute and relative agree",
        "sample_ratio": "Arms have their shares",
        "segments": "No group is harmed",
        "stands_out": "Rank among other markets",
    },
    "performance_review": {
        "forecast_bias": "The plan foresaw neither too much nor too little",
        "forecast_intervals": "Weeks came inside their intervals",
        "plan_promise": "The plan promises no more than it holds",
        "spend_as_planned": "Spend as planned",
        "triggers": "No trigger has sounded",
    },
    "experiment_design": {
        "aa_replay": "No false claims on",
        "enough_units": "Enough users in time",
        "left_out": "Customers left out",
        "lift_within_reach": "The lift can be seen",
        "unplanned_metrics": "Metrics left out",
        "worth_finding": "The change pays",
    },
    "segmentation": {
        "better_than_own_rates": "Beats each customer's own past rate",
        "cutoffs": "Where segments begin",
        "consent": "Consent to profiling",
        "dropout_identified": "Who left can be told",
        "draws": "Uncertainty can be drawn:",
        "drift_of_features": "Customers buy as in the last run",
        "drift_of_scores": "Scores as in the last run",
        "erasure": "Erased customers",
        "groups_missing": "Groups that are known",
        "groups_pooled": "Groups compared fairly",
        "holdout_bias": "Foresees the purchases that came",
        "one_time_buyers": "Customers who bought once",
        "orders_after_acquisition": "Orders after acquisition",
        "parameters_identified": "The data tell all of",
        "purchase_model": "Which model was chosen",
        "purchases": "What counts as a purchase",
        "returns": "Returns",
        "subscription_retention": "Renewals follow the curve",
        "subscriptions_foreseen": "Foresees the renewals that came",
        "value_independent_of_frequency": "Amount doesn't depend on rhythm",
    },
    "scenario_planning": {
        "cut_order": "Cuts can stop anywhere",
        "optimality_gap": "Near the best plan",
        "reinvest_order": "Additions can stop anywhere",
        "room_for_plan": "Teams have room",
        "scenario_plans": "Plans ready for other worlds",
        "trigger_false_alarms": "Triggers are silent on plan",
        "stability": "Small changes move little",
        "trigger_power": "Triggers hear a fall",
        "within_observed_spend": "Spend that was tried",
    },
    "propensity": {
        "calibration": "Probabilities hold",
        "consent": "Consent to being scored",
        "drift_of_columns": "Columns spread as in the last run",
        "drift_of_the_score": "Probabilities spread as in the last run",
        "erasure": "Erased customers",
        "judged_later": "Judged on later cases",
        "leakage": "Nothing known only afterwards",
        "left_out": "Columns left out",
        "line": "Line drawn where it pays",
        "outcome": "What was learnt from",
        "rehearsal": "Past cases scored",
        "selection": "Whom to act on",
        "skill": "Better than chance",
        "stable_ranking": "Holds over time",
    },
    "next_best_action": {
        "consent": "Consent to be contacted",
        "contacts_of_known_customers": "Contacts are known",
        "differences": "Who responds",
        "erasure": "Erased customers",
        "holdout": "Enough left alone",
        "measured_effects": "Effects were measured",
        "near_the_best_plan": "Near the best plan",
        "recorded_draws": "Drawn as recorded",
        "rule_on_past_draws": "Rule earned on past draws",
        "same_in_all_campaigns": "Same effect every time",
    },
    "learning_review": {
        "beliefs_written_down": "Each test says what it puts to the proof",
        "claims_stand": "Past claims still hold",
        "enough_tests": "Enough tests to learn from",
        "large_enough_tests": "Tests large enough",
        "no_pile_at_the_threshold": "No result pushed over the line",
        "valid_tests": "Tests carried out soundly",
    },
    "media_mix": {
        "collinear_spend": "Channels move apart",
        "controls": "Other causes change",
        "convergence": "Calculation settled",
        "extrapolation_range": "Spend that was tried",
        "form_sensitivity": "Other models agree",
        "holdout": "Forecasts unseen weeks",
        "holdout_without_media": "Media help the forecast",
        "learnt_from_data": "Learnt from data",
        "lift_agreement": "Model agrees with tests",
        "lift_conflict": "Tests agree with sales history",
        "lift_tests_consistent": "Tests agree with each other",
        "lift_tests_used": "All tests used",
        "media_history": "Spend before the first week",
        "media_share": "Assumptions add up",
        "outliers": "Extreme weeks",
        "own_variation": "Channels move on their own",
        "placebo": "No effect where none can be",
        "predictive_coverage": "Intervals fit past weeks",
        "prior_predictive": "Assumptions are possible",
        "priors": "What was assumed",
        "r_squared": "How much is explained",
        "residual_autocorrelation": "The unexplained is chance",
        "rising_returns": "Returns don't rise with spend",
        "shared_shocks": "Markets surprise apart",
        "spend_follows_demand": "Spend doesn't follow sales",
        "spend_follows_season": "Spend doesn't follow season",
        "stability": "Stable since the last run",
    },
}


def check_title(name: str, analysis: str) -> str:
    """The title of a check, empty where its name will do; a plan carries the failed checks of its media mix.

    What follows a blank names what the check is about.

    >>> check_title("outliers", "media_mix"), check_title("media_mix_outliers", "scenarios")
    ('Extreme weeks', 'Media mix: extreme weeks')
    >>> check_title("sample_ratio by zip_code", "experiment_readout"), check_title("guardrail churned", "experiment_readout")
    ('Arms have their shares by zip code', 'Guardrail churned')
    """
    kind, _, about = name.partition(" ")
    own = TITLES.get(analysis, {}).get(kind, "")
    if name.startswith(FAIRNESS):
        own = f"Groups treated alike: {name.removeprefix(FAIRNESS).replace('_', ' ')}"
    if about:
        own = f"{own or kind.replace('_', ' ').capitalize()} {about.replace('_', ' ')}"
    carried = TITLES["media_mix"].get(name.removeprefix(CARRIED), "") if name.startswith(CARRIED) else ""
    return own or (carried and f"Media mix: {carried[0].lower()}{carried[1:]}")
