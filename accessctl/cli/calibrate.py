"""`accessctl calibrate`: how the stated rate of false matches holds among people of this place."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    bar,
    config_from,
    print_json,
)
from accessctl.cli.front import Verb
from accessctl.cli.opening import (
    OpenEngine,
    engine_to_read,
    gallery_to_read,
    photo_reader,
    require_log,
    usual_engine,
)
from accessctl.errors import InputError, StoreError

if TYPE_CHECKING:
    from accessctl.config import Config
    from accessctl.evaluation.local_photos import LocalPhotos
    from accessctl.recognition.calibration import Calibration
    from accessctl.recognition.rate_here import RateHere

NOBODY = "Nobody is enrolled, so nobody can be taken for them; begin with: accessctl enroll"
SEARCHES_NOBODY = (
    "More people are enrolled than policy.identify_up_to allows to be searched: this door compares "
    "a face with the person of its badge alone, and a stranger's photo alone comes to nothing."
)


@dataclass(frozen=True, kw_only=True)
class LocalRateOptions(SinceOption, ConfigOption, JsonOption):
    local: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Photos of people of this place who are not enrolled: a file or a folder each.",
        ),
    ] = None
    from_log: Annotated[
        bool,
        typer.Option("--from-log", help="Go by the visits on record that ended as unknown."),
    ] = False
    nobody_enrolled: Annotated[
        bool,
        typer.Option(
            "--nobody-enrolled",
            help="With --local: count everybody, also who looks like somebody enrolled.",
        ),
    ] = False
    forget: Annotated[bool, typer.Option("--forget", help="Take away what was counted last.")] = (
        False
    )


def run_calibrate(
    args: LocalRateOptions,
    *,
    open_engine: OpenEngine = usual_engine,
    now: Callable[[], float] = time.time,
) -> int:
    """0 whatever was found; 2 where there is nobody to count."""
    _check(args)
    config = config_from(args)
    if args.forget:
        return _forget(config, as_json=args.json)
    if args.local is not None:
        return _by_photos(args, args.local, config, open_engine, now())
    return _by_log(args, config, now())


def _check(args: LocalRateOptions) -> None:
    if (args.local is not None) + args.from_log + args.forget != 1:
        raise InputError("Name one of --local DIR, --from-log and --forget.")
    if args.nobody_enrolled and args.local is None:
        raise InputError("--nobody-enrolled speaks of the photos of --local DIR.")
    if args.since is not None and not args.from_log:
        raise InputError("--since speaks of the visits of --from-log.")


def _forget(config: "Config", *, as_json: bool) -> int:
    from accessctl.recognition.rate_here import forget_rate_here

    gone = forget_rate_here(config.rate_here_file)
    if as_json:
        print_json({"forgotten": gone})
    else:
        print("What was counted is forgotten." if gone else "Nothing had been counted.")
    return 0


def _by_photos(
    args: LocalRateOptions, folder: Path, config: "Config", open_engine: OpenEngine, made: float
) -> int:
    from accessctl.camera.photo_folder import people_in
    from accessctl.evaluation.local_photos import LocalDoor
    from accessctl.evaluation.seen_here import DoorAsItIs, rate_here
    from accessctl.recognition.rate_here import StrangerSource

    people = people_in(folder)
    for one in people.left_out:
        print(f"accessctl: left out {one}.", file=sys.stderr)
    with engine_to_read(config, open_engine) as engine:
        roster = engine.roster
        if not roster.matcher.people:
            raise InputError(NOBODY)
        if roster.badge_required:
            raise InputError(SEARCHES_NOBODY)
        shown = bar(people.people, len(people.people), "people")
        seen = LocalDoor(engine, photo_reader(config)).look_at(
            shown, len(people.photos), everybody=args.nobody_enrolled
        )
        _tell(seen)
        if not seen.looks:
            raise InputError(
                f"Of nobody in {folder} there is a photo that can be counted; use photos that show "
                "one face from the front, of people who are not enrolled."
            )
        door = DoorAsItIs(
            encoder=engine.recogniser.fingerprint,
            calibration=roster.calibration.mark,
            gallery=roster.mark.head,
            enrolled=roster.matcher.people,
            attempt_fpir=config.policy.attempt_fpir,
            before=_before(config),
        )
        found = rate_here(
            seen.looks, StrangerSource.PHOTOS, door, made=made, left_out=seen.left_out
        )
        _keep(found, config, roster.calibration, as_json=args.json)
    return 0


def _tell(seen: "LocalPhotos") -> None:
    """What was not counted, and whom the door would have let in, on stderr."""
    for sentence in (*seen.refused, *seen.by_name, *seen.by_face, *seen.taken):
        print(f"accessctl: {sentence}", file=sys.stderr)


def _by_log(args: LocalRateOptions, config: "Config", made: float) -> int:
    from accessctl.audit.opening import open_log_to_read
    from accessctl.audit.views import moment
    from accessctl.encoder.card import load_card
    from accessctl.evaluation.seen_here import DoorAsItIs, rate_here, unknown_visits
    from accessctl.recognition.calibration import scoring_of
    from accessctl.recognition.rate_here import StrangerSource

    require_log(config.audit.file, "count")
    card = load_card(config.encoder.folder)
    _, calibration = scoring_of(card)
    with gallery_to_read(config) as gallery:
        enrolled, head = len(gallery.people()), gallery.mark().head
    if not enrolled:
        raise InputError(NOBODY)
    since = 0.0 if args.since is None else moment(args.since, made)
    with open_log_to_read(config.audit) as log:
        visits = unknown_visits(
            log.query(), config.access.door, card.fingerprint, calibration.mark, since
        )
    if visits.of_another_encoder:
        print(
            f"accessctl: {visits.of_another_encoder} unknown visits are left out: another encoder "
            "or calibration saw them, or the log does not say which.",
            file=sys.stderr,
        )
    if not visits.looks:
        raise InputError(
            "The event log holds no unknown visit that this encoder has seen; wait until there are "
            "some, or show photos with --local DIR."
        )
    door = DoorAsItIs(
        encoder=card.fingerprint,
        calibration=calibration.mark,
        gallery=head,
        enrolled=enrolled,
        attempt_fpir=config.policy.attempt_fpir,
        before=_before(config),
    )
    found = rate_here(visits.looks, StrangerSource.VISITS, door, made=made)
    _keep(found, config, calibration, as_json=args.json)
    return 0


def _before(config: "Config") -> "RateHere | None":
    """What was counted last, where that can be read."""
    from accessctl.recognition.rate_here import load_rate_here

    try:
        return load_rate_here(config.rate_here_file)
    except StoreError as error:
        print(f"accessctl: what was counted before is lost. {error}", file=sys.stderr)
        return None


def _keep(
    found: "RateHere", config: "Config", calibration: "Calibration", *, as_json: bool
) -> None:
    from accessctl.recognition.rate_here import advice, save_rate_here

    save_rate_here(config.rate_here_file, found)
    todo = None
    if found.is_worse_than_stated and not found.is_made_up_for(config.policy):
        todo = advice(found, config.policy, found.enrolled, calibration)
    if as_json:
        print_json(rate_json(found, todo))
        return
    from accessctl.evaluation.seen_here import sentences

    print("\n".join(sentences(found, config.policy)))
    if todo is not None:
        print(f"Strangers of this place come nearer than is stated: {todo}.")
    elif found.is_worse_than_stated:
        print(
            "Strangers of this place come nearer than stated; policy.target_fpir makes up for it."
        )
    print(f"Kept in {config.rate_here_file}; `accessctl status` and `doctor` show it.")


def rate_json(found: "RateHere", todo: str | None) -> dict[str, Any]:
    """All that is kept; whether strangers certainly come nearer than stated, and what to do."""
    shown = {
        name: float(f"{value:.4g}") if isinstance(value, float) and name != "made" else value
        for name, value in asdict(found).items()
    }
    return shown | {"worse_than_stated": found.is_worse_than_stated, "advice": todo}


CALIBRATE = Verb(
    run_calibrate,
    LocalRateOptions,
    "Counts how near strangers of this place come to the people enrolled, against what the "
    "encoder's card states of strangers in general. --local takes photos of people who are not "
    "enrolled; who is enrolled after all is left out and named. --from-log takes the unknown "
    "visits on record, which hold no face, only how near it came: enrolled people whom the door "
    "missed are among them, so that it says at most how often. What was found is kept for "
    "`status` and `doctor`; nothing at the door is changed by it, and no photo or embedding is "
    "kept.",
    (
        "accessctl calibrate --local neighbours/",
        "accessctl calibrate --from-log --since 30d",
        "accessctl calibrate --forget",
    ),
)
