import json
import random
from pathlib import Path

import pytest

from accessctl.encoder import choose
from accessctl.evaluation import challenge_trials
from accessctl.evaluation.challenge_trials import Trial
from accessctl.evaluation.presentation import Conditions
from accessctl.evaluation.trial_door import DoorParts
from accessctl.vision import observer
from accessctl.vision.fake import FakeObserver


class Playing:
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
def playing(monkeypatch: pytest.MonkeyPatch) -> Playing:
    playing = Playing()
    monkeypatch.setattr(observer, "Observer", playing.observer)
    monkeypatch.setattr(challenge_trials, "looped", playing.looped)
    # No encoder is loaded to recognise what is not looked at.
    monkeypatch.setattr(choose, "load_encoder", lambda config: None)
    monkeypatch.setattr(challenge_trials, "trials", playing.trials)
    return playing


@pytest.fixture
def phones(tmp_path: Path) -> Path:
    folder = tmp_path / "phones"
    folder.mkdir()
    for name in ("passes.mp4", "refused.mov"):
        (folder / name).touch()
    return folder


def test_each_recordings_passes_with_their_interval(site, phones, playing: Playing) -> None:
    said = site("evaluate", "challenge", f"--attack=phone={phones}", "--tries", "6")
    assert (said.code, said.err) == (0, "")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    # Two of six: 4.3 % to 77.7 % (Clopper-Pearson); none of six: 0 to 1 - 0.025 ** (1 / 6).
    assert "phone passes.mp4 2 1 6 4.3% to 77.7% too_late 4, passed 2" in lines
    assert "phone refused.mov 0 0 6 0.0% to 45.9% too_late 6" in lines
    assert all(one.closed for one in playing.observers)


def test_the_same_for_machines(site, phones, playing: Playing) -> None:
    said = site(
        "evaluate", "challenge", f"--attack=phone={phones / 'passes.mp4'}", "--tries=3", "--json"
    )
    (one,) = json.loads(said.out)["recordings"]
    assert one["low"] == pytest.approx(0.0084, abs=1e-4)
    assert (one["passed"], one["passed_without_veto"], one["tries"]) == (1, 0, 3)
    assert one["outcomes"] == {"too_late": 2, "passed": 1}
    assert one["passes"] == [{"start": 0.0, "asked": ["look_up"], "vetoed": True}]


def test_it_is_the_doors_own_challenge(site, phones, playing: Playing) -> None:
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


def test_another_seed_asks_something_else(site, phones, playing: Playing) -> None:
    for seed in "12":
        site("evaluate", "challenge", f"--attack=phone={phones / 'passes.mp4'}", "--seed", seed)
    assert playing.drawn[0] != playing.drawn[1]


@pytest.mark.parametrize("tries", ["0", "-5", "1000000"])
def test_tries_within_reason(site, phones, playing: Playing, tries: str) -> None:
    said = site("evaluate", "challenge", f"--attack=phone={phones}", f"--tries={tries}")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert playing.observers == []


def test_without_a_recording_it_says_what_is_missing(site) -> None:
    said = site("evaluate", "challenge")
    assert said.code == 2
    assert "--attack" in said.err
