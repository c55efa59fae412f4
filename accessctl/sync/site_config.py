"""What the hub says of a door's rules and settings, laid over the door's own configuration.

Rules are the site's: who may enter where and when is the hub's to say, as who is enrolled is.
Settings are the door's: one that would guard less than the configuration that its owner accepted is
refused, each by itself, and so is one that the hub has no say in.
"""

import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from accessctl.config import SITE_RULES, SITE_SETTINGS, Config
from accessctl.config.guard import weakened
from accessctl.gallery.schema import database_file
from accessctl.gallery.site_store import open_site_gallery
from accessctl.storage.parsing import shortened
from accessctl.sync.feed_wire import SiteAccess, SiteSettings

RULES, SETTINGS = "rules", "settings"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SiteWish:
    """What the hub says: parts of `access` by their names, and settings by their dotted names;
    `damaged` is what of it could not be read."""

    access: Mapping[str, Any]
    settings: Mapping[str, Any]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteSettled:
    """The configuration that runs, and each wish of the hub's that does not count, with why."""

    config: Config
    refused: tuple[str, ...] = ()


def read_wish(config: Config, environment: Mapping[str, str]) -> SiteWish | None:
    """What the door of this configuration was told last, None for one that belongs to no hub;
    StoreError, GalleryKeyError."""
    if config.sync.hub is None or config.camera.source == "demo":
        return None
    if not database_file(config.gallery.folder).exists():
        return None
    site = open_site_gallery(config.gallery, environment)
    with closing(site.gallery):
        return wish_in(site.document(RULES), site.document(SETTINGS))


def wish_in(rules: bytes | None, settings: bytes | None) -> SiteWish:
    """Of the two documents; one that is none says nothing, and is told of as `damaged`."""
    access: Mapping[str, Any] = {}
    wanted: Mapping[str, Any] = {}
    damaged: list[str] = []
    try:
        access = {} if rules is None else SiteAccess.model_validate_json(rules).access
    except ValidationError:
        damaged.append(f"{RULES}: they cannot be read")
    try:
        wanted = {} if settings is None else SiteSettings.model_validate_json(settings).settings
    except ValidationError:
        damaged.append(f"{SETTINGS}: they cannot be read")
    return SiteWish(access, wanted, tuple(damaged))


def laid_over(config: Config, wish: SiteWish) -> SiteSettled:
    """The accepted `config` as the hub wants it, as far as it may."""
    refused = list(wish.damaged)
    with_rules = _with_rules(config, wish.access, refused)
    settled = with_rules
    for name, value in sorted(wish.settings.items()):
        if name not in SITE_SETTINGS:
            refused.append(f"{shortened(name, 60)}: the hub has no say in it")
            continue
        candidate = _changed(settled, name, value, refused)
        weaker = weakened(with_rules, candidate)
        new = [one for one in weaker if one.name == name]
        if new:
            refused.append(f"{new[0]} would guard less")
        else:
            settled = candidate
    return SiteSettled(settled, tuple(refused))


def _with_rules(config: Config, access: Mapping[str, Any], refused: list[str]) -> Config:
    foreign = sorted(access.keys() - set(SITE_RULES))
    refused += [f"access.{shortened(name, 60)}: the hub has no say in it" for name in foreign]
    known = {name: access[name] for name in SITE_RULES if name in access}
    if not known:
        return config
    section = config.access.model_dump() | known
    try:
        changed = type(config.access).model_validate(section)
    except ValidationError as error:
        refused.append(f"access: {_first(error)}")
        return config
    open_hours = config.doorway.open_hours
    if open_hours is not None and open_hours not in changed.schedules:
        refused.append(f"access: doorway.open_hours names the schedule {open_hours!r}, not there")
        return config
    return config.model_copy(update={"access": changed})


def _changed(config: Config, name: str, value: Any, refused: list[str]) -> Config:
    """With that setting; unchanged where it is none."""
    section, _, field = name.partition(".")
    present = getattr(config, section)
    try:
        changed = type(present).model_validate(present.model_dump() | {field: value})
    except ValidationError as error:
        refused.append(f"{name}: {_first(error)}")
        return config
    return config.model_copy(update={section: changed})


def _first(error: ValidationError) -> str:
    return shortened(error.errors(include_url=False, include_input=False)[0]["msg"], 200)
