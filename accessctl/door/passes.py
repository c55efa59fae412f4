"""Visitors' passes at a door: checked by what the door has, whether its hub is there or not.

A pass that counts names who is said to stand there, exactly as a badge does: their face is then
compared with theirs, 1:1, and life, rules, lockout and second factor hold as ever. It opens nothing
by itself, and nothing for somebody who is not enrolled: whoever photographed the code has it, too.

What time it is the hub's signed word says, and the machine's uptime since; the wall clock, which
can be set, is not asked. A door that does not know that takes no pass.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pydantic import ValidationError

from accessctl.clock import Clocks
from accessctl.config import Config
from accessctl.domain import PersonId, PersonRules
from accessctl.errors import FaultError, InputError, StoreError
from accessctl.gallery.badges import Badge
from accessctl.gallery.schema import GalleryMark
from accessctl.gallery.site_store import open_site_gallery
from accessctl.sync.age import HubAge
from accessctl.sync.feed_wire import ChangeKind, SitePasses
from accessctl.sync.identity import load_membership
from accessctl.sync.pass_wire import (
    PassScope,
    SignedPass,
    VisitorPass,
    door_tag,
    group_tag,
    hub_tag,
    read_pass,
)

log = logging.getLogger(__name__)


class PassRefusal(StrEnum):
    """Why a pass names nobody here, as the log says it."""

    NO_HUB = "no_hub"
    UNREADABLE = "unreadable"
    OTHER_SITE = "other_site"
    FORGED = "forged"
    NO_CLOCK = "no_clock"
    TOO_EARLY = "too_early"
    OVER = "over"
    WITHDRAWN = "withdrawn"
    OTHER_DOOR = "other_door"
    NOBODY = "nobody"
    OTHER_GROUP = "other_group"
    UNKNOWN = "unknown"


SENTENCES: Mapping[PassRefusal, str] = {
    PassRefusal.NO_HUB: "This door belongs to no hub, and takes no passes.",
    PassRefusal.UNREADABLE: "This pass cannot be read; hold it still, and closer.",
    PassRefusal.OTHER_SITE: "This pass is another site's.",
    PassRefusal.FORGED: "This site's hub did not make this pass.",
    PassRefusal.NO_CLOCK: "This door cannot tell what time it is until it hears its hub or a time "
    "server, and takes no passes before that.",
    PassRefusal.TOO_EARLY: "This pass is not valid yet.",
    PassRefusal.OVER: "This pass is not valid any more.",
    PassRefusal.WITHDRAWN: "This pass was withdrawn.",
    PassRefusal.OTHER_DOOR: "This pass is for other doors.",
    PassRefusal.NOBODY: "Whose pass this is, is not enrolled at this door.",
    PassRefusal.OTHER_GROUP: "Whose pass this is, is not in the group that it is for.",
    PassRefusal.UNKNOWN: "Which passes were withdrawn cannot be read here; none is taken.",
}


@dataclass(frozen=True, slots=True)
class PassBadge(Badge):
    """A pass that counts at `door` (an id), in the place of a badge; `added` is when it begins."""

    shown: VisitorPass
    door: str


@dataclass(frozen=True, slots=True)
class PassReading:
    """What became of a pass that was read: `digest` tells it from others, `badge` is None where it
    is refused; `shown` is what it says, None for what is no pass of this site's."""

    digest: bytes
    badge: PassBadge | None = None
    refusal: PassRefusal | None = None
    shown: VisitorPass | None = None

    @property
    def sentence(self) -> str:
        return "" if self.refusal is None else SENTENCES[self.refusal]


class PassDesk(Protocol):
    """Where passes are checked; any thread."""

    def read(self, text: str) -> PassReading: ...

    def counts(self, badge: PassBadge) -> bool: ...


class NoPasses:
    """A door that belongs to no hub."""

    def read(self, text: str) -> PassReading:
        return PassReading(_told_apart(text), refusal=PassRefusal.NO_HUB)

    def counts(self, badge: PassBadge) -> bool:
        del badge
        return False


NO_PASSES = NoPasses()


class KnownPeople(Protocol):
    """What is asked of the roster; any thread."""

    mark: GalleryMark

    @property
    def names(self) -> Mapping[PersonId, str]: ...

    @property
    def rules(self) -> Mapping[PersonId, PersonRules]: ...


@dataclass(frozen=True, slots=True)
class PassPlace:
    """Which door this is, by its id, and the public key (hex) of its hub."""

    door: str
    hub: str


class SitePassDesk:
    """See PassDesk; nothing that cannot be read lets a pass count."""

    def __init__(
        self,
        place: Callable[[], PassPlace | None],
        document: Callable[[], bytes | None],
        hub_time: Callable[[], float | None],
        people: KnownPeople,
    ) -> None:
        """`place` is None at a door that has joined no hub, `document` what the hub said last of
        withdrawn passes (both may raise StoreError or FaultError); `hub_time` is epoch seconds,
        None while nobody knows."""
        self._place = place
        self._document = document
        self._hub_time = hub_time
        self._people = people
        self._withdrawn: tuple[GalleryMark, Collection[str]] | None = None

    def read(self, text: str) -> PassReading:
        try:
            signed = read_pass(text)
        except InputError:
            return PassReading(_told_apart(text), refusal=PassRefusal.UNREADABLE)
        place = self._known_place()
        if place is None:
            return PassReading(signed.digest, refusal=PassRefusal.NO_HUB)
        refusal = _not_signed(signed, place)
        if refusal is not None:
            return PassReading(signed.digest, refusal=refusal)
        shown = signed.shown
        refusal = self._objection(shown, place.door)
        if refusal is not None:
            return PassReading(signed.digest, refusal=refusal, shown=shown)
        badge = PassBadge(shown.person, signed.digest, float(shown.begins), shown, place.door)
        return PassReading(signed.digest, badge, shown=shown)

    def counts(self, badge: PassBadge) -> bool:
        """Whether one that counted when it was read still does."""
        return self._objection(badge.shown, badge.door) is None

    def _objection(self, shown: VisitorPass, door: str) -> PassRefusal | None:
        try:
            withdrawn = self._withdrawn_now()
        except (StoreError, ValidationError) as error:
            log.error("Which passes were withdrawn cannot be read: %s", type(error).__name__)
            return PassRefusal.UNKNOWN
        groups = None
        if shown.person in self._people.names:
            groups = self._people.rules.get(shown.person, PersonRules()).groups
        return objection(shown, door, self._hub_time(), groups, withdrawn)

    def _withdrawn_now(self) -> Collection[str]:
        mark = self._people.mark
        if self._withdrawn is None or self._withdrawn[0] != mark:
            content = self._document()
            said = SitePasses() if content is None else SitePasses.model_validate_json(content)
            self._withdrawn = mark, frozenset(said.withdrawn)
        return self._withdrawn[1]

    def _known_place(self) -> PassPlace | None:
        try:
            return self._place()
        except (StoreError, FaultError) as error:
            log.error("Which hub's passes count here cannot be read: %s", error)
            return None


def objection(
    shown: VisitorPass,
    door: str,
    hub_time: float | None,
    groups: Collection[str] | None,
    withdrawn: Collection[str],
) -> PassRefusal | None:
    """Why a pass that the hub signed names nobody at that door (its id) now, None where it does.

    `hub_time` is epoch seconds, None while nobody knows; `groups` are its person's, None where they
    are not enrolled here; `withdrawn` are the ids of passes that count no more.
    """
    if hub_time is None:
        return PassRefusal.NO_CLOCK
    # Written as what has to hold, so that a NaN is no time at all.
    if not shown.begins <= hub_time:
        return PassRefusal.TOO_EARLY
    if not hub_time < shown.ends:
        return PassRefusal.OVER
    if shown.id in withdrawn:
        return PassRefusal.WITHDRAWN
    if shown.scope is PassScope.DOORS and door_tag(door) not in shown.tags:
        return PassRefusal.OTHER_DOOR
    if groups is None:
        return PassRefusal.NOBODY
    if shown.scope is PassScope.GROUPS and not set(map(group_tag, groups)) & set(shown.tags):
        return PassRefusal.OTHER_GROUP
    return None


def claim_data(badge: Badge) -> dict[str, Any]:
    """By what the log names a badge or a pass that was read."""
    return {"pass" if isinstance(badge, PassBadge) else "badge": badge.mark}


@contextmanager
def open_passes(
    config: Config,
    environment: Mapping[str, str],
    people: KnownPeople,
    clocks: Clocks | None = None,
) -> Iterator[PassDesk]:
    """By the gallery of `config`, where its people are a hub's; StoreError, GalleryKeyError."""
    if config.sync.hub is None or config.camera.source == "demo":
        yield NO_PASSES
        return

    def place() -> PassPlace | None:
        # Read each time: a door may join, or join anew, while it runs.
        member = load_membership(config.sync_folder)
        return None if member is None else PassPlace(member.door, member.hub_id)

    site = open_site_gallery(config.gallery, environment)
    with closing(site.gallery):
        age = HubAge(site, clocks or Clocks())
        yield SitePassDesk(
            place, lambda: site.document(ChangeKind.PASSES.value), age.hub_time, people
        )


def _not_signed(signed: SignedPass, place: PassPlace) -> PassRefusal | None:
    if signed.shown.hub != hub_tag(place.hub):
        return PassRefusal.OTHER_SITE
    return None if signed.is_signed_by(place.hub) else PassRefusal.FORGED


def _told_apart(text: str) -> bytes:
    return hashlib.sha256(text.strip(" \t").encode("utf-8", "replace")).digest()
