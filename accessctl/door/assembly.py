"""Puts the rooms together as the configuration says."""

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from accessctl.actions.command import Command, safe_commands, set_safe
from accessctl.actions.runner import ActionRunner, actions_from
from accessctl.administration.crossings import NO_OTHER_DOORS, Crossings, OtherDoors
from accessctl.administration.gallery_heads import GalleryHeads
from accessctl.audit.base import NOT_ENTERED, Log, Recorder, write_down
from accessctl.audit.log import EventLog
from accessctl.audit.opening import find_key, key_path, open_log, snapshot_folder
from accessctl.audit.snapshots import Snapshots
from accessctl.clock import uptime
from accessctl.config import BadgesConfig, Config
from accessctl.domain import Event, EventKind, Outcome, PersonId, PersonRules
from accessctl.door.access_gate import AccessGate
from accessctl.door.badges import BadgesAtDoor
from accessctl.door.controller_gate import (
    ControllerAction,
    ControllerDesk,
    Tampered,
    link_parts,
)
from accessctl.door.demands import Wanted
from accessctl.door.door import Door
from accessctl.door.doorway_gate import (
    NO_DOORWAY,
    DoorwayDesk,
    DoorwayGate,
    DuressVisits,
    Grantees,
    PartsMaker,
)
from accessctl.door.duty import Duty, duty_file
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.liveness_gate import LivenessGate, OnFault
from accessctl.door.passes import open_passes
from accessctl.door.recorder import (
    NO_PICTURES,
    ActionListener,
    DecisionPictures,
    DecisionRecorder,
    SnapshotTaker,
    ignore,
    service_event,
)
from accessctl.door.second_factor import PinAttempts, SecondFactor
from accessctl.door.setup import DoorSetup, LiveSettings
from accessctl.door.staleness import open_staleness
from accessctl.doorway.controller import ControllerLink
from accessctl.doorway.keeper import DoorwayListener
from accessctl.doorway.opening import parts_of
from accessctl.liveness.challenge import Ask
from accessctl.liveness.cues.table import added_cues
from accessctl.liveness.texture_network import load_texture
from accessctl.liveness.worker import CueWorker, DirectCueRunner
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.reader.serial_line import BadgeLine
from accessctl.recognition.engine import Engine

log = logging.getLogger(__name__)


@contextmanager
def open_audit(config: Config) -> Iterator[EventLog]:
    """StoreError, also while a restore is half done."""
    audit = open_log(config.audit, os.environ)
    try:
        yield audit
    finally:
        audit.close()


@contextmanager
def open_door(
    engine: Engine,
    audit: EventLog,
    finish_s: float = 10.0,
    on_action: ActionListener = ignore,
    *,
    every_frame: bool = False,
    spectator: bool = False,
    doorway: PartsMaker = parts_of,
    listeners: Sequence[DoorwayListener] = (),
    others: OtherDoors = NO_OTHER_DOORS,
) -> Iterator[Door]:
    """A door with its actions; leaving the block waits for running actions to finish.

    Where `every_frame` of a recording is looked at, liveness is, too: the same decisions each
    time. Otherwise that goes on beside the loop. One door at a time acts for the lock; another
    one waits until that ends, a `spectator` never acts in its place. `doorway` takes the lines, if
    there are any; LineError where they cannot be taken. `listeners` follow the doorway. `others`
    know what the logs of the area's other doors say.
    """
    config = engine.config
    duty = Duty(duty_file(config), waits=not spectator, record=state_recorder(audit))
    with (
        duty,
        LockoutStore(config.lockout_file) as lockouts,
        open_staleness(config, os.environ) as staleness,
        open_passes(config, os.environ, engine.roster) as passes,
    ):
        keeper = LockoutKeeper(lockouts, config.access.door, config.policy.lockout, uptime)
        pins = PinAttempts(audit, keeper, time.time)
        runner = ActionRunner(queue=config.actions.queue)
        recorder = DecisionRecorder(audit, runner, time.time, on_action)
        duress = DuressVisits() if config.doorway.duress else None
        badges = BadgesAtDoor(
            engine.roster, audit, time.time, time.monotonic, lambda: duty.acting, passes
        )
        desk: DoorwayGate | None = None
        link = None if config.doorway.controller is None else open_link(config, audit)

        def rules_of(person: PersonId) -> PersonRules:
            return engine.roster.rules.get(person, PersonRules())

        if config.doorway.used:
            grantees = Grantees(rules_of, duress or nobody_forced)
            heard = listeners if link is None else (*listeners, Tampered(link.tamper))
            desk = DoorwayGate(config, audit, grantees, recorder.note_no_entry, doorway, heard)
        hung: DoorwayDesk = desk or NO_DOORWAY
        controller: ControllerDesk | None = None
        if link is not None and config.doorway.controller is not None:
            hung = controller = ControllerDesk(
                hung,
                link,
                ControllerAction(
                    config.doorway.controller,
                    engine.gallery.controller_number,
                    lambda person: hung.objection(rules_of(person)),
                    link.hand_over,
                ),
            )
        gate = AccessGate(
            config.access,
            config.policy,
            keeper,
            crossings=Crossings(audit, config.access, others),
            second_factor=SecondFactor(engine.roster.pin_of, pins, time.monotonic, duress),
            doorway=hung,
            badges=badges,
            staleness=staleness,
        )
        settings = live_settings_of(config, gate)
        if duty.acting:
            leave_safe(settings.safe, audit, "start")
        cues = DirectCueRunner() if every_frame else CueWorker()
        setup = DoorSetup(
            observer=engine.observer,
            recogniser=engine.recogniser,
            roster=engine.roster,
            recorder=recorder,
            liveness=LivenessGate(settings.wanted, cues, fault_recorder(audit, duty)),
            leave_after_s=config.vision.track_timeout_s,
            wall_clock=time.time,
            new_visit_id=new_visit_id,
            gallery=GalleryWatch(
                engine.roster,
                config.gallery.max_stale_s,
                GalleryHeads(engine.gallery, audit, time.time),
                state_recorder(audit),
                acting=lambda: duty.acting,
            ),
            duty=duty,
            on_duty=lambda live: after_another(audit, live),
            granted_before=recent_grants(audit, config.policy.cooldown_s, time.time()),
        )
        door = Door(setup, settings)
        try:
            if desk is not None and duty.acting:
                desk.open()
            if controller is not None and duty.acting:
                controller.open()
            with badge_line(config.badges, badges, state_recorder(audit), lambda: duty.acting):
                yield door
        finally:
            cues.close()
            if not runner.close(finish_s):
                log.warning("Some actions had not finished after %.0f s.", finish_s)
            if controller is not None:
                controller.close()
            if desk is not None:
                desk.close()
            if duty.acting:
                leave_safe(door.safe, audit, "stop")


def open_link(config: Config, audit: Recorder) -> ControllerLink:
    """ConfigError where the controller's key cannot be used or libosdp is missing."""
    return ControllerLink(link_parts(config, audit))


@contextmanager
def badge_line(
    config: BadgesConfig,
    badges: BadgesAtDoor,
    record: Callable[..., object],
    acting: Callable[[], bool],
) -> Iterator[None]:
    """The reader on a serial line is read, if there is one and this door acts."""
    if config.serial is None:
        yield
        return
    with BadgeLine(
        config.serial,
        config.baud,
        lambda number: badges.offer(number, "serial line"),
        lambda state, detail: record(f"reader_{state}", detail=detail),
        wanted=acting,
    ) as line:
        badges.reader = lambda: line.trouble or ""
        yield


def leave_safe(commands: Sequence[Command], audit: Recorder, why: str) -> None:
    """Set the safe state of every action that declares one; what came of it is on record."""
    for name, result in set_safe(commands, why):
        data = {"action": name, "ok": result.ok, "detail": result.detail, "why": why}
        write_down(audit, Event(time.time(), EventKind.SERVICE, {"state": "safe_set", **data}))


def after_another(audit: Log, settings: LiveSettings) -> dict[PersonId, float]:
    """What there is to do when this door begins to act for one that acted before: that may have
    been killed while its lock was open. Returns how many seconds ago it let people in."""
    granted = recent_grants(audit, settings.policy.cooldown_s, time.time())
    leave_safe(settings.safe, audit, "start")
    return granted


def live_settings_of(config: Config, gate: AccessGate) -> LiveSettings:
    """Raises ConfigError for an action that cannot be performed as it is written down and for a
    cue that nobody added, ExtensionError for an added one that does not load, and ModelError for
    a texture network that is not there as it was named, or unfit."""
    actions = {
        Outcome.GRANTED: [*gate.doorway.actions, *actions_from(config.actions.granted)],
        Outcome.DENIED: actions_from(config.actions.denied),
        Outcome.UNKNOWN: actions_from(config.actions.unknown),
    }
    return LiveSettings(
        config.policy,
        gate,
        actions,
        asking=actions_from(config.actions.challenge),
        wanted=wanted_of(config),
        pictures=pictures_of(config),
        safe=safe_commands(config.actions),
    )


def wanted_of(config: Config) -> Wanted:
    if "still_camera" in config.liveness.model_fields_set:
        log.warning(
            "liveness.still_camera has no effect any more, because whether the camera moves is "
            "measured; take it out of the configuration."
        )
    intent = None if config.policy.intent == "off" else Ask(config.policy.intent)
    if config.liveness.mode == "off":
        return Wanted(config.liveness, intent, config.policy.intent_s)
    return Wanted(
        config.liveness,
        intent,
        config.policy.intent_s,
        texture=load_texture(config.liveness),
        added=added_cues(config.liveness.cues),
    )


def state_recorder(audit: Log) -> Callable[..., object]:
    """Writes down a state of the service with its data."""
    return lambda state, **data: write_down(audit, service_event(state, time.time(), **data))


def fault_recorder(audit: Log, duty: Duty) -> OnFault:
    """Writes down that the cues failed on a visit, unless another door acts."""

    def write(visit: str, error: Exception) -> None:
        if duty.acting:
            kind = type(error).__name__
            event = service_event("liveness_fault", time.time(), visit=visit, detail=kind)
            write_down(audit, event)

    return write


def pictures_of(config: Config) -> DecisionPictures:
    snapshots = config.audit.snapshots
    key = find_key(key_path(config.audit), os.environ)
    if snapshots.keep == "off" or key is None:
        return NO_PICTURES
    folder = snapshot_folder(config.audit)
    return SnapshotTaker(Snapshots(folder, key, snapshots), snapshots.keep)


def recent_grants(audit: Log, seconds: float, now: float) -> dict[PersonId, float]:
    """How many seconds ago people were last granted, of the last `seconds` of the log.

    A grant by which nobody could go in is none. Otherwise a restart would let the same person in
    twice in one visit. A grant later than `now`, when the clock was set back, counts as one of
    this moment.
    """
    granted: dict[PersonId, float] = {}
    visits: dict[object, tuple[PersonId, float | None]] = {}
    for _, event in audit.query(since=now - seconds):
        person, visit = event.person, event.data.get("visit")
        if person is None:
            continue
        if event.data.get("state") in NOT_ENTERED and visit in visits:
            _, before = visits.pop(visit)
            if before is None:
                granted.pop(person, None)
            else:
                granted[person] = before
        elif event.kind is EventKind.DECISION and event.data.get("decision") == Outcome.GRANTED:
            visits[visit] = person, granted.get(person)
            granted[person] = max(0.0, now - event.time)
    return granted


def nobody_forced(_visit: str) -> bool:
    """Where a PIN has no other one for duress."""
    return False


def new_visit_id() -> str:
    return secrets.token_hex(6)
