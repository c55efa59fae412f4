import json
import random
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from accessctl.cli.evaluate_liveness import species_place
from accessctl.config import EncoderConfig
from accessctl.encoder.base import FAKE_CARD, Encoder
from accessctl.encoder.choose import load_encoder
from accessctl.errors import CameraError
from accessctl.evaluation.challenge_trials import Playing, Trial
from accessctl.evaluation.presentation import Conditions, Presentation
from accessctl.evaluation.trial_door import DoorParts, TrialMakers
from accessctl.liveness.evidence import CueVerdict
from accessctl.liveness.examiner import MIN_SEEN, Liveness
from accessctl.vision.fake import FakeObserver

VETO, CONFIRM = CueVerdict.VETO, CueVerdict.CONFIRM


class Looking:
    """Stands in for looking at videos: what a file's name says is what it shows."""

    def __init__(self) -> None:
        self.observers: list[FakeObserver] = []
        self.conditions: list[Conditions] = []
        self.parts: list[DoorParts] = []

    def observer(self, config: object) -> FakeObserver:
        self.observers.append(FakeObserver())
        return self.observers[-1]

    def __call__(self, path, observe, parts, conditions) -> list[Presentation]:
        assert observe == self.observers[-1].observe
        self.conditions.append(conditions)
        self.parts.append(parts)
        if "broken" in path.name:
            raise CameraError(f"{path.name} is broken.")
        if "empty" in path.name:
            return []
        passes = "passes" in path.name
        verdict = Liveness.LIVE if passes else Liveness.ATTACK
        cues = {"depth": CONFIRM if passes else VETO}
        return [Presentation(path.name, 1, 2.3456, passes, verdict, cues)]


@pytest.fixture
def looking(site) -> Looking:
    looking = Looking()
    site.parts |= {"trial_makers": TrialMakers(observer=looking.observer), "show": looking}
    return looking


@pytest.fixture
def folder(tmp_path: Path):
    def make(name: str, *files: str) -> Path:
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).touch()
        return tmp_path / name

    return make


def test_rates_cues_and_intervals(site, folder, looking: Looking) -> None:
    people = folder("people", "passes_1.mp4", "passes_2.mp4", "refused.mp4")
    prints = folder("prints", "a.mp4", "b_passes.mp4")
    said = site(
        "evaluate", "liveness", "--no-identity", "--live", people, f"--attack=print={prints}"
    )
    assert (said.code, said.err) == (0, "")
    lines = [line.split() for line in said.out.splitlines()]
    # One of two: 1 - 0.975 ** 0.5 = 1.3 % to 0.975 ** 0.5 = 98.7 %.
    assert ["print", "APCER", "1", "2", "50.0%", "1.3%", "to", "98.7%"] in lines
    assert ["live", "BPCER", "1", "3", "33.3%"] in [line[:5] for line in lines]
    assert ["live", "depth", "1", "0", "2", "0", "0"] in lines
    assert ["print", "depth", "1", "0", "1", "0", "0"] in lines
    # Without an encoder, all recordings are shown to one and the same kind of door.
    assert len({id(parts) for parts in looking.parts}) == 1
    assert looking.parts[0].recogniser.fingerprint == FAKE_CARD.fingerprint


def test_the_same_for_machines(site, folder, looking: Looking) -> None:
    prints = folder("prints", "a.mp4", "b.mp4")
    said = site("evaluate", "liveness", "--no-identity", "--json", f"--attack=print={prints}")
    found = json.loads(said.out)
    (rate,) = found["rates"]
    assert (rate["species"], rate["rate"], rate["errors"], rate["trials"]) == (
        "print",
        "APCER",
        0,
        2,
    )
    assert rate["low"] == 0
    assert rate["high"] == pytest.approx(1 - 0.025**0.5)
    assert found["cues"] == [
        {
            "species": "print",
            "cue": "depth",
            "veto": 2,
            "doubt": 0,
            "confirm": 0,
            "clear": 0,
            "undecided": 0,
        }
    ]
    assert found["presentations"][0] == {
        "species": "print",
        "recording": "a.mp4",
        "track": 1,
        "seconds": 2.35,
        "accepted": False,
        "verdict": "attack",
        "cues": {"depth": "veto"},
    }


def test_one_species_in_two_places_is_one(site, folder, looking: Looking) -> None:
    one, two = folder("one", "a.mp4"), folder("two", "b.mp4")
    said = site(
        "evaluate",
        "liveness",
        "--no-identity",
        "--json",
        "--attack",
        f"p={one}",
        "--attack",
        f"p={two}",
    )
    assert [(r["species"], r["trials"]) for r in json.loads(said.out)["rates"]] == [("p", 2)]


def test_each_recording_is_seen_with_fresh_eyes_that_are_closed(
    site, folder, looking: Looking
) -> None:
    site("evaluate", "liveness", "--no-identity", "--live", folder("people", "a.mp4", "b.mp4"))
    assert [eyes.closed for eyes in looking.observers] == [True, True]


def test_a_broken_recording_ends_it_and_the_eyes_are_closed(site, folder, looking: Looking) -> None:
    said = site("evaluate", "liveness", "--no-identity", "--live", folder("people", "broken.mp4"))
    assert said.code != 0
    assert "broken.mp4 is broken." in said.err
    assert said.out == ""
    assert [eyes.closed for eyes in looking.observers] == [True]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_recordings_without_a_face_are_no_rate(site, folder, looking: Looking, options) -> None:
    said = site(
        "evaluate", "liveness", "--no-identity", *options, "--live", folder("people", "empty.mp4")
    )
    assert said.code == 0
    if options:
        assert json.loads(said.out) == {"rates": [], "cues": [], "presentations": []}
    else:
        assert "live: no face was seen for long enough." in said.out
        assert "BPCER" not in said.out


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ([], (False, MIN_SEEN)),
        (["--hand-held"], (False, MIN_SEEN)),
        (["--only-face"], (True, MIN_SEEN)),
        (["--ignore-framing"], (False, 0.0)),
    ],
)
def test_how_it_is_looked_at(site, folder, looking: Looking, options, wanted) -> None:
    # What the door does with nobody's life in it does not matter here: it is asked passively.
    site.configure(liveness={"mode": "off", "texture": "off", "patience_s": 7})
    site("evaluate", "liveness", "--no-identity", *options, "--live", folder("people", "a.mp4"))
    (conditions,), (parts,) = looking.conditions, looking.parts
    assert (conditions.only_face, parts.wanted.min_seen) == wanted
    assert (parts.wanted.liveness.mode, parts.wanted.liveness.patience_s) == ("passive", 7)


def test_people_are_recognised_by_the_doors_own_encoder(site, folder, looking: Looking) -> None:
    asked: list[EncoderConfig] = []

    def encoder(config: EncoderConfig) -> Encoder:
        asked.append(config)
        return load_encoder(config)

    site.parts["trial_makers"] = TrialMakers(encoder, observer=looking.observer)
    said = site("evaluate", "liveness", "--live", folder("people", "passes.mp4"))
    assert said.code == 0
    assert [config.folder.name for config in asked] == ["dlib"]
    assert looking.parts[0].recogniser.dimension == 128


def test_nothing_to_evaluate(site) -> None:
    said = site("evaluate", "liveness")
    assert said.code == 2
    assert "--live or --attack" in said.err


def test_a_place_without_videos(site, folder, looking: Looking) -> None:
    said = site("evaluate", "liveness", "--no-identity", "--live", folder("people"))
    assert said.code == 2
    assert "is no video and holds none" in said.err


@pytest.mark.parametrize("text", ["print", "=dir", "print=", "", "=", "live=dir"])
def test_what_names_no_species_and_place(site, text: str) -> None:
    said = site("evaluate", "liveness", "--attack", text)
    assert said.code == 2
    assert "SPECIES=PLACE" in said.err


@given(st.text("abl=ive", max_size=8))
def test_a_species_goes_up_to_the_first_equals_sign(text: str) -> None:
    head, *rest = text.split("=", 1)
    if head not in {"", "live"} and rest and rest[0]:
        assert species_place(text) == (head, Path(rest[0]))
    else:
        with pytest.raises(typer.BadParameter):
            species_place(text)


def test_what_the_cues_said_is_drawn(site, folder, looking: Looking, tmp_path: Path) -> None:
    people = folder("people", "passes.mp4", "refused.mp4")
    words = ("evaluate", "liveness", "--no-identity", "--live", people, "--plots")
    assert site(*words, tmp_path / "plots").code == 0
    assert (tmp_path / "plots" / "liveness_cues.png").stat().st_size > 1000
    (tmp_path / "file").touch()
    said = site(*words, tmp_path / "file")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "name another folder" in said.err


def test_without_a_face_there_is_nothing_to_draw(site, folder, looking, tmp_path: Path) -> None:
    people = folder("people", "empty.mp4")
    said = site("evaluate", "liveness", "--no-identity", "--live", people, "--plots", tmp_path)
    assert said.code == 2
    assert "nothing to draw" in said.err


class FakePlaying:
    """Stands in for playing recordings: a third of the visits pass, one of those is vetoed."""

    def __init__(self) -> None:
        self.conditions: list[Conditions] = []
        self.parts: list[DoorParts] = []
        self.drawn: list[float] = []
        self.at_least: list[float] = []
        self.observers: list[FakeObserver] = []

    def observer(self, config: object) -> FakeObserver:
        self.observers.append(FakeObserver())
        return self.observers[-1]

    def looped(self, path: Path, observe, parts, conditions: Conditions, at_least_s: float):
        assert observe == self.observers[-1].observe
        assert not self.observers[-1].closed
        self.conditions.append(conditions)
        self.at_least.append(at_least_s)
        return [path.name], 7.0

    def trials(self, moments, length_s, count, chance: random.Random, parts: DoorParts):
        assert length_s == 7.0
        self.parts.append(parts)
        self.drawn.append(chance.random())
        passes = "passes" in moments[0]
        for number in range(count):
            passed = passes and number % 3 == 0
            outcome = "passed" if passed else "too_late"
            yield Trial(number / 4, ("look_up",), outcome, passed and number == 0)


@pytest.fixture
def playing(site) -> FakePlaying:
    playing = FakePlaying()
    # No encoder is loaded to recognise what is not looked at.
    makers = TrialMakers(lambda config: None, observer=playing.observer)
    site.parts |= {
        "trial_makers": makers,
        "play": Playing(playing.looped, playing.trials),
    }
    return playing


@pytest.fixture
def phones(tmp_path: Path) -> Path:
    folder = tmp_path / "phones"
    folder.mkdir()
    for name in ("passes.mp4", "refused.mov"):
        (folder / name).touch()
    return folder


def test_each_recordings_passes_with_their_interval(site, phones, playing: FakePlaying) -> None:
    said = site("evaluate", "challenge", f"--attack=phone={phones}", "--tries", "6")
    assert (said.code, said.err) == (0, "")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    # Two of six: 4.3 % to 77.7 % (Clopper-Pearson); none of six: 0 to 1 - 0.025 ** (1 / 6).
    assert "phone passes.mp4 2 1 6 4.3% to 77.7% too_late 4, passed 2" in lines
    assert "phone refused.mov 0 0 6 0.0% to 45.9% too_late 6" in lines
    assert all(one.closed for one in playing.observers)


def test_recordings_for_machines(site, phones, playing: FakePlaying) -> None:
    said = site(
        "evaluate", "challenge", f"--attack=phone={phones / 'passes.mp4'}", "--tries=3", "--json"
    )
    (one,) = json.loads(said.out)["recordings"]
    assert one["low"] == pytest.approx(0.0084, abs=1e-4)
    assert (one["passed"], one["passed_without_veto"], one["tries"]) == (1, 0, 3)
    assert one["outcomes"] == {"too_late": 2, "passed": 1}
    assert one["passes"] == [{"start": 0.0, "asked": ["look_up"], "vetoed": True}]


def test_it_is_the_doors_own_challenge(site, phones, playing: FakePlaying) -> None:
    site.configure(liveness={"actions": 3, "action_s": 2.5, "challenge_s": 11, "every_s": 0.4})
    site("evaluate", "challenge", f"--attack=phone={phones}", "--only-face", "--hand-held")
    asked = playing.parts[0].wanted.liveness
    assert (asked.mode, asked.actions, asked.action_s) == ("challenge", 3, 2.5)
    assert (asked.challenge_s, asked.every_s) == (11, 0.4)
    # Each recording is asked the same sequences, so that they can be compared.
    first, again = playing.drawn
    assert first == again
    # The whole challenge, and the patience for a doubt after it.
    assert playing.at_least == [11 + 10 + 1] * 2
    assert playing.conditions[0] == Conditions(only_face=True)


def test_another_seed_asks_something_else(site, phones, playing: FakePlaying) -> None:
    for seed in "12":
        site("evaluate", "challenge", f"--attack=phone={phones / 'passes.mp4'}", "--seed", seed)
    assert playing.drawn[0] != playing.drawn[1]


@pytest.mark.parametrize("tries", ["0", "-5", "1000000"])
def test_tries_within_reason(site, phones, playing: FakePlaying, tries: str) -> None:
    said = site("evaluate", "challenge", f"--attack=phone={phones}", f"--tries={tries}")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert playing.observers == []


def test_without_a_recording_challenge_says_what_is_missing(site) -> None:
    said = site("evaluate", "challenge")
    assert said.code == 2
    assert "--attack" in said.err
