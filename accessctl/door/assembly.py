"""Puts the rooms together as the configuration says."""

import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accessctl.actions.build import actions_from
from accessctl.actions.runner import ActionRunner
from accessctl.audit.audit_key import find_key
from accessctl.audit.base import Log
from accessctl.audit.log import EventLog
from accessctl.audit.opening import key_path, open_log, snapshot_folder
from accessctl.audit.recorder import write_down
from accessctl.audit.snapshots import Snapshots
from accessctl.config import Config
from accessctl.domain import EventKind, Outcome, PersonId
from accessctl.door.crossings import Crossings
from accessctl.door.door import Door
from accessctl.door.enactor import ActionListener, Enactor, ignore
from accessctl.door.events import service_event
from accessctl.door.gate import Gate
from accessctl.door.inspection import Wanted
from accessctl.door.inspector import Inspector, OnFault
from accessctl.door.looks import DirectLooks, LookWorker
from accessctl.door.outfit import Outfit
from accessctl.door.photographer import Photographer
from accessctl.door.pin_attempts import PinAttempts
from accessctl.door.second_factor import SecondFactor
from accessctl.liveness.challenge_actions import Ask
from accessctl.liveness.texture_choice import load_texture
from accessctl.policy.lockout import uptime
from accessctl.policy.lockout_store import LockoutKeeper, LockoutStore
from accessctl.recognition.engine import Engine

log = logging.getLogger(__name__)


@contextmanager
def open_audit(config: Config) -> Iterator[EventLog]:
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
) -> Iterator[Door]:
    """A door with its actions; leaving the block waits for running actions to finish.

    Where `every_frame` of a recording is looked at, liveness is, too: the same decisions each
    time. Otherwise that goes on beside the loop.
    """
    config = engine.config
    with LockoutStore(config.lockout_file) as lockouts:
        keeper = LockoutKeeper(lockouts, config.access.door, config.policy.lockout, uptime)
        pins = PinAttempts(audit, keeper, time.time)
        gate = Gate(
            config.access,
            config.policy,
            keeper,
            crossings=Crossings(audit, config.access),
            second_factor=SecondFactor(engine.roster.pin_of, pins, time.monotonic),
        )
        outfit = outfit_of(config, gate)
        runner = ActionRunner(queue=config.actions.queue)
        enactor = Enactor(audit, runner, outfit.actions, time.time, on_action)
        enactor.asking = outfit.asking
        looks = DirectLooks() if every_frame else LookWorker()
        door = Door(
            engine.observer,
            engine.recogniser,
            engine.roster,
            enactor,
            outfit.policy,
            leave_after_s=config.vision.track_timeout_s,
            wall_clock=time.time,
            new_visit_id=new_visit_id,
            gate=outfit.gate,
            photographer=outfit.photographer,
            inspector=Inspector(outfit.wanted, looks, fault_recorder(audit)),
            granted_before=recent_grants(audit, config.policy.cooldown_s, time.time()),
        )
        try:
            yield door
        finally:
            looks.close()
            if not runner.close(finish_s):
                log.warning("Some actions had not finished after %.0f s.", finish_s)


def outfit_of(config: Config, gate: Gate) -> Outfit:
    """Raises ConfigError for an action that cannot be performed as it is written down, and
    ModelError for a texture network that is not there as it was named, or unfit."""
    actions = {
        Outcome.GRANTED: actions_from(config.actions.granted),
        Outcome.DENIED: actions_from(config.actions.denied),
        Outcome.UNKNOWN: actions_from(config.actions.unknown),
    }
    return Outfit(
        config.policy,
        actions,
        gate,
        photographer_of(config),
        wanted_of(config),
        actions_from(config.actions.challenge),
    )


def wanted_of(config: Config) -> Wanted:
    if "still_camera" in config.liveness.model_fields_set:
        log.warning(
            "liveness.still_camera has no effect any more, because whether the camera moves is "
            "measured; take it out of the configuration."
        )
    intent = None if config.policy.intent == "off" else Ask(config.policy.intent)
    texture = None if config.liveness.mode == "off" else load_texture(config.liveness)
    return Wanted(config.liveness, intent, config.policy.intent_s, texture=texture)


def fault_recorder(audit: Log) -> OnFault:
    def write(visit: str, error: Exception) -> None:
        kind = type(error).__name__
        write_down(audit, service_event("liveness_fault", time.time(), visit=visit, detail=kind))

    return write


def photographer_of(config: Config) -> Photographer | None:
    snapshots = config.audit.snapshots
    key = find_key(key_path(config.audit), os.environ)
    if snapshots.keep == "off" or key is None:
        return None
    folder = snapshot_folder(config.audit)
    return Photographer(Snapshots(folder, key, snapshots), snapshots.keep)


def recent_grants(audit: Log, seconds: float, now: float) -> dict[PersonId, float]:
    """How many seconds ago people were last granted, of the last `seconds` of the log.

    Otherwise a restart would let the same person in twice in one visit. A grant later
    than `now`, when the clock was set back, counts as one of this moment.
    """
    return {
        event.person: max(0.0, now - event.time)
        for _, event in audit.query(since=now - seconds, kind=EventKind.DECISION)
        if event.person is not None and event.data.get("decision") == Outcome.GRANTED
    }


def new_visit_id() -> str:
    return secrets.token_hex(6)
