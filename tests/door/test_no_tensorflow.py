"""The door on a CPU must not pay for TensorFlow, nor for MediaPipe: seconds and megabytes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]

# A whole door, and one frame in which somebody stands before it and is encoded and matched.
PROGRAM = """
import json, sys, time
from pathlib import Path
from accessctl.administration.changes import Administration
from accessctl.demo.scene import Scene
from accessctl.demo.script import ACTS, ENTER_S, WALK_S
from accessctl.config import load_config
from accessctl.domain import Frame
from accessctl.door.assembly import open_audit, open_door
from accessctl.recognition.engine import open_engine
from accessctl.demo.door import demo_config, enrol_demo_person
from accessctl.liveness.texture_network import TextureNetwork

config = demo_config(load_config(Path(sys.argv[1])))
moment = ACTS[1].start + ENTER_S + WALK_S + 0.3
with open_audit(config) as audit, open_engine(config, lambda photos, total: photos) as engine:
    administration = Administration(engine.gallery, audit, time.time)
    enrol_demo_person(engine.enrolment(), administration)
    with open_door(engine, audit) as door:
        image, seen = Scene(0).render(moment), []
        for number in range(8):
            seen += door.step(Frame(image, number / 15, number)).faces
answer = TextureNetwork.open(Path(sys.argv[2])).score(image, seen[0].face.box)
print(json.dumps({
    "texture": answer,
    "matched": any(face.match is not None for face in seen),
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


def test_a_door_on_a_cpu_never_imports_tensorflow_nor_mediapipe(
    tmp_path: Path, texture_folder: Callable[..., Path]
) -> None:
    config = tmp_path / "config.yaml"
    sections = {
        "encoder": {"folder": str(REPOSITORY / "models" / "dlib"), "device": "cpu"},
        "vision": {"models": str(REPOSITORY / "models" / "cache" / "mediapipe")},
    }
    config.write_text(yaml.safe_dump(sections))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, config, texture_folder()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["matched"], "nobody was looked at: this proves nothing"
    assert 0 <= said["texture"] <= 1
    assert "ai_edge_litert" in said["loaded"]
    heavy = {"tensorflow", "keras", "jax", "torch", "mediapipe", "matplotlib", "scipy", "skimage"}
    assert not heavy & set(said["loaded"])
