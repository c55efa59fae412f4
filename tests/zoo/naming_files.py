"""A manifest of four small files, and an encoder of its own beside them, for tests."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from accessctl.zoo.manifest import Manifest

CARD = Path(__file__).parents[2] / "models" / "dlib" / "card.yaml"
FILES = {
    "mediapipe/a.tflite": b"detector",
    "dlib/int8.tflite": b"eight bits" * 40_000,
    "dlib/half.tflite": b"sixteen bits",
    "faceres/half.tflite": b"another",
}
OWN = b"an encoder of one's own"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def small_manifest() -> dict[str, Any]:
    def named(path: str, key: str) -> dict[str, Any]:
        return {key: path, "sha256": digest(FILES[path]), "bytes": len(FILES[path])}

    release = {"package": "x", "version": "1", "kind": "wheel", "licence": "none"}
    members = [
        {"path": "x", **named("mediapipe/a.tflite", "destination")},
        {"path": "x", "destination": "dlib/w.dat", "sha256": "0" * 64, "bytes": 1},
    ]
    return {
        "archives": [{**release, "sha256": "0" * 64, "bytes": 1, "members": members}],
        "built": {
            "dlib": [named("dlib/int8.tflite", "path"), named("dlib/half.tflite", "path")],
            "faceres": [named("faceres/half.tflite", "path")],
        },
    }


def models_folder(folder: Path, *left_out: str) -> Path:
    """A folder with the manifest and, in its cache, all files but those."""
    folder.mkdir(parents=True)
    (folder / "manifest.yaml").write_text(yaml.safe_dump(small_manifest()))
    Manifest.model_validate(small_manifest())
    for path, data in FILES.items():
        if path not in left_out:
            target = folder / "cache" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return folder


def own_encoder(folder: Path, *, there: bool = True) -> Path:
    """An encoder's folder with card and sums, and with its file where it is `there`."""
    folder.mkdir(parents=True)
    raw = yaml.safe_load(CARD.read_text())
    raw = {key: raw[key] for key in raw if key not in {"cohort", "calibration", "results"}}
    raw["name"] = "mine"
    raw["files"] = {"litert": {"float16": "mine.tflite"}, "sums": "SHA256SUMS"}
    raw["date"] = str(raw["date"])
    (folder / "card.yaml").write_text(yaml.safe_dump(raw))
    (folder / "SHA256SUMS").write_text(f"{digest(OWN)}  mine.tflite\n")
    if there:
        (folder / "mine.tflite").write_bytes(OWN)
    return folder
