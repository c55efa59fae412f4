"""What a hub says to its doors besides people: the site's rules, and each door's part and settings.

All of it goes by the feed, as people do. It is checked by the classes of the configuration here, so
that nothing is sent that no door could have written itself; and once more at the door, which alone
decides whether what would guard it less counts (config.guard).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from accessctl.config import SITE_RULES, SITE_SETTINGS, Config
from accessctl.config.policy import AccessConfig
from accessctl.errors import DamagedError, HubError, InputError, StoreError
from accessctl.gallery.person import MAX_GROUP_CHARACTERS, MAX_GROUPS
from accessctl.hub.door_feed import DoorScope, keep_scope, scope_of
from accessctl.hub.doors import lock_joined
from accessctl.hub.feed import SiteFeed, settings_subject
from accessctl.hub.journal import JournalKind, write_journal
from accessctl.hub.people_journal import MAX_OPERATOR
from accessctl.storage.parsing import shortened
from accessctl.sync.feed_wire import ChangeKind, SiteAccess, SiteSettings

RULES_SUBJECT = ChangeKind.RULES.value
UNREADABLE_SETTINGS = (
    "What this hub keeps of that door's settings cannot be read; revoke the door and have it join "
    "again, or upgrade the hub if a newer one wrote them."
)


class UnreadableRulesError(StoreError):
    """What is stored as the site's rules is none that this release knows."""

    def __init__(self) -> None:
        super().__init__(
            "The site's rules cannot be read: they are damaged, or a newer release wrote them. "
            "Upgrade the hub, or set them anew with `accessctl hub rules set FILE`."
        )


class SiteConfiguration:
    """Everything raises StoreError. Doors are named by their ids; HubError for one that counts no
    more. `operator` is who changes something, for the record."""

    def __init__(self, feed: SiteFeed) -> None:
        self._feed = feed

    def rules(self) -> dict[str, Any]:
        """The parts of `access` that the hub sets for all doors, as JSON has them; empty: none.
        UnreadableRulesError."""
        with self._feed.database.reading() as db:
            return self._rules(db)

    def set_rules(
        self,
        given: Mapping[str, Any],
        operator: str,
        instead_of: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Put them in place of the present ones; as they are kept. InputError; HubError where the
        present ones are not `instead_of`: somebody else has changed them meanwhile. Only without
        `instead_of` do they take the place of some that cannot be read."""
        rules = checked_rules(given)
        content = SiteAccess(access=rules).model_dump_json().encode("utf-8")
        with self._feed.database.writing() as db:
            self._feed.lock(db)
            if instead_of is not None and self._rules(db) != instead_of:
                raise HubError(
                    "The rules were changed by somebody else meanwhile, and yours were not saved; "
                    "load the page anew and make your change again."
                )
            seq = self._feed.put(db, RULES_SUBJECT, ChangeKind.RULES, content)
            self._told(db, JournalKind.RULES, operator, seq=seq, groups=sorted(rules["groups"]))
        return rules

    def access(self) -> AccessConfig:
        """The same as a door's configuration would have it, for whoever sets people's rules.
        UnreadableRulesError."""
        with self._feed.database.reading() as db:
            return self._read(db)[1]

    def settings(self, door: str) -> dict[str, Any]:
        """By their dotted names those that the hub sets at this door."""
        with self._feed.database.reading() as db:
            return self._settings(db, door)

    def set_setting(self, door: str, name: str, value: Any, operator: str) -> dict[str, Any]:
        """All of that door's, after this one has this value, None: is the door's own affair again.
        InputError for one that a hub may not set, and for a value that it cannot have."""
        if name not in SITE_SETTINGS:
            raise InputError(
                f"A hub may not set {shortened(name, 60)!a} at a door; it may set "
                f"{', '.join(SITE_SETTINGS)}."
            )
        with self._feed.database.writing() as db:
            lock_joined(db, door)
            # The two are one change: what is read here is what is written, and nothing between.
            self._feed.lock(db)
            settings = self._settings(db, door)
            settings.pop(name, None)
            if value is not None:
                settings[name] = value
            settings = checked_settings(settings)
            seq = self._put(db, door, settings)
            told = {"door": door, "setting": name, "value": settings.get(name)}
            self._told(db, JournalKind.SETTINGS, operator, seq=seq, **told)
        return settings

    def scope(self, door: str) -> DoorScope:
        """Which people that door has part in."""
        with self._feed.database.reading() as db:
            return scope_of(db, door)

    def set_scope(self, door: str, groups: Sequence[str] | None, operator: str) -> None:
        """People of these groups from now on, None: everybody. The door begins anew. InputError."""
        if groups is not None:
            groups = checked_groups(groups)
        with self._feed.database.writing() as db:
            lock_joined(db, door)
            self._feed.lock(db)
            # A change of its own, so that there is a number from which on the door has heard of it.
            seq = self._put(db, door, self._settings(db, door))
            kept = None if groups is None else json.dumps(groups)
            keep_scope(db, door, groups=kept, scoped=seq)
            self._told(db, JournalKind.SCOPE, operator, seq=seq, door=door, groups=groups)

    def _rules(self, db: Connection) -> dict[str, Any]:
        return self._read(db)[0]

    def _read(self, db: Connection) -> tuple[dict[str, Any], AccessConfig]:
        """As they are stored, and what they say."""
        try:
            content = self._feed.document(db, RULES_SUBJECT)
            rules = {} if content is None else dict(SiteAccess.model_validate_json(content).access)
            return rules, AccessConfig.model_validate(rules)
        except (DamagedError, ValidationError) as error:
            raise UnreadableRulesError from error

    def _settings(self, db: Connection, door: str) -> dict[str, Any]:
        try:
            content = self._feed.document(db, settings_subject(door))
            kept = None if content is None else SiteSettings.model_validate_json(content)
        except (DamagedError, ValidationError) as error:
            raise StoreError(UNREADABLE_SETTINGS) from error
        return {} if kept is None else dict(kept.settings)

    def _put(self, db: Connection, door: str, settings: dict[str, Any]) -> int:
        content = SiteSettings(settings=settings).model_dump_json().encode("utf-8")
        return self._feed.put(db, settings_subject(door), ChangeKind.SETTINGS, content, door)

    def _told(self, db: Connection, kind: JournalKind, operator: str, **data: Any) -> None:
        told = {**data, "operator": operator[:MAX_OPERATOR]}
        write_journal(self._feed.database, db, kind, self._feed.now(), told)


def checked_rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of a site as JSON; InputError for what a door's `access` could not hold."""
    unknown = sorted(str(name) for name in given if name not in SITE_RULES)
    if unknown:
        raise InputError(
            f"{shortened(unknown[0], 60)!a} is none of a site's rules; those are "
            f"{', '.join(SITE_RULES)}, as in the section access of a door's configuration."
        )
    try:
        access = AccessConfig.model_validate(dict(given))
    except ValidationError as error:
        raise InputError(f"The rules cannot be used: {_complaint(error)}") from error
    kept = access.model_dump(mode="json", include=set(SITE_RULES))
    return {name: kept[name] for name in SITE_RULES}


def checked_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with values as the configuration reads them; InputError."""
    given: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        section, _, field = name.partition(".")
        given.setdefault(section, {})[field] = value
    if "anti_passback" in given.get("access", {}):
        # Whether the door leads into an area is its own; there it is checked with this.
        given["access"]["direction"] = "in"
    try:
        config = Config.model_validate(given)
    except ValidationError as error:
        raise InputError(f"That cannot be set: {_complaint(error)}") from error
    kept = config.model_dump(mode="json")
    return {name: kept[name.partition(".")[0]][name.partition(".")[2]] for name in settings}


def checked_groups(groups: Sequence[str]) -> list[str]:
    """Each once, in their order; InputError for none, too many, or what can be no group."""
    named = list(dict.fromkeys(group.strip() for group in groups))
    if not named or len(named) > MAX_GROUPS:
        raise InputError(
            f"Name 1 to {MAX_GROUPS} groups, or --everybody for all people of the site."
        )
    for group in named:
        if not 0 < len(group) <= MAX_GROUP_CHARACTERS:
            raise InputError(
                f"A group's name has 1 to {MAX_GROUP_CHARACTERS} characters, not {group[:80]!a}."
            )
    return named


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return shortened(f"{place}: {first['msg']}" if place else first["msg"], 300) + "."
