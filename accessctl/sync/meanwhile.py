"""The documents that count while the hub's new ones cannot be kept: no less strict, and pure.

A door whose log is full takes what the hub says only in its turn, and whole. What of it makes the
door stricter counts at once; what may open more waits.
"""

from typing import Any

from pydantic import ValidationError

from accessctl.config import SITE_RULES, Config
from accessctl.config.guard import weakened
from accessctl.config.policy import AccessConfig
from accessctl.policy.meanwhile import rules_meanwhile
from accessctl.sync.feed_wire import (
    MOST_PASSES,
    ChangeKind,
    SiteAccess,
    SitePasses,
    SiteSettings,
)


def document_meanwhile(kind: str, present: bytes | None, said: bytes | None) -> bytes | None:
    """What counts in place of the `present` document of that kind until `said` is kept; None: the
    present one goes on, because `said` makes nothing stricter, or nobody can tell."""
    if said is None or said == present:
        return None
    match kind:
        case ChangeKind.PASSES:
            return _passes(present, said)
        case ChangeKind.RULES:
            return None if present is None else _rules(present, said)
        case ChangeKind.SETTINGS:
            return _settings(present, said)
    return None


def _passes(present: bytes | None, said: bytes) -> bytes | None:
    """All that were withdrawn by either; where that cannot be told, the new ones: a document that
    cannot be read has the door take no pass at all."""
    if present is None:
        return said
    try:
        known = SitePasses.model_validate_json(present).withdrawn
        wanted = SitePasses.model_validate_json(said).withdrawn
    except ValidationError:
        return said
    added = tuple(one for one in wanted if one not in set(known))
    if not added:
        return None
    if len(known) + len(added) > MOST_PASSES:
        return said
    return SitePasses(withdrawn=known + added).model_dump_json().encode("ascii")


def _rules(present: bytes, said: bytes) -> bytes | None:
    """Rules that cannot be read count at once: they close the door, see site_config."""
    try:
        wanted = SiteAccess.model_validate_json(said).access
        wanted_access = AccessConfig.model_validate(wanted)
    except ValidationError:
        return said
    try:
        now = SiteAccess.model_validate_json(present).access
        now_access = AccessConfig.model_validate(now)
    except ValidationError:
        return None
    if not now.keys() == wanted.keys() == set(SITE_RULES):
        # What is not there is the door's own affair, which is not known here.
        return None
    rules = rules_meanwhile(now_access, wanted_access)
    if rules is None:
        return None
    access = rules.model_dump(mode="json", include=set(SITE_RULES))
    return SiteAccess(access=access).model_dump_json().encode("utf-8")


def _settings(present: bytes | None, said: bytes) -> bytes | None:
    """A setting that is not there is as the door's own configuration has it: what the hub sets
    guards no less than that, see site_config."""
    try:
        now = {} if present is None else SiteSettings.model_validate_json(present).settings
        wanted = SiteSettings.model_validate_json(said).settings
    except ValidationError:
        return None
    stricter = {
        name: value
        for name, value in wanted.items()
        if name not in now or (value != now[name] and _guards_no_less(name, now[name], value))
    }
    if not stricter:
        return None
    return SiteSettings(settings={**now, **stricter}).model_dump_json().encode("utf-8")


def _guards_no_less(name: str, before: Any, after: Any) -> bool:
    try:
        return not weakened(_with(name, before), _with(name, after))
    except ValidationError:
        return False


def _with(name: str, value: Any) -> Config:
    """ValidationError for a value that this setting cannot have."""
    section, _, field = name.partition(".")
    sections: dict[str, dict[str, Any]] = {section: {field: value}}
    if section == "access":
        # Anti-passback needs an area, which is each door's own.
        sections[section]["direction"] = "in"
    return Config.model_validate(sections)
