"""A proposal that was judged becomes the change that it says."""

from accessctl.errors import InputError, StoreError
from accessctl.gallery.person import (
    number_from_bytes,
    pin_from_bytes,
    rules_from_bytes,
    rules_to_bytes,
)
from accessctl.hub import person_document as document
from accessctl.hub.site_edit import SiteEdit
from accessctl.sync.feed_wire import SiteBadge, SitePhoto
from accessctl.sync.proposals import (
    AddBadge,
    AddPerson,
    AddPhoto,
    NewSitePhoto,
    Proposed,
    Remove,
    RemoveBadges,
    RemovePhoto,
    Rename,
    SetControllerNumber,
    SetPin,
    SetRules,
)
from accessctl.sync.site_sealing import from_base64


def check_texts(proposed: Proposed) -> None:
    """InputError for rules, a PIN or a number that a gallery would not keep."""
    try:
        if isinstance(proposed, SetRules):
            rules_from_bytes(proposed.rules.encode("utf-8"))
        elif isinstance(proposed, SetPin) and proposed.pin is not None:
            pin_from_bytes(proposed.pin.encode("utf-8"))
        elif isinstance(proposed, SetControllerNumber) and proposed.number is not None:
            number_from_bytes(proposed.number.encode("utf-8"))
    except StoreError as error:
        raise InputError("A door proposed rules, a PIN or a number that are none.") from error


def apply_proposal(edit: SiteEdit, person: str, proposed: Proposed) -> None:
    """Make the change that was judged; InputError where it cannot be."""
    match proposed:
        case AddPerson():
            photo, picture = kept_photo(proposed.photo)
            edit.add_person(person, proposed.name, photo, picture)
        case AddPhoto():
            edit.add_photo(person, *kept_photo(proposed.photo))
        case RemovePhoto():
            for number, photo in enumerate(edit.find(person).photos, 1):
                if photo.id == proposed.photo:
                    edit.remove_photo(person, number)
        case Rename():
            edit.rename(person, proposed.name)
        case Remove():
            edit.remove(person)
        case SetRules():
            rules = rules_to_bytes(rules_from_bytes(proposed.rules.encode("utf-8")))
            edit.set_text(person, "rules", rules.decode("ascii"))
        case SetPin():
            edit.set_text(person, "pin", proposed.pin)
        case SetControllerNumber():
            edit.set_text(person, "controller_number", proposed.number)
        case AddBadge():
            edit.add_badge(person, SiteBadge(digest=proposed.digest, added=proposed.added))
        case RemoveBadges():
            edit.remove_badges(person, proposed.digests)


def kept_photo(photo: NewSitePhoto) -> tuple[SitePhoto, bytes | None]:
    """As a document has it, and its sealed picture; InputError, ValueError."""
    new = document.site_photo(
        photo.photo, photo.quality, photo.added, photo.fingerprint, photo.vector()
    )
    return new, from_base64(photo.sealed) if photo.sealed else None
