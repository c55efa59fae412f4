import copy
import json
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessctl.camera.fake import FakeSource, flat_shots
from accessctl.camera.reader import Reader
from accessctl.config import CameraConfig
from accessctl.domain import Box, Face, Frame, Pose, Quality
from accessctl.door.fake import ScriptedCues
from accessctl.errors import CameraError, FaultError
from accessctl.evaluation.selftest import (
    ENDED,
    GRACE_S,
    STOPPED,
    Installer,
    Presented,
    Result,
    SelfTestDoor,
    SelfTestPlan,
    SelfTestSession,
    frames_for,
    present,
    result_path,
    run_session,
    tally,
    worst,
    write_result,
)
from accessctl.evaluation.trial_door import DoorParts
from accessctl.liveness.challenge import PROMPTS, WAIT_PROMPT, Ask, Challenge, ChallengeStep
from accessctl.liveness.evidence import CueResult, CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.fake import FakeTexture, fake_result
from accessctl.vision.fake import FakeObserver, fake_face

Parts = Callable[..., DoorParts]
FPS = 15
CONFIRM = fake_result("depth", CueVerdict.CONFIRM)
VETO = fake_result("edges", CueVerdict.VETO)
UNSURE = fake_result("blink", CueVerdict.UNDECIDED)
NOT_USABLE = Quality(0.1, ("too blurred",))


def frames(count: int, shade: int = 120) -> list[Frame]:
    image = np.full((240, 320, 3), shade, np.uint8)
    return [Frame(image, 50 + i / FPS, i) for i in range(count)]


def saying(*words: CueResult) -> Callable[[CueWindow], tuple[CueResult, ...]]:
    return lambda look: words


def shown(
    parts: DoorParts,
    script: Sequence[Sequence[Face]],
    count: int = 60,
    told: list[str] | None = None,
) -> Presented:
    said = [] if told is None else told
    looking = SelfTestDoor(FakeObserver(script), parts)
    return present(frames(count), looking, said.append, "print", 2)


def test_whoever_the_door_lets_in_is_accepted_and_it_ends_there(parts: Parts) -> None:
    observer = FakeObserver([[fake_face()]] * 60)
    door = parts(examine=saying(CONFIRM, UNSURE))
    found = present(frames(60), SelfTestDoor(observer, door), lambda _: None, "print", 2)
    assert (found.species, found.number, found.result) == ("print", 2, Result.ACCEPTED)
    assert found.cues == {"depth": CueVerdict.CONFIRM, "blink": CueVerdict.UNDECIDED}
    assert found.challenge is None
    assert len(observer.frames) < 30


@pytest.mark.parametrize("said", [(VETO,), (VETO, CONFIRM), (UNSURE,), ()])
def test_without_a_confirmation_or_with_a_veto_it_is_refused(parts: Parts, said) -> None:
    found = shown(parts(examine=saying(*said)), [[fake_face()]] * 60)
    assert found.result is Result.REFUSED


def test_nobody_is_let_in_who_is_never_good_enough_to_recognise(parts: Parts) -> None:
    faces = [[fake_face(quality=NOT_USABLE)]] * 60
    found = shown(parts(examine=saying(CONFIRM)), faces)
    assert (found.result, found.cues) == (Result.REFUSED, {"depth": CueVerdict.CONFIRM})


@pytest.mark.parametrize(("count", "result"), [(15, Result.NO_FACE), (16, Result.REFUSED)])
def test_a_face_must_be_seen_for_a_second(parts: Parts, count: int, result: Result) -> None:
    # Sixteen frames at 15 a second span one second.
    assert shown(parts(examine=saying(UNSURE)), [[fake_face()]] * count).result is result


def test_an_empty_picture_shows_no_face(parts: Parts) -> None:
    found = shown(parts(), [])
    assert (found.result, found.cues) == (Result.NO_FACE, {})


def test_only_the_widest_face_of_a_frame_counts(parts: Parts) -> None:
    near, far = fake_face(1), fake_face(2, box=Box(0, 0, 40, 50))
    cues = ScriptedCues()
    shown(parts(examine=cues), [[far, near]] * 30)
    assert {frame.track for look in cues.looks for frame in look.frames} == {1}


def test_each_track_is_a_visit_of_its_own_and_the_longest_ones_cues_are_told(parts: Parts) -> None:
    def examine(look: CueWindow) -> tuple[CueResult, ...]:
        return (UNSURE,) if look.frames[-1].track == 1 else (VETO,)

    # The shorter one was refused for want of time, the longer one's refusal ends it.
    late = [[fake_face(2, quality=NOT_USABLE)]] * 30
    found = shown(parts(examine=examine), [[fake_face(1)]] * 17 + late, 60)
    assert found.result is Result.REFUSED
    assert found.cues == {"edges": CueVerdict.VETO}


def test_faces_that_are_good_enough_are_recognised(parts: Parts) -> None:
    usable, blurred = fake_face(1), fake_face(1, quality=NOT_USABLE)
    cues = ScriptedCues()
    shown(parts(examine=cues), [[usable], [blurred]] * 10)
    seen = {frame.captured: frame for look in cues.looks for frame in look.frames}
    known = [frame.embedding is not None for _, frame in sorted(seen.items())]
    assert known == [index % 2 == 0 for index in range(len(known))]
    assert len(known) > 10


def test_what_the_cues_gather_is_told_whenever_it_changes(parts: Parts) -> None:
    looks: list[CueWindow] = []

    def examine(look: CueWindow) -> tuple[CueResult, ...]:
        looks.append(look)
        said = replace(UNSURE, cue="texture", frames=len(looks), figure=0.8)
        return (said, VETO) if len(looks) == 4 else (said,)

    told: list[str] = []
    found = shown(parts(examine=examine), [[fake_face()]] * 60, 60, told)
    lines = [f"skin and light: {n} of 4 looks, looks alive so far" for n in (1, 2, 3)]
    rim = "rim: held up in a frame or a hand - refused"
    assert told[:3] == lines
    assert told[-1] == rim
    assert found.evidence[-1] == rim
    assert found.evidence[0].startswith("skin and light: 4 looks")


def test_a_texture_network_is_asked_about_the_pictures(parts: Parts) -> None:
    texture, cues = FakeTexture(0.97), ScriptedCues()
    shown(parts(texture=texture, examine=cues), [[fake_face()]] * 30, 30)
    seen = {frame.captured: frame for look in cues.looks for frame in look.frames}
    asked = [frame for frame in seen.values() if frame.texture == 0.97]
    # Two seconds of frames, asked no more than each 0.18 s: every third of fifteen a second.
    assert len(texture.boxes) == 10
    assert len(asked) >= 8
    assert asked[0].texture_bounds == (0.1, 0.9)


@pytest.fixture
def one_turn(parts: Parts) -> Parts:
    """A door that asks for one turn to the left; `drawn` hears of each challenge posed."""

    def make(*, drawn: list[Challenge] | None = None, **given: object) -> DoorParts:
        def draw(**_: object) -> Challenge:
            posed = Challenge((ChallengeStep(Ask.TURN_LEFT, 0.7),), limit_s=20.0, action_s=4.0)
            if drawn is not None:
                drawn.append(posed)
            return posed

        return parts(mode="challenge", draw=draw, **given)

    return make


STILL, TURNED = [fake_face()], [fake_face(pose=Pose(25, 0, 0))]
OBEDIENT = [STILL] * 28 + [TURNED] * 5 + [STILL] * 60


def test_who_does_what_is_asked_is_accepted_and_it_ends_there(one_turn: Parts) -> None:
    told: list[str] = []
    found = shown(one_turn(examine=saying(UNSURE)), OBEDIENT, 90, told)
    assert (found.result, found.challenge) == (Result.ACCEPTED, "passed")
    assert [line for line in told if not line.startswith("blink")] == [
        WAIT_PROMPT,
        PROMPTS[Ask.TURN_LEFT],
    ]


def test_a_veto_refuses_who_answers_the_challenge(one_turn: Parts) -> None:
    looks: list[CueWindow] = []

    def examine(look: CueWindow) -> tuple[CueResult, ...]:
        looks.append(look)
        return (VETO if look.frames[-1].captured > 52.0 else UNSURE,)

    found = shown(one_turn(examine=examine), OBEDIENT, 90)
    assert (found.result, found.challenge) == (Result.REFUSED, "passed")


def test_a_confirmation_is_no_answer_to_a_challenge(one_turn: Parts) -> None:
    found = shown(one_turn(examine=saying(CONFIRM)), [STILL] * 60, 60)
    assert (found.result, found.challenge) == (Result.REFUSED, "unfinished")


def test_a_wrong_action_ends_it_with_the_challenges_word(one_turn: Parts) -> None:
    script = [STILL] * 13 + [TURNED] * 50
    found = shown(one_turn(examine=saying(UNSURE)), script, 60)
    assert (found.result, found.challenge) == (Result.REFUSED, "too_early")


def test_each_track_is_asked_a_challenge_of_its_own(one_turn: Parts) -> None:
    script = [[fake_face(1)]] * 8 + [[fake_face(2)]] * 8
    drawn: list[Challenge] = []
    shown(one_turn(examine=saying(UNSURE), drawn=drawn), script)
    assert len(drawn) == 2


def test_somebody_elses_actions_do_not_count(one_turn: Parts) -> None:
    """Another face answers: the door sees a stranger, long before all is done."""
    door = one_turn(examine=saying(UNSURE))
    other = np.full((240, 320, 3), (255, 0, 0), np.uint8)
    film = frames(8) + [Frame(other, 50 + i / FPS, i) for i in range(8, 90)]
    looking = SelfTestDoor(FakeObserver(OBEDIENT), door)
    found = present(film, looking, lambda _: None, "print", 1)
    assert (found.result, found.challenge) == (Result.REFUSED, "unfinished")


def test_what_is_kept_of_a_presentation() -> None:
    one = Presented("mask", 3, Result.REFUSED, {"edges": CueVerdict.VETO}, "too_late")
    assert one.content() == {
        "species": "mask",
        "number": 3,
        "result": "refused",
        "cues": {"edges": "veto"},
        "challenge": "too_late",
        "evidence": [],
    }


def test_as_many_frames_as_the_time_holds() -> None:
    source = FakeSource([flat_shots(range(40), fps=10)])
    with Reader(source, CameraConfig()) as reader:
        first = list(frames_for(reader, 1.0, lambda: 0.0))
        second = list(frames_for(reader, 2.0, lambda: 0.0))
    # A second of ten pictures a second, both ends counted; the next goes on from there.
    assert [frame.sequence for frame in first] == list(range(11))
    assert [frame.sequence for frame in second] == list(range(11, 32))


def test_a_recording_that_ends_gives_what_it_has() -> None:
    source = FakeSource([flat_shots(range(5), fps=10)])
    with Reader(source, CameraConfig()) as reader:
        assert len(list(frames_for(reader, 10.0, lambda: 0.0))) == 5
        assert list(frames_for(reader, 10.0, lambda: 0.0)) == []


class Silent:
    """A camera that never gives a frame; each wait takes half a second of the clock."""

    ended = False
    now = 0.0

    def next(self, timeout_s: float) -> None:
        self.now += timeout_s


def test_a_dead_camera_is_not_waited_for_for_ever() -> None:
    silent = Silent()
    assert list(frames_for(silent, 3.0, lambda: silent.now)) == []
    assert silent.now == pytest.approx(3.0 + GRACE_S)


A, R, N = Result.ACCEPTED, Result.REFUSED, Result.NO_FACE


def presented(**species: list[Result]) -> list[Presented]:
    return [
        Presented(name, number, result)
        for name, results in species.items()
        for number, result in enumerate(results, start=1)
    ]


def test_errors_are_refused_people_and_accepted_attacks() -> None:
    live, prints, phone = tally(presented(live=[A, R, A], print=[R, A, N], phone=[N, N]))
    assert (live.name, live.rate.errors, live.rate.trials, live.no_face) == ("BPCER", 1, 3, 0)
    assert (prints.name, prints.rate.errors, prints.rate.trials) == ("APCER", 1, 2)
    # One of two: 1 - 0.975 ** 0.5 to 0.975 ** 0.5.
    assert prints.rate.low == pytest.approx(1 - 0.975**0.5)
    assert prints.rate.high == pytest.approx(0.975**0.5)
    assert (phone.rate, phone.no_face) == (None, 2)


def test_the_worst_species_is_named() -> None:
    found = tally(presented(live=[R, R], print=[R, R], phone=[A, R], mask=[A, R, A, R], tablet=[N]))
    # Two attacks of four and one of two: the fewer leave the higher rate possible.
    assert worst(found).species == "phone"


def test_where_none_passes_the_least_tried_is_worst() -> None:
    assert worst(tally(presented(print=[R] * 5, phone=[R] * 2))).species == "phone"


def test_without_an_answered_attack_none_is_worst() -> None:
    assert worst(tally(presented(live=[A], print=[N]))) is None
    assert worst([]) is None


def test_what_is_kept_of_a_species() -> None:
    prints, phone = tally(presented(print=[R, N], phone=[N]))
    kept = prints.content()
    assert kept.pop("high") == pytest.approx(0.975)
    assert kept == {
        "species": "print",
        "rate": "APCER",
        "errors": 0,
        "trials": 1,
        "low": 0.0,
        "no_face": 1,
    }
    assert phone.content() == {"species": "phone", "rate": "APCER", "no_face": 1}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["live", "print", "mask"]), st.sampled_from(Result))))
def test_every_presentation_is_counted_once(results: list[tuple[str, Result]]) -> None:
    found = tally(Presented(species, 1, result) for species, result in results)
    total = sum(one.no_face + (one.rate.trials if one.rate else 0) for one in found)
    assert total == len(results)
    assert [one.species for one in found] == list(dict.fromkeys(s for s, _ in results))


PLAN = SelfTestPlan(
    datetime(2026, 11, 22, 9, tzinfo=UTC), "a camera", "passive", ("print", "mask"), 2, 2.0
)
ORDER = [("live", 1), ("live", 2), ("print", 1), ("print", 2), ("mask", 1), ("mask", 2)]


class Film:
    """A reader with so many frames, ten a second."""

    def __init__(self, frames: int, failure: Exception | None = None) -> None:
        self.left = frames
        self.taken = 0
        self._failure = failure

    @property
    def ended(self) -> bool:
        return self.left == 0

    def next(self, timeout_s: float) -> Frame | None:
        if self.left == 0:
            return None
        self.left -= 1
        self.taken += 1
        if self.left == 0 and self._failure is not None:
            raise self._failure
        return Frame(np.zeros((240, 320, 3), np.uint8), self.taken / 10, self.taken)


class Present:
    """An installer who does as told, until `stop` says otherwise."""

    def __init__(self, parts: Parts, stop: Callable[[str, int], bool] = lambda *_: False) -> None:
        self._parts = parts
        self.word = CueVerdict.CONFIRM
        self.asked: list[tuple[str, int]] = []
        self.heard: list[Presented] = []
        self.kept: list[dict[str, Any]] = []
        self._stop = stop

    def ready(self, species: str, number: int) -> bool:
        self.asked.append((species, number))
        return not self._stop(species, number)

    def keep(self, session: SelfTestSession) -> None:
        self.kept.append(copy.deepcopy(session.content()))

    def run(self, film: Film) -> SelfTestSession:
        observer = FakeObserver([[fake_face()]] * 1000)
        looking = SelfTestDoor(observer, self._parts(examine=ScriptedCues(self.word, "depth")))
        installer = Installer(self.ready, lambda prompt: None, self.heard.append)
        return run_session(PLAN, film, looking, installer, lambda: 0.0, self.keep)


def test_everything_is_presented_in_order_and_kept_each_time(parts: Parts) -> None:
    present = Present(parts)
    session = present.run(Film(6 * 21))
    assert present.asked == ORDER
    assert [(one.species, one.number) for one in present.heard] == ORDER
    assert session.broken_off is None
    kept = present.kept[-1]
    assert (kept["complete"], kept["broken_off"]) == (True, None)
    # Every attack was accepted, and of two alike the first is named.
    assert kept["worst_species"] == "print"
    assert [one["errors"] for one in kept["rates"]] == [0, 2, 2]
    # What a crash would leave behind is marked as not complete.
    assert [len(one["presentations"]) for one in present.kept] == [1, 2, 3, 4, 5, 6, 6]
    assert not any(one["complete"] for one in present.kept[:-1])


def test_what_it_says_about_itself(parts: Parts) -> None:
    present = Present(parts)
    present.run(Film(6 * 21))
    kept = present.kept[-1]
    assert kept["began"] == "2026-11-22T09:00:00+00:00"
    assert (kept["selftest"], kept["source"], kept["mode"]) == ("liveness", "a camera", "passive")
    assert kept["planned"] == {"species": ["live", "print", "mask"], "presentations": 2}
    assert kept["seconds"] == 2.0


def test_an_installer_who_stops_keeps_what_was_done(parts: Parts) -> None:
    present = Present(parts, lambda species, number: (species, number) == ("print", 2))
    session = present.run(Film(1000))
    assert session.broken_off == STOPPED
    assert [(one.species, one.number) for one in session.done] == ORDER[:3]
    assert present.kept[-1]["broken_off"] == STOPPED
    assert not present.kept[-1]["complete"]


def test_ctrl_c_in_the_middle_keeps_what_was_done(parts: Parts) -> None:
    def interrupted(species: str, number: int) -> bool:
        if species == "mask":
            raise KeyboardInterrupt
        return False

    present = Present(parts, interrupted)
    session = present.run(Film(1000))
    assert (session.broken_off, len(session.done)) == (STOPPED, 4)
    assert len(present.kept[-1]["presentations"]) == 4


def test_a_recording_that_ends_is_no_refusal(parts: Parts) -> None:
    present = Present(parts)
    present.word = CueVerdict.UNDECIDED
    session = present.run(Film(2 * 21))
    assert session.broken_off == ENDED
    assert [one.result for one in session.done] == [Result.REFUSED] * 2
    assert present.asked == ORDER[:3]


def test_a_camera_that_fails_is_not_swallowed_and_what_was_done_is_kept(parts: Parts) -> None:
    present = Present(parts)
    present.word = CueVerdict.UNDECIDED
    with pytest.raises(CameraError, match="unplugged"):
        present.run(Film(30, CameraError("The camera was unplugged.")))
    assert present.kept[-1]["broken_off"] == "The camera was unplugged."
    assert len(present.kept[-1]["presentations"]) == 1


def test_ended_before_anything_was_presented(parts: Parts) -> None:
    present = Present(parts, lambda *_: True)
    session = present.run(Film(10))
    kept = session.content()
    assert (kept["rates"], kept["worst_species"], kept["complete"]) == ([], None, False)


BEGAN = datetime(2026, 11, 22, 23, 5, 9, tzinfo=UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_beside_the_event_log_dated_and_private(tmp_path: Path) -> None:
    path = result_path(tmp_path / "state" / "events.sqlite", BEGAN)
    assert path == tmp_path / "state" / "liveness-selftest-20261122T230509.json"
    write_result(path, {"complete": False, "name": "Zoë"})
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    write_result(path, {"complete": True})
    assert json.loads(path.read_text(encoding="utf-8")) == {"complete": True}
    assert mode(path) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_another_ones_result_is_never_overwritten(tmp_path: Path) -> None:
    result_path(tmp_path / "events.sqlite", BEGAN)
    with pytest.raises(FaultError, match="cannot be kept"):
        result_path(tmp_path / "events.sqlite", BEGAN)


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FaultError, match=r"cannot be kept in .*state .*audit\.file\.$"):
        result_path(tmp_path / "state" / "events.sqlite", BEGAN)


def test_a_disk_that_fails_is_said(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="cannot be kept"):
        write_result(tmp_path / "gone" / "result.json", {})
