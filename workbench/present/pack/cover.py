"""Page one of a pack: one sentence for the board, then what moved, what is at risk, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.present.blocks import CheckLine, Light, PageOne
from workbench.present.pack.against_plan import ends
from workbench.present.pack.amounts import counted, day, found, in_brackets, listed
from workbench.present.pack.appendix import versions
from workbench.present.pack.changed import moved_clearly
from workbench.present.pack.decision import Decision
from workbench.present.pack.headline import AT_RISK, spoken
from workbench.present.pack.learned import new_learnings
from workbench.present.pack.material import CALLED, Material, Used, how_to_get
from workbench.present.pack.media import caused_by_media, spent_on_media
from workbench.present.pack.money import profit_of_media, profit_of_plan, worst_tenth
from workbench.present.pack.record import Headline, PackRecord
from workbench.present.page_one import page_one_block, period
from workbench.result import Estimate, Result
from workbench.wording import count, money, percent

TITLE = "Board pack"
_ORDER: dict[Light, int] = {"failed": 0, "info": 1, "passed": 2}


def cover(
    material: Material,
    asked: Sequence[Decision],
    now: Sequence[Headline],
    last: PackRecord | None,
) -> PageOne:
    """What a board member reads who reads one page."""
    lines = sorted(check_lines(material), key=lambda line: _ORDER[line.light])
    made = material.made_at
    return PageOne(
        title=TITLE,
        workspace=material.company,
        period=period(material.window),
        findings=tuple(sentence for sentence in _findings(material, asked, now, last) if sentence),
        checks=tuple(lines),
        provenance=_provenance(material, last),
        created_at=made.isoformat() if made else "",
        stamp=stamp(material),
    )


def stamp(material: Material) -> str:
    """Why some of the pack may not be used; empty where all may."""
    return next((used.result.stamp for used in material.runs() if used.result.stamp), "")


def sentence_for_the_board(material: Material, asked: Sequence[Decision]) -> str:
    """Money made, where it is heading, and how much is asked for, in one sentence."""
    parts = []
    if (used := material.media_mix) and (caused := caused_by_media(used.result)):
        spent = money(spent_on_media(used.result), material.currency)
        window = used.result.provenance.window
        since = f" since {day(window[0])}" if window else ""
        amount = f"{money(caused.estimate, caused.unit)} of revenue{since} ({in_brackets(caused)})"
        parts.append(f"media caused {amount} for {spent} spent")
    if review := material.review:
        expected, planned = found(review.result, "revenue", "expected"), found(review.result, "revenue", "planned")
        if expected and planned:
            parts.append(
                f"revenue is heading for {money(expected.estimate, expected.unit)} by {ends(review.result)} ({in_brackets(expected)}) "
                f"where the plan foresaw {money(planned.estimate, planned.unit)}"
            )
    if (
        not parts
        and material.customers
        and (value := found(material.customers.result, "realised_value", "all customers"))
    ):
        parts.append(f"customers are expected to bring {money(value.estimate, value.unit)} ({in_brackets(value)})")
    parts.append(f"{counted(len(asked), 'decision')} {'is' if len(asked) == 1 else 'are'} asked for")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def check_lines(material: Material) -> Iterator[CheckLine]:
    """One light an analysis, those of different days, and what is missing."""
    for analysis, name in CALLED.items():
        runs = [used for used in material.runs() if used.result.analysis == analysis]
        if runs:
            yield _line(name, runs)
    ends_on = material.windows_end
    if len(set(ends_on.values())) > 1:
        told = listed([f"{CALLED[analysis]} to {day(last)}" for analysis, last in ends_on.items()])
        yield CheckLine(
            light="info", name="Data of different days", detail=f"The runs read data up to different days: {told}."
        )
    if material.missing:
        detail = " ".join(how_to_get(material, analysis) for analysis in material.missing)
        yield CheckLine(light="info", name="Not in this pack", detail=detail)


def _line(name: str, runs: Sequence[Used[Result]]) -> CheckLine:
    lines = [line for used in runs for line in page_one_block(used.result).checks]
    failed = [line.name for line in lines if line.light == "failed"]
    judged = sum(line.light != "info" for line in lines)
    if failed:
        told = f"{len(failed)} of {judged} checks failed: {'; '.join(failed)}."
        return CheckLine(light="failed", name=name, detail=told)
    if not judged:
        return CheckLine(light="info", name=name, detail="No check judges it.")
    return CheckLine(light="passed", name=name, detail=f"All {counted(judged, 'check')} passed.")


def _findings(
    material: Material, asked: Sequence[Decision], now: Sequence[Headline], last: PackRecord | None
) -> Iterator[str]:
    yield sentence_for_the_board(material, asked)
    yield _change(now, last)
    yield _plan(material)
    yield _customers(material)
    yield _tests(material, last)
    if asked:
        yield f"Asked for first: {asked[0].title[:1].lower()}{asked[0].title[1:]}."


def _change(now: Sequence[Headline], last: PackRecord | None) -> str:
    if last is None:
        return "This is the first pack; the next one tells what changed since."
    clear = [headline.label for headline in moved_clearly(now, last)]
    if not clear:
        return "Since the last pack no headline number moved beyond what was uncertain."
    return f"Since the last pack {counted(len(clear), 'number')} moved beyond what was uncertain: {listed(clear[:4])}."


def _plan(material: Material) -> str:
    plan, profit = material.plan, profit_of_plan(material)
    if plan is None or profit is None:
        return ""
    if plan.result.forced:
        return "The newest plan was forced and is not to be used: its media mix can't be trusted."
    so_far, worst = profit_of_media(material), worst_tenth(material)
    past = f"media so far made {_profit(so_far)} after their cost, and " if so_far else ""
    tail = f", {money(worst.estimate, worst.unit)} in the worst tenth of cases" if worst else ""
    share = percent(plan.result.margin, 0)
    return f"At a margin of {share} {past}the plan's are expected to make {_profit(profit)}{tail}."


def _profit(amount: Estimate) -> str:
    return f"{money(amount.estimate, amount.unit)} ({in_brackets(amount)})"


def _customers(material: Material) -> str:
    used = material.customers
    if used is None or (stake := found(used.result, "value_at_risk", AT_RISK)) is None:
        return ""
    lost = used.result.segments.set_index("segment")["customers"].get(AT_RISK, 0)
    return (
        f"{count(lost)} valuable customers have probably stopped buying; winning all of them back would bring at most "
        f"{money(stake.estimate, stake.unit)} ({in_brackets(stake)})."
    )


def _tests(material: Material, last: PackRecord | None) -> str:
    fresh = new_learnings(material, last)
    if not fresh:
        return ""
    told = listed([f"{spoken(str(record['experiment_id']))} ({record.get('verdict')})" for record in fresh[:5]])
    return f"{counted(len(fresh), 'test')} {'was' if len(fresh) == 1 else 'were'} read out{' since' if last else ''}: {told}."


def _provenance(material: Material, last: PackRecord | None) -> tuple[tuple[str, str], ...]:
    made = material.made_at
    lines = {
        "Newest result": f"{made:%Y-%m-%d %H:%M} UTC" if made else "",
        "Compared with": last.pack_id if last else "nothing, it is the first pack",
        "Versions": ", ".join(f"{name} {version}" for name, version in versions(material).items()),
    }
    return tuple((label, text) for label, text in lines.items() if text)
