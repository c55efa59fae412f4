"""A person's document as it goes between door and hub, and the values that a gallery keeps.

Whatever a document says is checked as if it had been typed here.
"""

import logging

from pydantic import ValidationError

from accessctl.domain import PersonId
from accessctl.errors import BadNameError, HubError, StoreError
from accessctl.gallery.database import BADGE_KEY
from accessctl.gallery.person import (
    number_from_bytes,
    number_to_bytes,
    pin_from_bytes,
    pin_to_bytes,
    rules_from_bytes,
    rules_to_bytes,
    spelt,
)
from accessctl.gallery.sealing import embedding_from_bytes
from accessctl.gallery.site import (
    DocumentPut,
    PersonGone,
    PersonPut,
    PutBadge,
    PutPerson,
    PutPhoto,
)
from accessctl.sync.feed_wire import Change, ChangeKind, SiteBadgeKey, SitePerson, SitePhoto
from accessctl.sync.site_key_ring import SiteKeyRing
from accessctl.sync.site_sealing import SealedDocument, from_base64, open_document

log = logging.getLogger(__name__)

Kept = PersonPut | PersonGone | DocumentPut


def kept_of(change: Change, keys: SiteKeyRing) -> Kept | None:
    """What a gallery keeps of a change; HubError where the hub does not answer for its keys.

    Whose document cannot be opened, or says what cannot be, is not at this door, and a document of
    another kind stays as it was (None): the log says so. Nothing that the hub says of one may keep
    the door from hearing that another was removed.
    """
    if change.kind is ChangeKind.GONE:
        return PersonGone(change.seq, _person_id(change.subject), change.removed)
    if not isinstance(change.kind, ChangeKind):
        log.warning(
            "The hub's change %d (%s) is passed over: this door is older than its hub.",
            change.seq,
            change.kind,
        )
        return None
    try:
        return _kept(change, _opened(change, keys))
    except (ValidationError, StoreError, BadNameError, ValueError) as error:
        log.error(
            "The hub's change %d (%s) cannot be taken (%s); is it as new as this door?",
            change.seq,
            change.kind,
            type(error).__name__,
        )
    if change.kind is ChangeKind.PERSON:
        return PersonGone(change.seq, _person_id(change.subject))
    return None


def _kept(change: Change, content: bytes | None) -> Kept:
    match change.kind:
        case ChangeKind.PERSON:
            if content is None:
                return PersonGone(change.seq, _person_id(change.subject), change.removed)
            return PersonPut(change.seq, _person(content, change.subject))
        case ChangeKind.BADGE_KEY:
            key = None if content is None else _badge_key(content)
            return DocumentPut(change.seq, BADGE_KEY, key)
        case _:
            return DocumentPut(change.seq, str(change.kind), content)


def put_person(said: SitePerson) -> PutPerson:
    """StoreError, BadNameError or ValueError for what nobody could be."""
    rules, pin, number = said.rules, said.pin, said.controller_number
    return PutPerson(
        PersonId(said.id),
        spelt(said.name),
        said.enrolled,
        tuple(sorted(map(_photo, said.photos), key=lambda photo: photo.id)),
        None if rules is None else rules_to_bytes(rules_from_bytes(rules.encode())),
        None if pin is None else pin_to_bytes(pin_from_bytes(pin.encode())),
        None if number is None else number_to_bytes(number_from_bytes(number.encode())),
        tuple(
            sorted(
                (PutBadge(bytes.fromhex(badge.digest), badge.added) for badge in said.badges),
                key=lambda badge: badge.digest,
            )
        ),
    )


def _person(content: bytes, subject: str) -> PutPerson:
    said = SitePerson.model_validate_json(content)
    if said.id != subject:
        raise ValueError("another person's document")
    return put_person(said)


def _photo(said: SitePhoto) -> PutPhoto:
    templates = {
        fingerprint: _template(text) for fingerprint, text in sorted(said.templates.items())
    }
    return PutPhoto(said.id, said.quality, said.added, templates)


def _template(text: str) -> bytes:
    content = from_base64(text)
    embedding_from_bytes(content)
    return content


def _badge_key(content: bytes) -> bytes:
    return bytes.fromhex(SiteBadgeKey.model_validate_json(content).key)


def _opened(change: Change, keys: SiteKeyRing) -> bytes | None:
    if change.wrapped is None or change.sealed is None:
        return None
    sealed = SealedDocument(
        change.generation, bytes.fromhex(change.wrapped), from_base64(change.sealed)
    )
    kind, subject = str(change.kind), change.subject
    try:
        return open_document(sealed, kind, subject, keys.site_key(change.generation))
    except StoreError:
        # The keys that are here may be of a hub that was begun anew.
        return open_document(sealed, kind, subject, keys.asked_again(change.generation))


def _person_id(subject: str) -> PersonId:
    if len(subject) != 32 or set(subject) - set("0123456789abcdef"):
        raise HubError("The hub removed somebody by an id that is none.")
    return PersonId(subject)
