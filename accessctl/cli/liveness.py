"""`accessctl liveness`: what an installer can try at the door itself."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_from,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.errors import InputError

if TYPE_CHECKING:
    from accessctl.config import Config
    from accessctl.evaluation.selftest import (
        Installer,
        Present,
        Presented,
        SelfTestDoor,
        SelfTestPlan,
        SelfTestSession,
        SpeciesTally,
    )
    from accessctl.evaluation.trial_door import TrialMakers

DESCRIPTION = """\
Leads you through presenting yourself, a printed photo and a phone to the door's camera, several
times each, and counts what the door would have let in, were the face enrolled: BPCER (living people
refused) and APCER of each species of attack (attacks accepted), with exact 95 % intervals, ISO/IEC
30107-3. Each one ends when the door has decided.
The dated result is kept as JSON beside the event log; no picture is kept. Nothing is unlocked.
"""
HOW = {
    "live": "Stand before the camera as a visitor would; look at it and turn your head a little.",
    "print": "Hold up a printed photo of a face, and move and tilt it; keep your own face away.",
    "phone": "Hold up a phone that shows a photo or video of a face, and move it; keep your own "
    "face away.",
}
OTHERWISE = "Present this attack: {}; try to get in, and keep your own face away."
OUTCOME = {"veto": "refused", "doubt": "doubtful", "confirm": "looks alive"}
MOST_SPECIES, MOST_PRESENTATIONS = 12, 100


def _species(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    fine = all(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name) for name in names)
    if not fine or "live" in names or len(set(names)) < len(names) or len(names) > MOST_SPECIES:
        raise InputError(
            f"--species: {text!r} is not a list of up to {MOST_SPECIES} different attacks, such as "
            "print,phone,tablet."
        )
    return names


@dataclass(frozen=True, kw_only=True)
class SelftestOptions(ConfigOption, JsonOption):
    source: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Camera to use (default: the configuration's)."),
    ] = None
    species: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME",
            help="Attacks to present, as many kinds as you like.",
        ),
    ] = "print,phone"
    presentations: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_PRESENTATIONS,
            metavar="N",
            help="Presentations of each species, and of yourself.",
        ),
    ] = 5
    seconds: Annotated[
        float | None,
        typer.Option(
            min=2,
            max=120,
            metavar="T",
            help="How long each one lasts at the most (default: as long as the door is patient).",
        ),
    ] = None
    mode: Annotated[
        Literal["passive", "challenge"],
        typer.Option(help="passive: the cues alone; challenge: also do what the door asks."),
    ] = "passive"


def run(
    args: SelftestOptions,
    *,
    trial_makers: "TrialMakers | None" = None,
    present: "Present | None" = None,
) -> int:
    """Exit code 0 when all was presented, 130 when it was broken off."""
    from accessctl.audit.opening import open_log
    from accessctl.camera.choose import source_from
    from accessctl.camera.reader import Reader
    from accessctl.evaluation import selftest
    from accessctl.evaluation.selftest import (
        SelfTestPlan,
        result_path,
        run_session,
        session_event,
        write_result,
    )

    attacks = _species(args.species)
    config = config_from(args)
    source = source_from(args.source or config.camera.source, config.camera, fast=True)
    patience = (
        config.liveness.challenge_s if args.mode == "challenge" else config.liveness.patience_s
    )
    plan = SelfTestPlan(
        began=datetime.now().astimezone(),
        source=source.description,
        mode=args.mode,
        attacks=attacks,
        presentations=args.presentations,
        seconds=args.seconds or patience,
    )
    path = result_path(config.audit.file, plan.began)
    with _looking(args, config, trial_makers) as looking, Reader(source, config.camera) as reader:
        session = run_session(
            plan,
            reader,
            looking,
            _installer(plan, args.json),
            time.monotonic,
            lambda session: write_result(path, session.content()),
            present or selftest.present,
        )
    if config.audit.file.exists():
        # Where there is no log there is no door yet: the file alone tells of it.
        with open_log(config.audit, os.environ) as log:
            log.append(session_event(session, time.time()))
    if args.json:
        print_json({**session.content(), "file": str(path)})
    else:
        _print(session, path)
    return 0 if session.broken_off is None else 130


@contextmanager
def _looking(
    args: SelftestOptions, config: "Config", makers: "TrialMakers | None"
) -> Iterator["SelfTestDoor"]:
    from accessctl.evaluation.selftest import SelfTestDoor
    from accessctl.evaluation.trial_door import USUAL

    makers = makers or USUAL
    parts = makers.door(config, makers.encoder(config.encoder), args.mode)
    with closing(makers.observer(config.vision)) as observer:
        yield SelfTestDoor(observer, parts)


def _installer(plan: "SelfTestPlan", as_json: bool) -> "Installer":
    """Speaks on the terminal; with --json on standard error, so that the output stays JSON."""
    from accessctl.evaluation.selftest import Installer

    stream = sys.stderr if as_json else sys.stdout

    def say(text: str, end: str = "\n") -> None:
        print(text, end=end, file=stream, flush=True)

    def ready(species: str, number: int) -> bool:
        how = HOW.get(species) or OTHERWISE.format(species)
        say(f"\n{species}, {number} of {plan.presentations}: {how}")
        lasting = f"it lasts {plan.seconds:g} s at the most"
        say(f"Press Enter to begin, or q and Enter to stop; {lasting}. ", "")
        answer = sys.stdin.readline()
        if not answer or answer.strip().lower() == "q":
            say("")
            return False
        say("Now.")
        return True

    return Installer(
        ready, lambda line: say(f"  {line}"), lambda shown: say(f"  -> {_outcome(shown)}")
    )


def _outcome(shown: "Presented") -> str:
    from accessctl.evaluation.selftest import Result
    from accessctl.liveness.cues.table import words_of

    if shown.result is Result.NO_FACE:
        return "no face was seen for long enough; it counts apart"
    said = [
        f"{words_of(cue).name}: {OUTCOME[word]}"
        for cue, word in shown.cues.items()
        if word in OUTCOME
    ]
    if shown.challenge is not None:
        said.append(f"challenge: {shown.challenge}")
    taken = "taken for live" if shown.result is Result.ACCEPTED else "refused"
    return f"{taken} ({', '.join(said) or 'no cue confirmed life'})"


def _print(session: "SelfTestSession", path: Path) -> None:
    from accessctl.evaluation.selftest import tally, worst

    found = tally(session.done)
    print()
    print_table(("species", "rate", "errors", "of", "", "95 %", "no face"), map(_row, found))
    highest = worst(found)
    if highest is not None and highest.rate is not None:
        print(f"Worst species: {highest.species}, APCER {highest.rate.value:.1%}.")
    if session.broken_off is not None:
        print(f"Not complete: {session.broken_off}.")
    print(f"Kept in {path}")


def _row(one: "SpeciesTally") -> tuple[str, ...]:
    if one.rate is None:
        return (one.species, one.name, "", "0", "", "", str(one.no_face))
    rate = one.rate
    return (
        one.species,
        one.name,
        str(rate.errors),
        str(rate.trials),
        f"{rate.value:.1%}",
        f"{rate.low:.1%} to {rate.high:.1%}",
        str(one.no_face),
    )


SELFTEST = Verb(
    run,
    SelftestOptions,
    DESCRIPTION,
    (
        "accessctl liveness selftest",
        "accessctl liveness selftest --species print,phone,tablet --presentations 10",
    ),
)
