"""What once guarded the door and is in its configuration no more.

A group, an action or holidays that are taken out guard nothing less by that: whoever was let in by
them is let in no more. But they may come back, and then count against what they were, not against
nothing: else two steps that guard no less would guard less together.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from accessctl.config.operation import ActionConfig, CommandAction, WebhookAction
from accessctl.config.policy import Factor, HoursConfig
from accessctl.config.section import Section

if TYPE_CHECKING:
    from accessctl.config import Config


class GroupBounds(Section):
    """What a group allows, all that it refers to resolved: None for all doors and for any time."""

    doors: tuple[str, ...] | None
    hours: tuple[HoursConfig, ...] | None
    second_factor: Factor


class Former(Section):
    """By their names the groups, by the list they stood in the actions; `holidays` are those that
    were before there was no schedule any more, None while there is one."""

    groups: Mapping[str, GroupBounds] = {}
    actions: Mapping[str, tuple[ActionConfig, ...]] = {}
    holidays: tuple[date, ...] | None = None


NOTHING_FORMER = Former()


def bounds_of(name: str, config: "Config") -> GroupBounds:
    """Of a group of that configuration."""
    group = config.access.groups[name]
    return GroupBounds.model_construct(
        doors=group.doors,
        hours=None if group.schedule is None else config.access.schedules[group.schedule],
        second_factor=group.second_factor or config.policy.second_factor,
    )


def known_bounds(config: "Config", former: Former) -> dict[str, GroupBounds]:
    """Of every group that is there or was."""
    return {**former.groups, **{name: bounds_of(name, config) for name in config.access.groups}}


def known_holidays(config: "Config", former: Former) -> tuple[date, ...]:
    return config.access.holidays if former.holidays is None else former.holidays


def target_of(action: ActionConfig) -> tuple[object, ...]:
    """What an action is known by, whatever else it says: what it calls or runs."""
    if isinstance(action, WebhookAction):
        return action.type, action.url
    if isinstance(action, CommandAction):
        return action.type, action.argv
    return action.type, action.name


def actions_by_list(config: "Config") -> dict[str, tuple[ActionConfig, ...]]:
    found = {name: getattr(config.actions, name) for name in type(config.actions).model_fields}
    return {name: actions for name, actions in found.items() if isinstance(actions, tuple)}


def former_after(old: "Config", former: Former, new: "Config") -> Former:
    """What is former once `new` counts in place of `old`, for which `former` was."""
    groups = {
        name: bounds
        for name, bounds in known_bounds(old, former).items()
        if name not in new.access.groups
    }
    actions = {}
    for name, now in actions_by_list(new).items():
        targets = {target_of(action) for action in now}
        were = {target_of(action): action for action in former.actions.get(name, ())}
        for action in actions_by_list(old)[name]:
            were[target_of(action)] = action
        gone = tuple(action for target, action in were.items() if target not in targets)
        if gone:
            actions[name] = gone
    return Former.model_construct(
        groups=groups,
        actions=actions,
        holidays=None if new.access.schedules else known_holidays(old, former),
    )


def joined(one: Former, other: Former) -> Former:
    """Both; `other` counts where they disagree."""
    lists = {**one.actions, **other.actions}
    return Former.model_construct(
        groups={**one.groups, **other.groups},
        actions={
            name: tuple(
                {
                    target_of(action): action
                    for former in (one, other)
                    for action in former.actions.get(name, ())
                }.values()
            )
            for name in lists
        },
        holidays=one.holidays if other.holidays is None else other.holidays,
    )
