"""One frozen tree read from config.yaml.

Every field has its bounds and a description (`accessctl config explain` prints them);
an unknown key is an error, so that a misspelt rule cannot be silently ignored. Paths
are relative to the file they stand in.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, Union

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from accessctl.bundled import model_folders, named_models
from accessctl.config_access import AccessConfig, Factor
from accessctl.config_camera import CameraConfig
from accessctl.config_liveness import Intent, LivenessConfig
from accessctl.config_retention import RetentionConfig
from accessctl.config_section import OFF, Section, in_order
from accessctl.config_service import ServiceConfig
from accessctl.errors import ConfigError
from accessctl.storage.parsing import read_mapping, shortened

DetectorRuntime = Literal["litert", "mediapipe"]


class VisionConfig(Section):
    models: Path = Field(
        Path("models/cache/mediapipe"),
        description="Folder of the detector and face mesh files that `accessctl models fetch` "
        "fills; name your own folder to bring your own files.",
    )
    runtime: DetectorRuntime = Field(
        "litert",
        description="What runs the face detectors: litert, or the mediapipe package, where it is "
        "installed. The same files, the same boxes.",
    )
    detection_confidence: float = Field(
        0.3, ge=0.05, le=0.99, description="Detector score below which a box is not looked at."
    )
    presence: float = Field(
        0.5, ge=0.05, le=0.99, description="Mesh presence below which a followed face is lost."
    )
    new_face_presence: float = Field(
        0.98,
        ge=0.05,
        le=0.999,
        description="Mesh presence that a new face must reach before it is followed; a followed "
        "face below it is 'unclear'.",
    )
    max_faces: int = Field(4, ge=1, le=16, description="Faces followed at the same time.")
    min_face_px: float = Field(
        60, ge=20, le=2000, description="Narrower faces are 'too far' to be recognised, pixels."
    )
    min_sharpness: float = Field(
        0.3, ge=0, le=1, description="Below this sharpness a face is 'too blurred', 0 to 1."
    )
    min_brightness: float = Field(
        0.08, ge=0, le=1, description="Mean skin luminance below which a face is 'too dark'."
    )
    max_brightness: float = Field(
        0.92, ge=0, le=1, description="Mean skin luminance above which a face is 'too bright'."
    )
    max_yaw: float = Field(40, gt=0, le=90, description="Beyond this yaw: 'turned away', degrees.")
    max_pitch: float = Field(
        30, gt=0, le=90, description="Beyond this pitch: 'turned away', degrees."
    )
    track_timeout_s: float = Field(
        1.0, gt=0, le=30, description="A face unseen this long has left; the visit ends, seconds."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return in_order(self, "min_brightness", "max_brightness")


class EncoderConfig(Section):
    folder: Path = Field(
        Path("models/encoder"),
        description="The face encoder: its folder, which holds its card.yaml, or its name, such "
        "as encoder or dlib, by which it is found among the user's and this release's.",
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        "auto", description="cpu: LiteRT; gpu: TensorFlow; auto: the GPU if there is one."
    )
    precision: Literal["int8", "float16"] = Field(
        "int8",
        description="Which LiteRT export runs on a CPU, where the encoder has it; else the other.",
    )
    flip_average: bool = Field(
        True,
        description="Photos: average a face with its mirror image; at the door the frames of a "
        "visit take turns.",
    )
    threads: int = Field(
        1, ge=1, le=64, description="LiteRT threads for the encoder, where there are so many cores."
    )


class GalleryConfig(Section):
    folder: Path = Field(Path("enrolled"), description="Where enrolled people are kept.")
    max_photo_mb: float = Field(
        20, gt=0, le=500, description="Larger photo files are refused, megabytes."
    )
    max_photo_megapixels: float = Field(
        64, gt=0, le=500, description="Photos of more pixels are refused, millions."
    )


class LockoutConfig(Section):
    attempts: int = Field(
        5, ge=0, le=100, description="Refused attempts in a row that lock the door; 0: never."
    )
    first_s: float = Field(30, gt=0, le=3600, description="How long the first lockout lasts.")
    longest_s: float = Field(
        900, gt=0, le=86400, description="Each further lockout is twice as long, up to this."
    )
    off_after: int = Field(
        50,
        ge=0,
        le=10000,
        description="Refused attempts in a row after which no face opens the door until "
        "`accessctl unlock-face`; 0: never.",
    )
    file: Path | None = Field(
        None, description="Where lockouts are kept; none: lockout.sqlite beside the event log."
    )


class PolicyConfig(Section):
    target_fpir: float = Field(
        0.001,
        ge=1e-6,
        le=0.1,
        description="How often a stranger who shows a face to this door may be taken for "
        "somebody enrolled (FPIR, ISO/IEC 19795).",
    )
    target_fmr: float = Field(
        0.0001, ge=1e-6, le=0.1, description="False-match rate at which `verify` says 'same'."
    )
    min_frames: int = Field(
        3, ge=1, le=60, description="Good frames that must agree on one person before a grant."
    )
    window_s: float = Field(
        3.0, gt=0, le=60, description="Only frames of the last so many seconds count."
    )
    min_margin: float = Field(
        0.5, ge=0, le=20, description="Lead in normalised score over the second best person."
    )
    frame_fmr: float = Field(
        0.01,
        ge=1e-6,
        le=0.5,
        description="False-match rate that a single frame must reach to count as agreeing.",
    )
    unknown_after_frames: int = Field(
        15, ge=1, le=600, description="Good frames without a match before the verdict 'unknown'."
    )
    unknown_after_s: float = Field(
        2.0,
        ge=0,
        le=60,
        description="And at least so many seconds since the first good frame.",
    )
    cooldown_s: float = Field(
        5,
        ge=0,
        le=3600,
        description="After a grant the same person is not granted again for so many seconds.",
    )
    several_faces: Literal["each", "nearest", "refuse"] = Field(
        "each",
        description="Several faces at the door. each: everybody is decided by themselves; "
        "nearest: only the largest face; refuse: nobody is granted.",
    )
    several_faces_ratio: float = Field(
        0.5,
        ge=0.05,
        le=1,
        description="A face this wide beside the widest one counts as being at the door too; "
        "smaller ones are passers-by.",
    )
    second_factor: Factor = Field(
        "off",
        description="What is asked for beside the face: nothing, the person's PIN "
        "(`accessctl pin`), or a button that is pressed.",
    )
    second_factor_s: float = Field(
        20, gt=0, le=300, description="How long a recognised person has for it, seconds."
    )
    intent: Annotated[Intent, OFF] = Field(
        "off",
        description="A gesture without which nobody is let in: off, blink_twice, look_up, "
        "turn_left, turn_right (the visitor's own sides) or come_closer.",
    )
    intent_s: float = Field(
        10.0, gt=0, le=120, description="How long a recognised person has for it, seconds."
    )
    lockout: LockoutConfig = LockoutConfig()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return in_order(self, "min_frames", "unknown_after_frames")


class CommandAction(Section):
    type: Literal["command"]
    argv: tuple[str, ...] = Field(
        min_length=1, description="Program and arguments; never passed through a shell."
    )
    timeout_s: float = Field(5, gt=0, le=300, description="The program is killed after this.")


class WebhookAction(Section):
    type: Literal["webhook"]
    url: str = Field(pattern=r"^https?://[^\s]+$", description="Where the decision is POSTed.")
    secret_file: Path | None = Field(
        None, description="File with the HMAC-SHA256 key that signs the body; keep it 0600."
    )
    timeout_s: float = Field(5, gt=0, le=60, description="Time for one attempt, seconds.")
    retries: int = Field(2, ge=0, le=10, description="Further attempts after a failure.")


ActionConfig = Annotated[Union[CommandAction, WebhookAction], Field(discriminator="type")]


class ActionsConfig(Section):
    granted: tuple[ActionConfig, ...] = Field(
        (), description="What opens the lock: run on each grant."
    )
    denied: tuple[ActionConfig, ...] = Field((), description="Run on each denial.")
    unknown: tuple[ActionConfig, ...] = Field((), description="Run for each unknown visitor.")
    challenge: tuple[ActionConfig, ...] = Field(
        (), description="Run with each thing that a visitor is asked to do, e.g. to say it aloud."
    )
    queue: int = Field(16, ge=1, le=1000, description="Actions that may wait; more are refused.")


class SnapshotConfig(Section):
    keep: Annotated[Literal["off", "face", "frame"], OFF] = Field(
        "off", description="Encrypted pictures of decisions: none, the face, or the whole frame."
    )
    folder: Path | None = Field(
        None, description="Where they are kept; none: snapshots, beside the event log."
    )
    days: float = Field(30, gt=0, le=3650, description="Older pictures are deleted.")
    max_mb: float = Field(
        500, gt=0, le=1e6, description="The oldest are deleted above this, megabytes."
    )


class AuditConfig(Section):
    file: Path = Field(Path("state/events.sqlite"), description="The event log.")
    head: Path | None = Field(
        None,
        description="Says, sealed with the audit key, where the log ends; best on another disk. "
        "None: beside the event log, with .head after its name.",
    )
    key: Path | None = Field(
        None,
        description="The audit key, made when missing, unless ACCESSCTL_AUDIT_KEY_FILE or the "
        "systemd credential accessctl-audit-key is there. None: beside the event log, with .key "
        "after its name.",
    )
    snapshots: SnapshotConfig = SnapshotConfig()
    retention: RetentionConfig = RetentionConfig()


class Config(Section):
    camera: CameraConfig = CameraConfig()
    vision: VisionConfig = VisionConfig()
    encoder: EncoderConfig = EncoderConfig()
    gallery: GalleryConfig = GalleryConfig()
    liveness: LivenessConfig = LivenessConfig()
    policy: PolicyConfig = PolicyConfig()
    access: AccessConfig = AccessConfig()
    actions: ActionsConfig = ActionsConfig()
    audit: AuditConfig = AuditConfig()
    service: ServiceConfig = ServiceConfig()

    @property
    def lockout_file(self) -> Path:
        """Where lockouts are kept."""
        return self.policy.lockout.file or self.audit.file.with_name("lockout.sqlite")

    @property
    def demo_gallery(self) -> GalleryConfig:
        """The demo's people, kept apart from those who may open the door."""
        folder = self.audit.file.with_name("demo")
        return self.gallery.model_copy(update={"folder": folder})


def load_config(path: Path) -> Config:
    """Read and check `path`; raises ConfigError with the first thing that is wrong."""
    try:
        config = Config.model_validate(read_mapping(path))
        base = path.resolve().parent
        resolved: Config = resolve_paths(config, base)
        resolved = _with_named_models(config, resolved, base)
        sources = _sources(resolved, base)
    except PermissionError as error:
        raise ConfigError(
            f"You may not read the configuration {path}; do so as root or as the door's user."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"Cannot read the configuration {path} ({error.strerror}); "
            "name an existing file with --config or ACCESSCTL_CONFIG."
        ) from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_complaint(error)}") from error
    except (ValueError, RuntimeError) as error:
        raise ConfigError(f"{path} {error}; correct it.") from error
    return resolved.model_copy(update=sources)


def _with_named_models(said: Config, resolved: Config, base: Path) -> Config:
    """Encoder, detectors and texture network are found by name, too, where no path leads there."""
    folders = model_folders()
    places = [("encoder", "folder"), ("vision", "models"), ("liveness", "texture")]
    sections: dict[str, Section] = {}
    for name, field in places:
        value = getattr(getattr(said, name), field)
        if isinstance(value, Path):
            found = named_models(value.expanduser(), base, folders)
            sections[name] = getattr(resolved, name).model_copy(update={field: found})
    return resolved.model_copy(update=sections)


def _sources(config: Config, base: Path) -> dict[str, Section]:
    """The sections that name cameras, recordings among them laid below `base`."""
    source = resolve_source(config.camera.source, base)
    sections: dict[str, Section] = {"camera": config.camera.model_copy(update={"source": source})}
    infrared = config.liveness.ir_source
    if infrared is not None:
        beside = {"ir_source": resolve_source(infrared, base)}
        sections["liveness"] = config.liveness.model_copy(update=beside)
    return sections


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = shortened(".".join(str(part) for part in first["loc"]), 80) or "the file"
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; `accessctl config explain` lists the known ones."
    return f"{key}: {shortened(first['msg'], 200)} (found {shortened(repr(first['input']), 80)})."


def resolve_paths(section: Any, base: Path) -> Any:
    """The same tree with every relative path laid below `base`."""
    if isinstance(section, Path):
        return laid_below(section, base)
    if isinstance(section, tuple):
        return tuple(resolve_paths(item, base) for item in section)
    if isinstance(section, BaseModel):
        fields = {
            name: resolve_paths(getattr(section, name), base) for name in type(section).model_fields
        }
        # What the file says and what nobody said are still told apart.
        return type(section).model_construct(section.model_fields_set, **fields)
    return section


def resolve_source(source: str, base: Path) -> str:
    """A recording's path laid below `base`; words, devices and URLs stay as they are."""
    if source in {"auto", "demo"} or "://" in source or re.fullmatch(r"(usb:)?\d+", source):
        return source
    return str(laid_below(Path(source), base))


def laid_below(path: Path, base: Path) -> Path:
    """RuntimeError for the home of nobody, ValueError for what can be no path."""
    if "\0" in str(path):
        raise ValueError(f"names the path {str(path)!r}, which holds a NUL character")
    return base / path.expanduser()


def explain(config: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, FieldInfo]]:
    """Every leaf of the tree: dotted name, value, and the field with its description."""
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Section):
            yield from explain(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, field
