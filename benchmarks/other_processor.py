"""Whether another processor's kernels find the same faces and give the same embeddings.

    python -m benchmarks.other_processor --write FILE.npz       there
    python -m benchmarks.other_processor --against FILE.npz     here

Two public-domain portraits go the product's own way: search, mesh, crop, encoder in 8 and 16 bits;
and dlib's chips of models/dlib/golden.npz go to the encoder. --against prints how far each result
is from that in the file, and ends with 1 where one is further than it may be.
`scripts/check_aarch64.sh` does both, with aarch64 emulated.
"""

import argparse
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accessctl.bundled import release
from accessctl.cli.common import table
from accessctl.config import EncoderConfig, VisionConfig
from accessctl.demo.people import collins, hopper
from accessctl.encoder.choose import load_encoder
from accessctl.recognition.recogniser import Recogniser
from accessctl.vision.observer import Observer

PORTRAITS = {"hopper": hopper, "collins": collins}
ENCODERS = ("dlib", "encoder")
PRECISIONS = ("int8", "float16")
LEAST_COSINE = 0.999
MOST_PIXELS = 1.0
"""By which a point of the mesh may lie elsewhere."""

Arrays = Mapping[str, NDArray[np.floating]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FILE.npz")
    what.add_argument("--against", type=Path, metavar="FILE.npz")
    args = parser.parse_args()
    found = results(release() / "models")
    print(f"{platform.machine()}: {len(found)} results")
    if args.write:
        np.savez(args.write, **found)
        return 0
    with np.load(args.against) as theirs:
        rows = compared(found, theirs)
    print(table(["result", "figure", "", "is"], rows))
    return 0 if all(row[3] == "in order" for row in rows) else 1


def results(models: Path) -> dict[str, NDArray[np.floating]]:
    """Meshes "mesh NAME" float32 (468, 3) in pixels, and unit embeddings float32 (N, D)."""
    observer = Observer(VisionConfig(models=models / "cache/mediapipe"))
    found: dict[str, NDArray[np.floating]] = {}
    photos = {}
    for name, portrait in PORTRAITS.items():
        image = portrait()
        face = observer.still(image)[0]
        photos[name] = image, face
        found[f"mesh {name}"] = face.landmarks
    with np.load(models / "dlib/golden.npz") as golden:
        chips = golden["chips"]
    for folder in ENCODERS:
        for precision in PRECISIONS:
            config = EncoderConfig(folder=models / folder, device="cpu", precision=precision)
            encoder = load_encoder(config)
            recogniser = Recogniser(encoder)
            faces = [recogniser.embed(image, [face])[0] for image, face in photos.values()]
            found[f"{folder} {precision}"] = np.stack(faces)
            if folder == "dlib":
                found[f"{folder} {precision} golden"] = encoder.embed(chips)
    return found


def compared(ours: Arrays, theirs: Arrays) -> list[tuple[str, str, str, str]]:
    """Result, how far the two are apart, in what, and whether that is in order."""
    rows = []
    for name, mine in ours.items():
        if name.startswith("mesh"):
            apart = float(np.linalg.norm((mine - theirs[name])[:, :2], axis=1).max())
            good, figure, unit = apart <= MOST_PIXELS, f"{apart:.3f}", "pixels at most"
        else:
            least = float((mine * theirs[name]).sum(axis=1).min())
            good, figure, unit = least >= LEAST_COSINE, f"{least:.5f}", "cosine at least"
        rows.append((name, figure, unit, "in order" if good else "too far"))
    return rows


if __name__ == "__main__":
    sys.exit(main())
