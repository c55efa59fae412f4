"""`accessctl gallery check | accept`: what is wrong with the photos, and which gallery counts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accessctl.administration.changes import open_administration
from accessctl.cli.common import ConfigOption, JsonOption, config_from, print_json
from accessctl.cli.front import Verb
from accessctl.cli.gallery import gallery_to_read
from accessctl.domain import PersonId

if TYPE_CHECKING:
    from accessctl.recognition.gallery_check import StoredFlaw


@dataclass(frozen=True, kw_only=True)
class CheckOptions(ConfigOption, JsonOption):
    pass


def run_check(args: CheckOptions) -> int:
    """1 where somebody may be let in as somebody else, or not at all; else 0."""
    from accessctl.encoder.card import load_card
    from accessctl.recognition.calibration import scoring_of
    from accessctl.recognition.gallery_check import check_photos, flaw_sentence
    from accessctl.recognition.photo_fit import Yardstick

    config = config_from(args)
    card, policy = load_card(config.encoder.folder), config.policy
    yardstick = Yardstick(*scoring_of(card), policy.target_fpir, policy.target_fmr)
    with gallery_to_read(config) as gallery:
        names = {person.id: person.name for person in gallery.people()}
        flaws = list(check_photos(gallery, card.fingerprint, yardstick))
    for flaw in flaws:
        if args.json:
            print_json(as_json(flaw, names))
        else:
            print(flaw_sentence(flaw, names))
    if not flaws and not args.json:
        print("Each person's photos show one person, and no two people look alike.")
    return int(any(flaw.grave for flaw in flaws))


def as_json(flaw: "StoredFlaw", names: Mapping[PersonId, str]) -> dict[str, Any]:
    return {
        "flaw": flaw.flaw.value,
        "person": names.get(flaw.person),
        "photo": flaw.photo,
        "other": None if flaw.other is None else names.get(flaw.other),
        "other_photo": flaw.other_photo,
        "similarity": None if flaw.similarity is None else round(flaw.similarity, 4),
        "fmr": None if flaw.fmr is None else float(f"{flaw.fmr:.3g}"),
    }


def run_accept(args: ConfigOption) -> int:
    with open_administration(config_from(args), os.environ) as administration:
        accepted = administration.accept_gallery()
    people = "1 person is" if accepted.people == 1 else f"{accepted.people} people are"
    print(f"Accepted: the gallery counts as it is; {people} enrolled.")
    return 0


CHECK = Verb(
    run_check,
    CheckOptions,
    "Compares all stored photos and names those that do not show whom a person's others show, "
    "pictures that are stored twice, and people who look alike to the encoder. Nothing is "
    "changed. Ends with 1 where somebody may be let in as somebody else.",
    ("accessctl gallery check", "accessctl gallery check --json"),
)
ACCEPT = Verb(
    run_accept,
    ConfigOption,
    "Takes the gallery as it is, although the event log has seen a newer or another one: after a "
    "backup was put back, for example. Until then the door lets nobody in. Look at who is in it "
    "first: whoever was removed since may be back. It is on record.",
    ("accessctl gallery accept",),
)
