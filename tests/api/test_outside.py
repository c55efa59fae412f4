"""One cue, action, source, loss and command from outside the package, by both ways there are."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import accessctl
from accessctl import extensions
from accessctl.api.door import run_door
from accessctl.config import load_config
from accessctl.domain import Decision, Outcome, Reason
from accessctl.door.fake import portrait
from accessctl.errors import ConfigError, ExtensionError
from tests.api.conftest import Workshop

pytestmark = pytest.mark.usefixtures("nothing_added")

ADA = 1
CODE = '''
from pathlib import Path

import accessctl
from accessctl.door.fake import portrait


def look(frames):
    verdict = accessctl.CueVerdict.CONFIRM if len(frames) >= 6 else accessctl.CueVerdict.UNDECIDED
    return accessctl.CueResult("agreeable", verdict, float(len(frames)), 6.0, len(frames))


agreeable = accessctl.CueRole("agreeable", look, confirms=True)


class Note:
    name = "note"

    def __init__(self, file):
        self.file = Path(file)

    def perform(self, payload):
        self.file.write_text(payload["decision"])
        return accessctl.ActionResult(True, "Noted.", 0.0)


def pictures(config, fast):
    return accessctl.FrameSource([portrait(1)] * 12, fps=10)


def shrinking(context):
    from keras import ops

    from accessctl.training.losses import Loss

    class Shrinking(Loss):
        def call(self, embeddings, targets):
            return ops.mean(ops.square(embeddings))

    return Shrinking(name="shrinking")


def greet(name="world"):
    """Say hello."""
    return f"hello {name}"
'''
POINTS = {
    "accessctl.cues": {"agreeable": "agreeable"},
    "accessctl.actions": {"note": "Note"},
    "accessctl.sources": {"drawn": "pictures"},
    "accessctl.losses": {"shrinking": "shrinking"},
    "accessctl.commands": {"greet": "greet"},
}
Install = Callable[..., str]


def installed(distribution: Install) -> Callable[[], bool]:
    """Install it; whether its module has been imported."""
    module = distribution("accessctl-lab", CODE, POINTS)
    return lambda: module in sys.modules


def registered() -> None:
    made: dict[str, Any] = {}
    exec(compile(CODE, "lab", "exec"), made)  # noqa: S102 - the code above
    for group, points in POINTS.items():
        for name, what in points.items():
            accessctl.register(group.partition(".")[2], name, made[what])


@pytest.fixture(params=["installed", "registered"])
def added(request: pytest.FixtureRequest, nothing_added: None, distribution: Install) -> str:
    way = str(request.param)
    if way == "installed":
        installed(distribution)
    else:
        registered()
    return way


def living(**cues: Any) -> dict[str, Any]:
    """Life is asked for; what the flat pictures show of it the built-in cues cannot tell."""
    return {"mode": "passive", "texture": "off", **cues}


def decisions(workshop: Workshop, source: Any, **sections: Any) -> list[Decision]:
    told: list[Decision] = []
    with workshop.engine(**sections) as engine:
        if not engine.people():
            engine.enrol("Ada", portrait(ADA))
        run_door(engine, source, lambda decision, name: told.append(decision))
    return told


@pytest.mark.usefixtures("added")
def test_a_cue_of_ones_own_confirms_life_at_a_door(workshop: Workshop) -> None:
    pictures = [portrait(ADA)] * 12
    (without,) = decisions(workshop, pictures, liveness=living())
    assert without.outcome is not Outcome.GRANTED
    (granted,) = decisions(workshop, pictures, liveness=living(cues=["agreeable"]))
    assert (granted.outcome, granted.reason) == (Outcome.GRANTED, Reason.MATCHED)


def test_a_cue_of_ones_own_may_refuse(workshop: Workshop) -> None:
    def look(frames: Sequence[accessctl.LivenessFrame]) -> accessctl.CueResult:
        return accessctl.CueResult("mask", accessctl.CueVerdict.VETO, 1.0, 0.5, len(frames))

    role = accessctl.CueRole("mask", look, vetoes=True, facts=True)
    accessctl.register("cues", "mask", role)
    (denied,) = decisions(workshop, [portrait(ADA)] * 12, liveness=living(cues=["mask"]))
    assert (denied.outcome, denied.reason) == (Outcome.DENIED, Reason.NOT_LIVE)


def test_a_cue_that_fails_opens_nothing(workshop: Workshop) -> None:
    def look(frames: Sequence[accessctl.LivenessFrame]) -> accessctl.CueResult:
        raise MemoryError

    accessctl.register("cues", "broken", accessctl.CueRole("broken", look, confirms=True))
    registered()
    cues = ["agreeable", "broken"]
    (denied,) = decisions(workshop, [portrait(ADA)] * 200, liveness=living(cues=cues))
    assert denied.outcome is Outcome.DENIED
    assert denied.reason is Reason.LIVENESS_UNDECIDED


@pytest.mark.usefixtures("added")
def test_an_action_of_ones_own_is_performed(workshop: Workshop, tmp_path: Path) -> None:
    file = tmp_path / "noted"
    note = {"type": "custom", "name": "note", "options": {"file": str(file)}}
    decisions(workshop, [portrait(ADA)] * 5, actions={"granted": [note]})
    assert file.read_text() == "granted"


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize("source", ["drawn", "drawn://stage/2"])
def test_a_source_of_ones_own_is_watched(workshop: Workshop, source: str) -> None:
    (granted,) = decisions(workshop, None, camera={"source": source})
    assert granted.outcome is Outcome.GRANTED


@pytest.mark.usefixtures("added")
def test_a_loss_of_ones_own_trains() -> None:
    from keras import ops

    from accessctl.training.losses.registry import Context, loss_named

    people = np.array([0, 1], np.int32)
    loss = loss_named("shrinking", Context(people, people, 8))
    value = ops.convert_to_numpy(loss(np.full((2, 8), 3, np.float32), {"person": people}))
    assert value == pytest.approx(9)


@pytest.mark.usefixtures("added")
def test_a_command_of_ones_own_is_listed_and_loaded() -> None:
    commands = extensions.commands()
    assert list(commands) == ["greet"]
    assert commands["greet"].load()("door") == "hello door"


def test_nothing_is_imported_unless_it_is_named(
    workshop: Workshop, distribution: Install, tmp_path: Path
) -> None:
    imported = installed(distribution)
    decisions(workshop, [portrait(ADA)] * 5)
    assert list(extensions.commands()) == ["greet"]
    file = tmp_path / "config.yaml"
    named = {"camera": {"source": "drawn"}, "liveness": {"cues": ["agreeable"]}}
    file.write_text(yaml.safe_dump(named))
    assert load_config(file).camera.source == "drawn"
    assert not imported()
    decisions(workshop, None, camera={"source": "drawn"})
    assert imported()


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"liveness": living(cues=["absent"])}, "liveness.cues: there is no cue 'absent' (none"),
        (
            {"actions": {"granted": [{"type": "custom", "name": "absent"}]}},
            "actions: custom 'absent': there is no action 'absent'",
        ),
    ],
)
def test_a_door_does_not_open_for_a_name_that_means_nothing(
    workshop: Workshop, sections: Mapping[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        decisions(workshop, [portrait(ADA)], **sections)
    assert str(refusal.value).startswith(sentence)


def test_a_faulty_package_is_one_sentence_and_no_door(
    workshop: Workshop, distribution: Install
) -> None:
    distribution("accessctl-lab", "import no_such_module", POINTS)
    sections = {"liveness": living(cues=["agreeable"])}
    with pytest.raises(ExtensionError) as refusal:
        decisions(workshop, [portrait(ADA)], **sections)
    assert str(refusal.value) == (
        "The cue 'agreeable' of the package accessctl-lab cannot be loaded (ModuleNotFoundError: "
        "No module named 'no_such_module'); correct it, or take its name out of the configuration."
    )
