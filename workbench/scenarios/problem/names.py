"""Names in `[planning]` that nothing answers to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.config.planning import Planning, PriceWindow
from workbench.errors import SpecError


def refuse_unknown_names(
    planning: Planning, channels: tuple[str, ...], markets: tuple[str, ...], *, known: tuple[str, ...]
) -> None:
    """Check every channel and market that the configuration names.

    Args:
        planning: The configuration.
        channels: Channels of the media mix, levers and channels never tried.
        markets: Markets of the media mix.
        known: Channels of the media mix alone.

    Raises:
        SpecError: If a name is unknown, or a channel that was never tried isn't one.
    """
    for channel, key in planning.named_channels():
        if channel not in channels:
            raise SpecError(
                f"planning.{key} names {channel}, which the media mix doesn't know; its channels are {', '.join(known)}"
            )
    for channel, price in planning.price.items():
        for window in price if isinstance(price, tuple) else ():
            _refuse_unknown_market(window, channel, markets)
    _refuse_ambiguous_levers(planning)
    for name, untried in planning.untried.items():
        if name in known:
            raise SpecError(f"planning.untried.{name} is in the media mix already; leave it out of planning.untried")
        if untried.like not in known:
            raise SpecError(
                f"planning.untried.{name}.like is {untried.like}, which the media mix doesn't know; "
                f"its channels are {', '.join(known)}"
            )


def _refuse_ambiguous_levers(planning: Planning) -> None:
    for name, lever in planning.levers.items():
        if lever.whole and name in planning.all_or_nothing:
            raise SpecError(
                f"planning.levers.{name}.whole and planning.all_or_nothing.{name} both switch {name}; leave one of them out"
            )
        if name in planning.untried:
            raise SpecError(f"planning.untried.{name} has the name of a lever; give one of them another name")


def _refuse_unknown_market(window: PriceWindow, channel: str, markets: tuple[str, ...]) -> None:
    if window.market and window.market not in markets:
        raise SpecError(
            f"planning.price.{channel} names market {window.market}, which the media mix doesn't know; "
            f"its markets are {', '.join(markets)}"
        )


def members_of(planning: Planning, channels: tuple[str, ...], group_of: Mapping[str, str]) -> dict[str, list[int]]:
    """The indices of the channels of each group.

    Raises:
        SpecError: If a group has no channel, or the shares of groups that don't overlap can't add up.
    """
    members: dict[str, list[int]] = {}
    for name, group in planning.groups.items():
        named: Iterable[str] = group.channels or [channel for channel in channels if group_of.get(channel) == name]
        members[name] = sorted({channels.index(channel) for channel in named})
        if not members[name]:
            raise SpecError(
                f"planning.groups.{name} has no channel; name some in its channels, "
                f'or write group = "{name}" at [channels.…]'
            )
    _refuse_impossible_shares(planning, members, len(channels))
    return members


def _refuse_impossible_shares(planning: Planning, members: Mapping[str, list[int]], channels: int) -> None:
    apart: list[str] = []
    for name in members:
        if all(set(members[name]).isdisjoint(members[other]) for other in apart):
            apart.append(name)
    least = sum(planning.groups[name].share_lower for name in apart)
    if least > 1 + 1e-12:
        raise SpecError(
            f"share_lower of {_named(apart)} add up to {least:.0%}; "
            "shares of the money can't exceed 100% together, lower one"
        )
    most = sum(planning.groups[name].share_upper for name in apart)
    if sum(len(members[name]) for name in apart) == channels and most < 1 - 1e-12:
        raise SpecError(
            f"share_upper of {_named(apart)} add up to {most:.0%}, but these groups "
            "hold all channels; their shares must reach 100% together, raise one"
        )


def _named(groups: Iterable[str]) -> str:
    return " and ".join(f"planning.groups.{name}" for name in groups)
