import io
import json
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accessctl.audit.opening import open_log
from accessctl.cli.liveness import HOW
from accessctl.config import load_config
from accessctl.domain import EventKind
from accessctl.door.fake import ScriptedCues
from accessctl.evaluation import selftest
from accessctl.evaluation.trial_door import DoorParts, TrialMakers, door_parts
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import CueWindow
from accessctl.liveness.worker import Results
from accessctl.vision.fake import FakeObserver, fake_face


class Door:
    """The eyes see one face all the time; the cues confirm every second visit."""

    def __init__(self) -> None:
        self.parts: list[DoorParts] = []
        self.begun: list[float] = []
        self.observers: list[FakeObserver] = []

    def observer(self, config: object) -> FakeObserver:
        self.observers.append(FakeObserver([[fake_face()]] * 10_000))
        return self.observers[-1]

    def made_of(self, config: Any, encoder: Any, mode: Any) -> DoorParts:
        self.parts.append(replace(door_parts(config, None, mode), examine=self.examine))
        return self.parts[-1]

    def examine(self, look: CueWindow) -> Results:
        """A visit's looks hold only frames of its own, and the first frame tells which it is."""
        begun = look.frames[0].captured
        if not self.begun or begun > self.last + 1e-6:
            self.begun.append(begun)
        self.last = look.frames[-1].captured
        lively = len(self.begun) % 2 == 1
        return ScriptedCues(CueVerdict.CONFIRM if lively else CueVerdict.UNDECIDED, "depth")(look)


@pytest.fixture
def door(site) -> Door:
    door = Door()
    site.parts["trial_makers"] = TrialMakers(lambda config: None, door.made_of, door.observer)
    return door


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    def type_in(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def selftest_words(film: Path, *more: str) -> list[str]:
    return ["liveness", "selftest", "--source", str(film), "--seconds", "2", *more]


def kept(site) -> tuple[Path, dict[str, Any]]:
    (path,) = (site.folder / "state").glob("liveness-selftest-*.json")
    return path, json.loads(path.read_text())


def test_a_door_has_the_counts_in_its_log_and_a_machine_without_one_keeps_the_file_alone(
    site, door: Door, film, typed
) -> None:
    typed("\n" * 6)
    site.configure(camera={"fps": 10}, liveness={"window_s": 4, "every_s": 1})
    words = selftest_words(film(("empty", 130)), "--presentations", "2")
    assert site(*words).code == 0
    log = load_config(site.config).audit.file
    assert not log.exists()
    with open_log(load_config(site.config).audit, {}):
        pass
    kept(site)[0].unlink()
    typed("\n" * 6)
    assert site(*words).code == 0
    (event,) = site.events()
    assert event.kind is EventKind.SERVICE
    told = dict(event.data)
    assert (told["state"], told["mode"], told["complete"]) == ("liveness_tested", "passive", True)
    assert told["rates"] == kept(site)[1]["rates"]


def test_yourself_a_print_and_a_phone(site, door: Door, film, typed) -> None:
    typed("\n" * 6)
    site.configure(camera={"fps": 10}, liveness={"window_s": 4, "every_s": 1})
    words = selftest_words(film(("empty", 130)), "--presentations", "2")
    said = site(*words)
    assert (said.code, said.err) == (0, "")
    # The first visit is found alive, the second is not.
    first, second = said.out.split("Now.")[1:3]
    assert "  movement: the head turns as a living one does\n" in first
    assert "  movement: none yet - turn your head a little\n" in second
    for species in ("live", "print", "phone"):
        assert f"{species}, 2 of 2: {HOW[species]}" in said.out
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "live BPCER 1 2 50.0% 1.3% to 98.7% 0" in lines
    assert "print APCER 1 2 50.0% 1.3% to 98.7% 0" in lines
    assert "Worst species: print, APCER 50.0%." in lines
    path, content = kept(site)
    assert lines[-1] == f"Kept in {path}"
    assert (content["complete"], len(content["presentations"])) == (True, 6)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    asked = door.parts[0].wanted.liveness
    assert (asked.mode, asked.window_s, asked.every_s) == ("passive", 4, 1)
    assert door.observers[0].closed


def test_the_same_for_machines_with_prompts_beside_it(site, door: Door, film, typed) -> None:
    typed("\n" * 3)
    site.configure(camera={"fps": 10})
    words = selftest_words(film(("empty", 70)), "--presentations=1", "--species", "mask,print")
    said = site(*words, "--json")
    assert said.code == 0
    (content,) = said.lines
    path, on_disk = kept(site)
    assert content == {**on_disk, "file": str(path)}
    assert content["planned"]["species"] == ["live", "mask", "print"]
    assert "mask, 1 of 1: Present this attack: mask;" in said.err


@pytest.mark.parametrize("answers", ["\nq\n", "\n Q \n", "\n"])
def test_q_or_the_end_of_the_input_breaks_off(site, door, film, typed, answers: str) -> None:
    typed(answers)
    site.configure(camera={"fps": 10})
    said = site(*selftest_words(film(("empty", 70)), "--presentations", "1"))
    assert said.code == 130
    assert "Not complete: broken off by the installer." in said.out
    _, content = kept(site)
    assert (content["complete"], len(content["presentations"])) == (False, 1)


def test_the_doors_challenge_is_asked(site, door: Door, film, typed) -> None:
    typed("\n" * 2)
    site.configure(camera={"fps": 10}, liveness={"challenge_s": 6})
    words = ("liveness", "selftest", "--source", film(("empty", 130)), "--presentations=1")
    said = site(*words, "--species=phone", "--mode=challenge")
    assert said.code == 0
    assert "Look at the camera and hold still." in said.out
    # Nobody moves, so that the action comes too late or is not yet due in the 6 s there are.
    _, content = kept(site)
    assert content["seconds"] == 6
    assert {one["challenge"] for one in content["presentations"]} <= {"too_late", "unfinished"}
    assert [one["result"] for one in content["presentations"]] == ["refused", "refused"]


def test_a_presentation_lasts_as_long_as_the_door_is_patient(site, door, film, typed) -> None:
    typed("q\n")
    site.configure(liveness={"patience_s": 7})
    site("liveness", "selftest", "--source", film(("empty", 1)))
    assert kept(site)[1]["seconds"] == 7


def test_a_state_folder_that_cannot_be_written_is_said_before_anything(site, door, film) -> None:
    site.configure(audit={"file": str(site.config / "events.sqlite")})
    said = site(*selftest_words(film(("empty", 1))))
    assert (said.code, said.err.count("\n"), said.out) == (1, 1, "")
    assert door.observers == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--species", "live"),
        ("--species", "print,print"),
        ("--species", "print,,phone"),
        ("--species", "../mask"),
        ("--species", ",".join(f"s{i}" for i in range(13))),
        ("--presentations", "0"),
        ("--presentations", "101"),
        ("--presentations", "٣"),
        ("--seconds", "1.9"),
        ("--seconds", "nan"),
        ("--seconds", "soon"),
    ],
)
def test_what_cannot_be_meant(site, option: str, value: str) -> None:
    said = site("liveness", "selftest", option, value)
    assert said.code == 2
    assert repr(value) in said.err


def test_what_a_presentation_came_to(site, door: Door, film, typed) -> None:
    typed("\n" * 3)
    results = iter(
        [
            selftest.Presented("live", 1, selftest.Result.NO_FACE),
            selftest.Presented("print", 1, selftest.Result.REFUSED),
            selftest.Presented(
                "phone", 1, selftest.Result.ACCEPTED, {"depth": CueVerdict.CONFIRM}, "passed"
            ),
        ]
    )
    site.parts["present"] = lambda *_: next(results)
    said = site(*selftest_words(film(("empty", 5)), "--presentations", "1"))
    assert [line.strip() for line in said.out.splitlines() if "->" in line] == [
        "-> no face was seen for long enough; it counts apart",
        "-> refused (no cue confirmed life)",
        "-> taken for live (movement: looks alive, challenge: passed)",
    ]
    assert "live BPCER 0 1" in [" ".join(line.split()) for line in said.out.splitlines()]
