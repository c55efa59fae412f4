"""Checks of the models: whether the files are those that were meant, and one visitor through the
whole house with them, from a fake camera to a fake lock.

People, event log and lockouts of that visit are those of a scratch folder; nothing of the
door's own is touched, and no action of the configuration is performed.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Event

from accessctl.administration.changes import Administration
from accessctl.camera.fake import FakeSource
from accessctl.camera.reader import Reader
from accessctl.camera.source import Shot
from accessctl.config import (
    ActionsConfig,
    AuditConfig,
    CommandAction,
    Config,
    EncoderConfig,
    GalleryConfig,
    PolicyConfig,
    VisionConfig,
)
from accessctl.config.liveness import LivenessConfig
from accessctl.config.policy import AccessConfig
from accessctl.demo.people import collins, demo_enrolment_photo
from accessctl.domain import Decision, Image, Outcome
from accessctl.door.assembly import open_audit, open_door
from accessctl.door.session import watch
from accessctl.encoder.card import Card, load_card, read_checked
from accessctl.encoder.choose import gpu_is_there
from accessctl.encoder.joint import part_cards
from accessctl.liveness.cues.table import added_cues
from accessctl.liveness.texture_network import load_texture
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.engine import open_engine
from accessctl.runtime import model_file
from accessctl.service.checks import Finding, failure, ok, warning
from accessctl.vision.detection import FULL_RANGE, SHORT_RANGE
from accessctl.vision.landmarks import MESH_FILE

VISION_FILES = (SHORT_RANGE.file, FULL_RANGE.file, MESH_FILE)

NAME = "Self Test"
FPS = 15.0
FRAMES = 45
PATIENCE_S = 60.0
FAKE_LOCK = ("true",)


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


def check_cues(config: LivenessConfig) -> Iterator[Finding]:
    """Of cues from other packages; raises ConfigError or ExtensionError for one that the door
    would refuse."""
    for role in added_cues(config.cues):
        does = [word for word, may in (("veto", role.vetoes), ("confirm", role.confirms)) if may]
        yield ok("cues", f"{role.name}: loaded; it may {', '.join(['doubt', *does])}.")


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


def check_chain(
    config: Config,
    visitor: Callable[[], Image] = collins,
    lock: tuple[str, ...] = FAKE_LOCK,
) -> Iterator[Finding]:
    """Whether whom `visitor` shows is let in, where Collins is enrolled, and `lock` is run for it.

    Raises the AccessctlError of whatever room fails.
    """
    with tempfile.TemporaryDirectory(prefix="accessctl-doctor-") as scratch:
        opened: list[bool] = []
        decisions, milliseconds = _visit(beside(config, Path(scratch), lock), visitor, opened)
    if not decisions:
        yield failure("self test", "A face was shown to the door, and it decided nothing.")
    elif decisions[0].outcome is not Outcome.GRANTED:
        yield failure(
            "self test",
            f"Somebody enrolled was shown to the door, and it said {decisions[0].outcome} "
            f"({decisions[0].reason}).",
        )
    elif opened != [True]:
        yield failure("self test", "The door granted, but the fake lock was not opened once.")
    else:
        yield ok(
            "self test",
            f"A frame went through: somebody enrolled was granted, the fake lock opened, "
            f"{milliseconds:.0f} ms a frame.",
        )


def beside(config: Config, scratch: Path, lock: tuple[str, ...] = FAKE_LOCK) -> Config:
    """The same models and nothing else of the door's; a photograph may open this one."""
    return config.model_copy(
        update={
            "gallery": GalleryConfig(folder=scratch / "enrolled"),
            "audit": AuditConfig(file=scratch / "events.sqlite"),
            "actions": ActionsConfig(granted=(CommandAction(type="command", argv=lock),)),
            "access": AccessConfig(door="self-test"),
            "policy": PolicyConfig(),
            "liveness": LivenessConfig(mode="off"),
        }
    )


def _visit(
    config: Config, visitor: Callable[[], Image], opened: list[bool]
) -> tuple[list[Decision], float]:
    """What the door decided, and how long its frames took in the median, milliseconds."""
    source = FakeSource([[Shot(visitor(), number / FPS) for number in range(FRAMES)]])
    decisions: list[Decision] = []
    spent: list[float] = []
    with open_audit(config) as audit, open_engine(config, lambda photos, _: iter(photos)) as engine:
        photo = engine.enrolment().examine(demo_enrolment_photo(), "the demo's photo")
        Administration(engine.gallery, audit, time.time).enrol(NAME, [photo])
        engine.roster.refresh()
        with (
            open_door(engine, audit, on_action=lambda _, worked: opened.append(worked)) as door,
            Reader(source, config.camera) as reader,
        ):
            for _, step in watch(reader, door, Event(), time.monotonic, PATIENCE_S):
                spent.append(step.timings["frame"])
                decisions += step.decisions
                if decisions:
                    break
    return decisions, sorted(spent)[len(spent) // 2] if spent else 0.0
