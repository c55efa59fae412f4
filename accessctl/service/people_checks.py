"""What `accessctl doctor` finds in the photos that are stored."""

from collections.abc import Iterator, Mapping

from accessctl.config import Config
from accessctl.domain import PersonId
from accessctl.encoder.card import load_card
from accessctl.gallery import sealing
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.gallery_check import StoredFlaw, check_photos, flaw_sentence
from accessctl.recognition.photo_fit import Yardstick
from accessctl.service.checks import NAMED, Finding, ok, warning
from accessctl.storage.seen import first_look_alike, hidden_in

SUBJECT = "photos"
NAMES = "names"


def check_stored_photos(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Misfits, duplicates and look-alikes; says nothing where there is no gallery, or none that
    can be read: others do."""
    folder = config.gallery.folder
    if not database_file(folder).exists() or sealing.find_key(folder, environment) is None:
        return
    card = load_card(config.encoder.folder)
    policy = config.policy
    yardstick = Yardstick(*scoring_of(card), policy.target_fpir, policy.target_fmr)
    with open_gallery(config.gallery, environment) as gallery:
        flaws = list(check_photos(gallery, card.fingerprint, yardstick))
        names = {person.id: person.name for person in gallery.people()}
    yield from findings_of(flaws, names)


def check_names(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Names enrolled by an older version that cannot be told apart by eye."""
    folder = config.gallery.folder
    if not database_file(folder).exists() or sealing.find_key(folder, environment) is None:
        return
    with open_gallery(config.gallery, environment) as gallery:
        names = [person.name for person in gallery.people()]
    clear = True
    for at, name in enumerate(names):
        other = first_look_alike(name, names[:at])
        if other is not None:
            clear = False
            yield warning(NAMES, f"{name!a} looks like {other!a}; run: accessctl rename")
        elif hidden_in(name) is not None:
            clear = False
            yield warning(NAMES, f"{name!a} holds what is not seen; run: accessctl rename")
    if names and clear:
        yield ok(NAMES, "All names can be told apart by eye.")


def findings_of(flaws: list[StoredFlaw], names: Mapping[PersonId, str]) -> Iterator[Finding]:
    """The first few in full, the others as a number."""
    if not flaws:
        yield ok(SUBJECT, "Each person's photos show one person, and no two people look alike.")
    for flaw in flaws[:NAMED]:
        yield warning(SUBJECT, flaw_sentence(flaw, names))
    if len(flaws) > NAMED:
        yield warning(
            SUBJECT, f"And {len(flaws) - NAMED} more like these; run: accessctl gallery check"
        )
