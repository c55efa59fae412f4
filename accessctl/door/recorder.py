"""A decision is written down first and acted on second; without the record nothing opens. What goes
into the event log is made by pure functions from values to events, without names; of a decision so
much that it can be looked at, and made, again.

Pictures from the door's camera: those of decisions for the audit log, and the best photo of one
person out of a few seconds, to enrol them with.
"""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

import cv2
import numpy as np

from accessctl.actions.base import ActionResult, DoorAction
from accessctl.actions.runner import lanes_of
from accessctl.audit.base import ENTRY_FAILED, Recorder, write_down
from accessctl.audit.snapshots import Snapshots
from accessctl.audit.views import as_json
from accessctl.config.liveness import Intent
from accessctl.domain import Decision, Event, EventKind, Face, Image, Outcome, PersonId, Reason
from accessctl.door.passes import claim_data
from accessctl.door.visit import Visit
from accessctl.policy.admit import by_pin
from accessctl.policy.circumstances import Circumstances
from accessctl.policy.decide import DecisionRules, Evidence, Verdict
from accessctl.policy.evidence_record import EvidenceRecord, limits_to_data, to_data

log = logging.getLogger(__name__)

ActionListener: TypeAlias = Callable[[str, bool], None]

# A face's box with some of its surroundings, which help people to recognise it.
MARGIN = 0.4
JPEG_QUALITY = 85


def decision_event(decision: Decision, more: Mapping[str, Any] | None = None) -> Event:
    """`more` is what the log keeps beside the decision: its evidence, its picture."""
    match = decision.match
    return Event(
        decision.time,
        EventKind.DECISION,
        {
            "visit": decision.visit,
            "attempt": decision.attempt,
            "attempts_left": decision.attempts_left,
            "decision": decision.outcome.value,
            "reason": decision.reason.value,
            "similarity": None if match is None else round(match.similarity, 4),
            "score": None if match is None else round(match.score, 3),
            "margin": None if match is None or math.isinf(match.margin) else round(match.margin, 3),
            "fmr": None if match is None else float(f"{match.fmr:.3g}"),
            "frames": decision.frames,
            "latency_ms": round(decision.latency_ms, 1),
            **(more or {}),
        },
        decision.person,
    )


def decision_record(
    visit: Visit,
    verdict: Verdict,
    evidence: Evidence,
    circumstances: Circumstances,
    *,
    now: float,
    last_grant: float | None,
    people: int,
    gesture: Intent,
    rules: DecisionRules,
) -> dict[str, Any]:
    """JSON values: the evidence, what it was held against, and what spoke against life.

    `now` and `last_grant` are capture times in seconds, `people` were enrolled.
    """
    cues = visit.life.record
    kept = EvidenceRecord(
        evidence=evidence,
        now=now,
        last_grant=last_grant,
        people=people,
        door=circumstances.plan.door,
        person=circumstances.person,
        locked_out=circumstances.locked_out,
        liveness=circumstances.liveness,
        second_factor=circumstances.second_factor,
        widths=visit.widths,
        index=visit.index,
        factor=circumstances.factor,
        direction=circumstances.plan.passback.direction,
        crossing=circumstances.last_crossing,
        cues=cues,
        intent=circumstances.intent,
        gesture=gesture,
        doubted=circumstances.liveness_doubted,
        gallery=circumstances.gallery_doubt,
        doorway=circumstances.doorway,
        stale=circumstances.stale,
    )
    record: dict[str, Any] = {
        "evidence": to_data(kept) | {"limits": limits_to_data(rules)},
    }
    if cues.vetoes:
        record["vetoes"] = cues.vetoes
    if cues.doubts:
        record["doubts"] = cues.doubts
    if visit.claim is not None:
        record |= claim_data(visit.claim)
    instead = by_pin(circumstances)
    if instead and verdict.outcome is Outcome.GRANTED:
        record["by_pin"] = list(instead)
    return record


def watched_only(visit: Visit, verdict: Verdict, decision: Decision) -> tuple[Visit, Decision]:
    """What a decision comes to at a door in whose place another one acts: nobody is let in."""
    if verdict.outcome is not Outcome.GRANTED:
        return visit, decision
    decision = replace(decision, outcome=Outcome.DENIED, reason=Reason.WATCHING_ONLY)
    watched = Verdict(decision.outcome, decision.reason, decision.match)
    return replace(visit, verdict=watched), decision


def prompt_payload(
    visit: str, text: str, ask: str, step: int, steps: int, time: float
) -> dict[str, Any]:
    """What the actions that ask a visitor for something are given; it names nobody."""
    event = Event(time, EventKind.SERVICE, {"visit": visit})
    asked = {"kind": "prompt", "prompt": text, "ask": ask, "step": step, "steps": steps}
    return as_json(event, lambda _: None) | asked


def action_event(decision: Decision, action: str, result: ActionResult, time: float) -> Event:
    return Event(
        time,
        EventKind.ACTION,
        {
            "visit": decision.visit,
            "decision": decision.outcome.value,
            "action": action,
            "ok": result.ok,
            "detail": result.detail,
            "duration_ms": round(result.duration_ms, 1),
        },
        decision.person,
    )


def service_event(state: str, time: float, **data: Any) -> Event:
    """`state` is one of started, stopped, camera_lost, camera_back, camera_flapping, camera_dark,
    camera_covered, camera_clear, the same six of infrared_, fault, frame_fault, scenery,
    entry_failed, safe_set, face_unlocked, inside_shown, reloaded, reload_refused,
    display_lost, gallery_stale, gallery_unaccepted, gallery_back, watching_only, acting,
    mqtt_refused, mqtt_dropped, hub_refused, hub_settings_refused, live_begun, live_ended,
    enrolment_begun, enrolment_shot, enrolment_ended, reader_lost, reader_back."""
    return Event(time, EventKind.SERVICE, {"state": state, **data})


def entry_failed_event(decision: Decision, time: float) -> Event:
    """Nobody went in by this grant: none of its actions opened the lock."""
    data = {"state": ENTRY_FAILED, "visit": decision.visit}
    return Event(time, EventKind.SERVICE, data, decision.person)


def wrong_pin_event(visit: str, person: PersonId, time: float) -> Event:
    """`person` is whose PIN it was not."""
    return Event(time, EventKind.SERVICE, {"state": "wrong_pin", "visit": visit}, person)


class Runner(Protocol):
    def submit(
        self,
        action: DoorAction,
        payload: Mapping[str, Any],
        on_result: Callable[[DoorAction, ActionResult], None],
        *,
        lane: Hashable = None,
        opens: bool = False,
    ) -> bool: ...


def ignore(_name: str, _ok: bool) -> None:
    """Whoever wants to know nothing of actions."""


@dataclass(frozen=True, slots=True)
class FailedEntry:
    """A visit that was granted, and by which nobody went in."""

    visit: str
    person: PersonId | None


class DecisionRecorder:
    """Writes decisions to the audit log and hands their actions to the runner.

    `on_action` hears of each action's end.
    """

    def __init__(
        self,
        audit: Recorder,
        runner: Runner,
        wall_clock: Callable[[], float],
        on_action: ActionListener = ignore,
    ) -> None:
        self._audit = audit
        self._runner = runner
        self._actions: Mapping[Outcome, Sequence[tuple[DoorAction, Hashable]]] = {}
        self._asking: Sequence[tuple[DoorAction, Hashable]] = ()
        self._wall_clock = wall_clock
        self._on_action = on_action
        self._failed: deque[FailedEntry] = deque()

    def use(
        self, actions: Mapping[Outcome, Sequence[DoorAction]], asking: Sequence[DoorAction]
    ) -> None:
        """From the next decision on these `actions`, and those that ask a visitor for something.

        What still runs of the same program or address is waited for: a lock's action never runs
        beside one that was there before.
        """
        self._actions = {
            outcome: list(zip(some, lanes_of(outcome.value, some), strict=True))
            for outcome, some in actions.items()
        }
        self._asking = list(zip(asking, lanes_of("challenge", asking), strict=True))

    def enact(
        self,
        decision: Decision,
        names: Mapping[PersonId, str],
        more: Mapping[str, Any] | None = None,
    ) -> bool:
        """True once the decision is on record and its actions are queued.

        `more` goes on record beside the decision, but not to the actions.
        False, and nothing acted on, when the audit log does not take it (fail secure).
        """
        if not write_down(self._audit, decision_event(decision, more)):
            return False
        payload = as_json(decision_event(decision), names.get)
        actions = self._actions.get(decision.outcome, ())
        granted = decision.outcome is Outcome.GRANTED
        entry = _Entry(sum(action.opens for action, _ in actions))
        for action, lane in actions:
            queued = self._runner.submit(
                action,
                payload,
                self._reporter(decision, entry),
                lane=lane,
                opens=granted and action.opens and action.joins,
            )
            if not queued:
                refused = ActionResult(False, "Refused: too many actions are waiting.", 0.0)
                self._report(decision, entry, action, refused)
        return True

    def note_no_entry(self, visit: str, person: PersonId | None) -> None:
        """Nobody went in by the grant of that visit, as the doorway has put on record."""
        self._failed.append(FailedEntry(visit, person))

    def failed_entries(self) -> list["FailedEntry"]:
        """Grants by which nobody went in, since the last call; each is on record as such."""
        failed = []
        while self._failed:
            failed.append(self._failed.popleft())
        return failed

    def note_scenery(self, visit: str) -> None:
        """Once of each face that does not move: it stays where it is, and is looked at no more."""
        log.info("A face has not moved for a minute; it is taken for a picture.")
        write_down(self._audit, service_event("scenery", self._wall_clock(), visit=visit))

    def ask(self, payload: Mapping[str, Any]) -> None:
        """Tell a visitor what to do; failing to opens nothing and refuses nobody."""
        for action, lane in self._asking:
            if not self._runner.submit(action, payload, self._told, lane=lane):
                log.warning("Action %s was refused: too many are waiting.", action.name)

    def _told(self, action: DoorAction, result: ActionResult) -> None:
        if not result.ok:
            log.warning("Action %s failed: %s", action.name, result.detail)
        self._on_action(action.name, result.ok)

    def _reporter(
        self, decision: Decision, entry: "_Entry"
    ) -> Callable[[DoorAction, ActionResult], None]:
        return lambda action, result: self._report(decision, entry, action, result)

    def _report(
        self, decision: Decision, entry: "_Entry", action: DoorAction, result: ActionResult
    ) -> None:
        if not result.ok:
            visit = {"visit": decision.visit}
            log.warning("Action %s failed: %s", action.name, result.detail, extra=visit)
        event = action_event(decision, action.name, result, self._wall_clock())
        write_down(self._audit, event)
        granted = decision.outcome is Outcome.GRANTED
        if granted and action.opens and entry.fails_with(ok=result.ok):
            write_down(self._audit, entry_failed_event(decision, self._wall_clock()))
            self._failed.append(FailedEntry(decision.visit, decision.person))
        self._on_action(action.name, result.ok)


class _Entry:
    """Whether any of the actions that open the lock worked; told of each from its own thread."""

    def __init__(self, opening: int) -> None:
        self._running = opening
        self._opened = False
        self._lock = threading.Lock()

    def fails_with(self, *, ok: bool) -> bool:
        """After one more result: whether it was the last one, and none of them opened."""
        with self._lock:
            self._running -= 1
            self._opened = self._opened or ok
            return self._running == 0 and not self._opened


class DecisionPictures(Protocol):
    """What the door asks of whoever keeps pictures of decisions."""

    def cut(self, image: Image, face: Face) -> Image | None:
        """What is kept of an RGB frame in which that face is seen; may be a view of it."""

    def take(self, visit: str, time: float, picture: Image | None) -> dict[str, Any]:
        """What the decision's event says about its picture; nothing when there is none."""


class NoPictures:
    """No picture is kept of anybody."""

    def cut(self, image: Image, face: Face) -> None:
        del image, face

    def take(self, visit: str, time: float, picture: Image | None) -> dict[str, Any]:
        del visit, time, picture
        return {}


NO_PICTURES = NoPictures()


def face_cut(image: Image, face: Face) -> Image:
    """A copy of that face of an RGB frame with some of its surroundings; may be empty."""
    height, width = image.shape[:2]
    box = face.box
    left, top = box.x - MARGIN * box.w, box.y - MARGIN * box.h
    right, bottom = box.x + (1 + MARGIN) * box.w, box.y + (1 + MARGIN) * box.h
    x0, x1 = (int(np.clip(x, 0, width)) for x in (left, right))
    y0, y1 = (int(np.clip(y, 0, height)) for y in (top, bottom))
    return image[y0:y1, x0:x1].copy()


def jpeg_of(picture: Image) -> bytes:
    """An RGB picture as a JPEG; empty where it cannot be one."""
    encoded, jpeg = cv2.imencode(
        ".jpg",
        cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
    )
    return jpeg.tobytes() if encoded else b""


class SnapshotTaker:
    """Cuts what is to be kept of a frame, and has it kept; see DecisionPictures."""

    def __init__(self, snapshots: Snapshots, keep: Literal["face", "frame"]) -> None:
        self._snapshots = snapshots
        self._keep = keep

    def cut(self, image: Image, face: Face) -> Image:
        return image if self._keep == "frame" else face_cut(image, face)

    def take(self, visit: str, time: float, picture: Image | None) -> dict[str, Any]:
        if picture is None or picture.size == 0:
            return {}
        jpeg = jpeg_of(picture)
        kept = self._snapshots.keep(visit, time, jpeg) if jpeg else None
        if kept is None:
            return {"snapshot": None}
        return {"snapshot": kept.name, "snapshot_sha256": kept.sha256}
