"""Make an encoder's files out of fetched weights, in a process of its own, and prove the network.

The process is there so that TensorFlow's memory and chatter end with it. A rebuilt network is held
against what another program computed for known faces.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from accessctl.domain import Image
from accessctl.encoder.card import Card, format_sums, read_checked
from accessctl.errors import AccessctlError, ModelError
from accessctl.storage.parsing import read_arrays
from accessctl.zoo.fetch import Report, write_atomically

if TYPE_CHECKING:
    import keras

TIMEOUT_S = 900.0
GOLDEN_TOLERANCE = 1e-4
MAX_GOLDEN_BYTES = 8 << 20


def run_module(module: str, *arguments: str) -> None:
    """Run `python -m module arguments`; raises ModelError with the sentence it prints last."""
    argv = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed argv without a shell
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"The encoder could not be built ({error}); fetch again.") from error
    if done.returncode != 0:
        lines = (done.stdout.strip() or done.stderr.strip() or "no message").splitlines()
        raise ModelError(f"The encoder could not be built: {lines[-1]}")


def build_missing(
    sources: Sequence[Path],
    artefacts: Sequence[Path],
    sums: Path,
    *,
    announce: Callable[[str], None],
    build: Callable[[], None],
) -> Iterator[Report]:
    """Yield a report for each artefact, building all of them unless they and the sources
    they were made from are as `sums` lists them; raises ModelError."""
    intact = all(is_intact(path, sums) for path in (*sources, *artefacts))
    if not intact:
        announce("rebuilding the encoder in Keras and exporting it to LiteRT")
        build()
    for path in artefacts:
        yield Report(path, "present" if intact else "built")


def is_intact(path: Path, sums: Path) -> bool:
    """Whether `path` is there and has the digest that `sums` lists for it."""
    try:
        read_checked(path, sums)
    except ModelError:
        return False
    return True


def check_made_for(card: Card, fingerprint: str, path: Path) -> None:
    """ModelError unless what lies at `path` has the fingerprint that the card names."""
    if fingerprint != card.fingerprint:
        raise ModelError(f"{path} is not what the card in {card.folder} was made for.")


def status_of(build: Callable[[], None]) -> int:
    """Exit status of a build's process: 1 with its one sentence printed when it fails."""
    try:
        build()
    except AccessctlError as error:
        print(error)
        return 1
    return 0


def write_built(artefacts: Mapping[Path, bytes], sources: Sequence[Path], sums: Path) -> None:
    """Write the files that were built, then the digests of all; raises FetchError."""
    # Sums last: until they are there, nothing half-made passes for finished.
    sums.unlink(missing_ok=True)
    for path, data in artefacts.items():
        write_atomically(path, data)
    contents = {**artefacts, **{path: path.read_bytes() for path in sources}}
    digests = {path.name: hashlib.sha256(data).hexdigest() for path, data in contents.items()}
    write_atomically(sums, format_sums(digests).encode("ascii"))


def read_golden(path: Path, values: str) -> tuple[Image, NDArray[Any]]:
    """`chips` uint8 (2, S, S, 3) and the array `values` (2, D) of a file; raises ModelError."""
    try:
        chips, expected = read_arrays(path, ("chips", values), MAX_GOLDEN_BYTES)
    except (OSError, ValueError) as error:
        raise ModelError(f"Cannot read the known descriptors in {path}; restore it.") from error
    return chips, expected


def check_against_golden(
    model: "keras.Model", card: Card, chips: Image, expected: NDArray[Any], original: str
) -> None:
    """Raises ModelError unless the network gives what `original` gave for the chips."""
    found: NDArray[np.float32] = np.asarray(model(card.normalise(chips), training=False))
    worst = float(np.abs(found - expected).max())
    if not worst < GOLDEN_TOLERANCE:
        raise ModelError(
            f"The rebuilt network differs from {original} by {worst:.2g}; this TensorFlow computes "
            "wrongly on this machine, so install the versions in requirements.txt."
        )
