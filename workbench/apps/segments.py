"""The segments app: how large segments are, what they are worth, who is in them, and who moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.apps.page import html, page, section
from workbench.apps.published import published_result
from workbench.apps.segments_channels import channels
from workbench.apps.segments_movement import movement
from workbench.apps.segments_overview import overview
from workbench.apps.segments_profile import SavedContacts, profile
from workbench.apps.segments_saved import Run, shown_first, shown_segments, small_rule
from workbench.apps.segments_words import paragraph
from workbench.errors import RunError

if TYPE_CHECKING:
    import ipywidgets as widgets


def segments(runs: Sequence[Run]) -> widgets.VBox:
    """The app over all published segmentations, the newest first."""
    run = shown_first(runs)
    if shown_segments(run).empty:
        nothing = paragraph(f"There are too few customers to show anything: {small_rule(run)}.")
        return page(run, section("Too few customers", html(nothing)))
    return page(run, overview(run), profile(run, newest_contacts(run)), channels(run), movement(runs, run))


def newest_contacts(run: Run) -> SavedContacts | None:
    """The plan of contacts that was published beside the segments, if one was."""
    try:
        return published_result(SavedContacts, run.workspace.root).result
    except RunError:
        return None
