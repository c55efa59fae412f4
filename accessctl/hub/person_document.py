"""What stands in a person's document, and the same person with one thing changed: pure.

Everything that is refused of a person by themselves is refused here; what has to do with others
is the concern of site_edit.
"""

import base64
from collections.abc import Collection, Sequence

from accessctl.domain import Embedding, Person, PersonId, PersonRules
from accessctl.errors import InputError
from accessctl.gallery.badges import Badge
from accessctl.gallery.people import PhotoEntry
from accessctl.gallery.person import (
    ControllerNumber,
    PinHash,
    number_from_bytes,
    pin_from_bytes,
    rules_from_bytes,
)
from accessctl.gallery.sealing import embedding_to_bytes
from accessctl.sync.feed_wire import SiteBadge, SitePerson, SitePhoto

MAX_PHOTOS = MAX_BADGES = 100
"""Of one person, as feed_wire.SitePerson bounds them."""

MAX_ENCODERS = 3
"""Whose templates a photo keeps at one time."""


def site_photo(
    photo: str, quality: float, added: float, fingerprint: str, embedding: Embedding
) -> SitePhoto:
    """ValueError for what is no embedding, no quality or no time."""
    templates = {fingerprint: template_text(embedding)}
    return SitePhoto(id=photo, quality=quality, added=added, templates=templates)


def template_text(embedding: Embedding) -> str:
    """As a document has it; ValueError unless it is a unit vector."""
    return base64.b64encode(embedding_to_bytes(embedding)).decode("ascii")


def template_bytes(text: str) -> bytes:
    """The little-endian float32 (D,) of what `template_text` made."""
    return base64.b64decode(text)


def with_photo(person: SitePerson, photo: SitePhoto) -> SitePerson:
    """One more; InputError where there are as many as may be."""
    if len(person.photos) >= MAX_PHOTOS:
        raise InputError(f"{person.name} has {MAX_PHOTOS} photos; remove one first.")
    photos = sorted((*person.photos, photo), key=lambda one: (one.added, one.id))
    return person.model_copy(update={"photos": tuple(photos)})


def without_photo(person: SitePerson, photo: str) -> SitePerson:
    kept = tuple(one for one in person.photos if one.id != photo)
    return person.model_copy(update={"photos": kept})


def with_templates(
    person: SitePerson, fingerprint: str, templates: dict[str, str], dropped: Collection[str]
) -> SitePerson:
    """This encoder's `templates` (by photo id) in place of its former ones, and none of its own for
    the photos `dropped`.

    Those of other encoders stay, the newest of them: while a site changes its encoder there are
    doors that still go by the one before, and a door has no picture to make its own from.
    """
    photos = []
    for photo in person.photos:
        others = {name: text for name, text in photo.templates.items() if name != fingerprint}
        if photo.id in templates:
            latest = list(others.items())[1 - MAX_ENCODERS :]
            others = {**dict(latest), fingerprint: templates[photo.id]}
        elif photo.id not in dropped:
            others = photo.templates
        photos.append(photo.model_copy(update={"templates": others}))
    return person.model_copy(update={"photos": tuple(photos)})


def with_badge(person: SitePerson, badge: SiteBadge) -> SitePerson:
    """One more; InputError where there are as many as may be."""
    if len(person.badges) >= MAX_BADGES:
        raise InputError(f"{person.name} has {MAX_BADGES} badges; take one away first.")
    badges = sorted((*person.badges, badge), key=lambda one: (one.added, one.digest))
    return person.model_copy(update={"badges": tuple(badges)})


def without_badges(person: SitePerson, digests: Collection[str]) -> SitePerson:
    kept = tuple(one for one in person.badges if one.digest not in digests)
    return person.model_copy(update={"badges": kept})


def enrolled(person: SitePerson) -> Person:
    return Person(PersonId(person.id), person.name, len(person.photos), person.enrolled)


def entries(person: SitePerson) -> Sequence[PhotoEntry]:
    return [
        PhotoEntry(photo.id, number, photo.quality, photo.added)
        for number, photo in enumerate(person.photos, 1)
    ]


def rules_of(person: SitePerson) -> PersonRules | None:
    return None if person.rules is None else rules_from_bytes(person.rules.encode("ascii"))


def groups_of(person: SitePerson) -> tuple[str, ...]:
    rules = rules_of(person)
    return () if rules is None else rules.groups


def pin_of(person: SitePerson) -> PinHash | None:
    return None if person.pin is None else pin_from_bytes(person.pin.encode("ascii"))


def number_of(person: SitePerson) -> ControllerNumber | None:
    number = person.controller_number
    return None if number is None else number_from_bytes(number.encode("ascii"))


def badges_of(person: SitePerson) -> list[Badge]:
    return [
        Badge(PersonId(person.id), bytes.fromhex(badge.digest), badge.added)
        for badge in person.badges
    ]
