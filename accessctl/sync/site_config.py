"""What the hub says of a door's rules and settings, laid over the door's own configuration.

Rules are the site's: who may enter where and when is the hub's to say, as who is enrolled is.
Settings are the door's: one that would guard less than the configuration that its owner accepted is
refused, each by itself, and so is one that the hub has no say in. Where nobody can tell what the
hub says, the door opens to fewer: to nobody by a group or by hours while the rules are in doubt,
and to nobody at all while its settings are.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from accessctl.config import SITE_RULES, SITE_SETTINGS, Config
from accessctl.config.guard import weakened
from accessctl.config.policy import AccessConfig
from accessctl.errors import DamagedError
from accessctl.gallery.schema import database_file
from accessctl.gallery.site_store import SiteGallery, open_site_gallery
from accessctl.storage.parsing import shortened
from accessctl.sync.feed_wire import SiteAccess, SiteSettings

RULES, SETTINGS = "rules", "settings"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SiteWish:
    """What the hub says: parts of `access` by their names, and settings by their dotted names;
    `damaged` are the kinds of which it could not be read, `lost` those of them that are not even
    what the hub sent."""

    access: Mapping[str, Any]
    settings: Mapping[str, Any]
    damaged: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SiteSettled:
    """The configuration that runs, and each wish of the hub's that does not count, with why."""

    config: Config
    refused: tuple[str, ...] = ()


def read_wish(config: Config, environment: Mapping[str, str]) -> SiteWish | None:
    """What the door of this configuration was told last, None for one that belongs to no hub;
    StoreError, DamagedError where it is not what the hub sent, GalleryKeyError."""
    return _wish(config, environment, SiteGallery.document)


def wish_at_start(config: Config, environment: Mapping[str, str]) -> SiteWish | None:
    """The same for a door that has nothing else to go on with: what is damaged is in doubt. It has
    to run to be told anew. StoreError, GalleryKeyError."""
    lost: set[str] = set()

    def document(site: SiteGallery, kind: str) -> bytes | None:
        try:
            return site.document(kind)
        except DamagedError:
            lost.add(kind)
            return b""

    wish = _wish(config, environment, document)
    return None if wish is None else replace(wish, lost=frozenset(lost))


def _wish(
    config: Config,
    environment: Mapping[str, str],
    document: Callable[[SiteGallery, str], bytes | None],
) -> SiteWish | None:
    if config.sync.hub is None or config.camera.source == "demo":
        return None
    if not database_file(config.gallery.folder).exists():
        return None
    site = open_site_gallery(config.gallery, environment)
    with closing(site.gallery):
        return wish_in(document(site, RULES), document(site, SETTINGS))


def wish_in(rules: bytes | None, settings: bytes | None) -> SiteWish:
    """Of the two documents; one that is none says nothing, and is told of as `damaged`."""
    access: Mapping[str, Any] = {}
    wanted: Mapping[str, Any] = {}
    damaged: list[str] = []
    try:
        access = {} if rules is None else SiteAccess.model_validate_json(rules).access
    except ValidationError:
        damaged.append(RULES)
    try:
        wanted = {} if settings is None else SiteSettings.model_validate_json(settings).settings
    except ValidationError:
        damaged.append(SETTINGS)
    return SiteWish(access, wanted, tuple(damaged))


def laid_over(config: Config, wish: SiteWish) -> SiteSettled:
    """The accepted `config` as the hub wants it, as far as it may."""
    refused = [f"{kind}: they cannot be read" for kind in wish.damaged]
    if RULES in wish.damaged:
        with_rules = _in_doubt(config)
    else:
        with_rules = _with_rules(config, wish.access, refused)
    if SETTINGS in wish.lost:
        nobody = with_rules.access.model_copy(update={"without_group": "refuse"})
        with_rules = _in_doubt(with_rules.model_copy(update={"access": nobody}))
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
        return _in_doubt(config)
    open_hours = config.doorway.open_hours
    if open_hours is not None and open_hours not in changed.schedules:
        refused.append(
            f"doorway.open_hours names the schedule {open_hours!r}, not there: the door is never "
            "unlocked by hours"
        )
        changed = changed.model_copy(update={"schedules": {**changed.schedules, open_hours: ()}})
    return config.model_copy(update={"access": changed})


def _in_doubt(config: Config) -> Config:
    """Nobody by a group, and no open hours: the door's own may be wider than what the hub says. The
    schedules stay by their names, since `doorway.open_hours` may name one."""
    access: AccessConfig = config.access
    never = dict.fromkeys(access.schedules, ())
    closed = access.model_copy(update={"groups": {}, "schedules": never})
    return config.model_copy(update={"access": closed})


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
