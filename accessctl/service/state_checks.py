"""What `accessctl doctor` finds in the state that outlives a door: whether its gallery and its
configuration are the last ones, and what is wrong with the names and photos that are stored.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from accessctl.administration.acceptance import AcceptedCopy, Settled, not_accepted, read_text
from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.audit.opening import open_log_to_check
from accessctl.config import Config
from accessctl.domain import PersonId
from accessctl.encoder.card import load_card
from accessctl.gallery import sealing
from accessctl.gallery.schema import database_file
from accessctl.gallery.store import open_gallery
from accessctl.recognition.calibration import (
    Yardstick,
    beyond_calibration,
    most_people,
    rate_doubt,
    scoring_of,
)
from accessctl.recognition.gallery_check import StoredFlaw, check_photos, flaw_sentence
from accessctl.recognition.rate_here import advice, load_rate_here, summary
from accessctl.service.checks import NAMED, Finding, failure, ok, warning
from accessctl.storage.seen import first_look_alike, hidden_in

SUBJECT = "photos"
RATE = "rate"
NAMES = "names"


def check_gallery_head(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing where there is no gallery or no log yet, or no key: others do."""
    if not config.audit.file.exists() or not _may_be_read(config, environment):
        return
    with (
        open_gallery(config.gallery, environment) as gallery,
        open_log_to_check(config.audit, environment) as audit,
    ):
        objection = GalleryHeads(gallery, audit, time.time).objection()
    if objection is not None:
        yield failure("gallery", objection)
    else:
        yield ok("gallery", "It is the last one that the event log knows.")


def check_accepted_config(path: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Says nothing before the first start; StoreError for a copy that cannot be opened."""
    accepted = AcceptedCopy(path, environment).read()
    if accepted is None:
        return
    weaker = Settled(read_text(path), accepted).weaker
    if weaker:
        yield failure("config", str(not_accepted(path, weaker)))
    else:
        yield ok("config", "It guards the door no less than the one that was accepted.")


def check_stored_photos(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Misfits, duplicates and look-alikes; says nothing where there is no gallery, or none that
    can be read: others do."""
    if not _may_be_read(config, environment):
        return
    card = load_card(config.encoder.folder)
    policy = config.policy
    yardstick = Yardstick(*scoring_of(card), policy.target_fpir, policy.target_fmr)
    with open_gallery(config.gallery, environment) as gallery:
        flaws = list(check_photos(gallery, card.fingerprint, yardstick))
        names = {person.id: person.name for person in gallery.people()}
    yield from findings_of(flaws, names)


def check_reach(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the encoder's calibration reaches as far as these people and this rate ask for."""
    if not _may_be_read(config, environment):
        return
    _, calibration = scoring_of(load_card(config.encoder.folder))
    with open_gallery(config.gallery, environment) as gallery:
        people = len(gallery.people())
    if people == 0:
        return
    beyond = beyond_calibration(config.policy, people, calibration)
    if beyond is not None:
        yield failure("rate", beyond)
        return
    most = most_people(config.policy.attempt_fpir, calibration.smallest_fmr)
    yield ok("rate", f"{people:,} enrolled; this encoder and rate suit up to {most:,}.")


def check_rate(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether anybody can show that the stated rate is kept among so many people; says nothing
    where there is no gallery that can be read."""
    if not _may_be_read(config, environment):
        return
    with open_gallery(config.gallery, environment) as gallery:
        people = len(gallery.people())
    doubt = rate_doubt(config.policy, people)
    if doubt is not None:
        by_badge = people > config.policy.identify_up_to
        more = (
            "raise policy.target_fmr."
            if by_badge
            else ("raise policy.target_fpir, or enrol fewer people at a door.")
        )
        yield warning(RATE, f"{doubt}; {more}")
    else:
        yield ok(RATE, "The rate that is asked for is one that has been counted on strangers.")


def check_rate_here(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What was counted of this place's strangers; says nothing where nothing was. StoreError."""
    found = load_rate_here(config.rate_here_file)
    if found is None:
        return
    card = load_card(config.encoder.folder)
    _, calibration = scoring_of(card)
    stale = found.stale(card.fingerprint, calibration.mark)
    if stale is not None:
        yield warning(RATE, f"Of strangers of this place nothing is known any more: {stale}.")
        return
    told = f"Strangers of this place: {summary(found)}"
    if not found.is_worse_than_stated:
        yield ok(RATE, f"{told}.")
        return
    if found.is_made_up_for(config.policy):
        yield ok(RATE, f"{told}; policy.target_fpir makes up for it.")
        return
    people = found.enrolled
    if _may_be_read(config, environment):
        with open_gallery(config.gallery, environment) as gallery:
            people = len(gallery.people())
    yield warning(RATE, f"{told}; {advice(found, config.policy, people, calibration)}.")


def check_names(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Names enrolled by an older version that cannot be told apart by eye."""
    if not _may_be_read(config, environment):
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


def _may_be_read(config: Config, environment: Mapping[str, str]) -> bool:
    """Whether there is a gallery, and a key to it."""
    folder = config.gallery.folder
    return database_file(folder).exists() and sealing.find_key(folder, environment) is not None
