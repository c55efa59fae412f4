"""Whether the model files are those that were meant."""

import hashlib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from accessctl.config import EncoderConfig, VisionConfig
from accessctl.config.liveness import LivenessConfig
from accessctl.encoder.artefacts import read_checked
from accessctl.encoder.card import Card, load_card
from accessctl.encoder.choose import gpu_is_there
from accessctl.encoder.joint import part_cards
from accessctl.liveness.texture_choice import load_texture
from accessctl.recognition.scoring import scoring_of
from accessctl.runtime import model_file
from accessctl.service.checks.finding import Finding, ok, warning
from accessctl.vision.detection import FULL_RANGE, SHORT_RANGE
from accessctl.vision.landmarks import MESH_FILE

VISION_FILES = (SHORT_RANGE.file, FULL_RANGE.file, MESH_FILE)


def check_vision_models(config: VisionConfig, digests: Mapping[str, str]) -> Iterator[Finding]:
    """`digests`: SHA-256 by file name, of the release's manifest; ModelError for a missing file."""
    for name in VISION_FILES:
        path = model_file(config.models, name)
        if sha256_of(path) != digests.get(name):
            yield warning(
                "models",
                f"{path} is not the file of this release; run `accessctl models fetch` unless it "
                "is your own.",
            )
            return
    yield ok("models", f"The detectors and the mesh in {config.models} are those of this release.")


def check_encoder(config: EncoderConfig, root: Path = Path("/")) -> Iterator[Finding]:
    """Raises ModelError for a card or a file that the door would refuse.

    `root` is where a GPU's traces are looked for.
    """
    on_gpu = may_run_on_gpu(config, root)
    card = load_card(config.folder)
    scoring_of(card)
    parts = (card,) if card.parts is None else part_cards(card)
    unlisted = False
    for part in parts:
        for path in _files(part, config, on_gpu=on_gpu):
            read_checked(path, part.sums_path)
            unlisted = unlisted or part.sums_path is None
    if unlisted:
        yield warning(
            "encoder",
            f"{card.name}: its card lists no sums, so nobody can tell whether its weights were "
            "altered; name a SHA256SUMS file under files.sums.",
        )
    else:
        known = f"{card.name} {card.version}, {card.fingerprint[:12]}"
        yield ok("encoder", f"{known}: its files have the sums that were written down.")


def check_texture(config: LivenessConfig) -> Iterator[Finding]:
    """Raises ModelError for a texture network that the door would refuse."""
    network = load_texture(config)
    if network is not None:
        card = network.card
        known = f"{card.name} {card.version}, {card.fingerprint[:12]}"
        yield ok("texture", f"{known}: its file has the sum that its card says, and fits it.")
    elif config.texture == "off":
        yield ok("texture", "liveness.texture is off: life is shown by moving alone.")
    else:
        yield warning(
            "texture",
            f"There is no network in {config.texture}, so life is shown by moving alone; restore "
            "that folder, or set liveness.texture to off.",
        )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def may_run_on_gpu(config: EncoderConfig, root: Path) -> bool:
    """Whether the door would try a GPU: `auto` does where there are one and TensorFlow."""
    if config.device == "auto":
        return gpu_is_there(root) and find_spec("tensorflow") is not None
    return config.device == "gpu"


def _files(card: Card, config: EncoderConfig, *, on_gpu: bool) -> Iterator[Path]:
    """The files that may run on this door."""
    litert = card.network.litert
    on_cpu = getattr(litert, config.precision) or litert.int8 or litert.float16
    if on_cpu is not None and config.device != "gpu":
        yield card.path(on_cpu)
    if card.network.keras is not None and on_gpu:
        yield card.path(card.network.keras)
