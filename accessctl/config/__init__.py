"""One frozen tree read from config.yaml; a file of this package holds one or a few sections.

Every field has its bounds and a description (`accessctl config explain` prints them);
an unknown key is an error, so that a misspelt rule cannot be silently ignored. Paths
are relative to the file they stand in.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from accessctl import extensions
from accessctl.bundled import model_folders, named_models
from accessctl.config.badges import BadgesConfig
from accessctl.config.camera import CameraConfig
from accessctl.config.console import ConsoleConfig, is_dns_name
from accessctl.config.doorway import DoorwayConfig
from accessctl.config.liveness import Intent, LivenessConfig, Mode
from accessctl.config.mqtt import MqttConfig
from accessctl.config.operation import (
    ActionConfig,
    ActionsConfig,
    AuditConfig,
    CommandAction,
    CustomAction,
    RetentionConfig,
    ServiceConfig,
    SnapshotConfig,
    WebhookAction,
)
from accessctl.config.policy import (
    AccessConfig,
    Factor,
    FactorName,
    GroupConfig,
    HoursConfig,
    LockoutConfig,
    Passage,
    PolicyConfig,
    Weekday,
)
from accessctl.config.recognition import (
    DetectorRuntime,
    EncoderConfig,
    GalleryConfig,
    TrainingConfig,
    VisionConfig,
)
from accessctl.config.section import Section, explain, laid_below, resolve_paths
from accessctl.config.site import SITE_RULES, SITE_SETTINGS, HubConfig, SyncConfig
from accessctl.errors import ConfigError
from accessctl.extensions import ExtensionKind
from accessctl.redaction import redacted_text
from accessctl.storage.parsing import parse_mapping, read_bounded, shortened

__all__ = [
    "SITE_RULES",
    "SITE_SETTINGS",
    "AccessConfig",
    "ActionConfig",
    "ActionsConfig",
    "AuditConfig",
    "BadgesConfig",
    "CameraConfig",
    "CommandAction",
    "Config",
    "ConsoleConfig",
    "CustomAction",
    "DetectorRuntime",
    "DoorwayConfig",
    "EncoderConfig",
    "Factor",
    "FactorName",
    "GalleryConfig",
    "GroupConfig",
    "HoursConfig",
    "HubConfig",
    "Intent",
    "LivenessConfig",
    "LockoutConfig",
    "Mode",
    "MqttConfig",
    "Passage",
    "PolicyConfig",
    "RetentionConfig",
    "Section",
    "ServiceConfig",
    "SnapshotConfig",
    "SyncConfig",
    "TrainingConfig",
    "VisionConfig",
    "WebhookAction",
    "Weekday",
    "config_in",
    "config_of",
    "explain",
    "load_config",
    "read_config",
    "resolve_paths",
    "resolve_source",
]


class Config(Section):
    camera: CameraConfig = CameraConfig()
    vision: VisionConfig = VisionConfig()
    encoder: EncoderConfig = EncoderConfig()
    gallery: GalleryConfig = GalleryConfig()
    liveness: LivenessConfig = LivenessConfig()
    policy: PolicyConfig = PolicyConfig()
    access: AccessConfig = AccessConfig()
    actions: ActionsConfig = ActionsConfig()
    doorway: DoorwayConfig = DoorwayConfig()
    mqtt: MqttConfig = MqttConfig()
    badges: BadgesConfig = BadgesConfig()
    audit: AuditConfig = AuditConfig()
    service: ServiceConfig = ServiceConfig()
    sync: SyncConfig = SyncConfig()
    hub: HubConfig = HubConfig()
    console: ConsoleConfig = ConsoleConfig()
    training: TrainingConfig = TrainingConfig()

    @model_validator(mode="after")
    def _names_schedules_that_are_there(self) -> "Config":
        named = self.doorway.open_hours
        if named is not None and named not in self.access.schedules:
            raise ValueError(f"doorway.open_hours names the schedule {named!r}, not there")
        return self

    @model_validator(mode="after")
    def _has_a_doorway_to_command(self) -> "Config":
        if self.mqtt.commands and not self.doorway.used:
            raise ValueError("mqtt.commands need the section doorway: nothing else obeys them")
        return self

    @model_validator(mode="after")
    def _is_certified_for_the_consoles_name(self) -> "Config":
        name = self.console.name
        if name and self.console.certificate is None and name not in (*self.hub.names, "localhost"):
            raise ValueError(
                f"console.name {name!r} is not in hub.names, so the hub's authority certifies "
                "another one; add it there, or name console.certificate"
            )
        return self

    @property
    def console_name(self) -> str:
        """The DNS name that operators' passkeys are bound to."""
        named = [name for name in self.hub.names if is_dns_name(name)]
        return self.console.name or (named[0] if named else "localhost")

    @property
    def lockout_file(self) -> Path:
        """Where lockouts are kept."""
        return self.policy.lockout.file or self.audit.file.with_name("lockout.sqlite")

    @property
    def rate_here_file(self) -> Path:
        """Where it is kept how often strangers of this place come near to somebody enrolled."""
        return self.audit.file.with_name("rate-here.json")

    @property
    def sync_folder(self) -> Path:
        """Where a door that has joined a hub keeps what it takes."""
        return self.sync.folder or self.audit.file.with_name("sync")

    @property
    def demo_gallery(self) -> GalleryConfig:
        """The demo's people, kept apart from those who may open the door."""
        folder = self.audit.file.with_name("demo")
        return self.gallery.model_copy(update={"folder": folder})


def load_config(path: Path) -> Config:
    """Read and check `path`; raises ConfigError with the first thing that is wrong."""
    return config_in(read_config(path), path)


def read_config(path: Path) -> bytes:
    """What stands in the configuration's file; ConfigError when it cannot be read."""
    try:
        return read_bounded(path)
    except PermissionError as error:
        raise ConfigError(
            f"You may not read the configuration {path}; do so as root or as the door's user."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"Cannot read the configuration {path} ({error.strerror}); "
            "name an existing file with --config or ACCESSCTL_CONFIG."
        ) from error


def config_in(content: bytes, path: Path) -> Config:
    """The configuration that a file at `path` with this content is; ConfigError."""
    try:
        return config_of(parse_mapping(content), path.resolve().parent, str(path))
    except OSError as error:
        raise ConfigError(
            f"A path in the configuration {path} cannot be looked at ({error.strerror}); "
            "correct it, or allow it."
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path} {error}; correct it.") from error


def config_of(given: Mapping[str, Any], base: Path, origin: str) -> Config:
    """Check what stands in a configuration, whose paths are below the absolute `base`.

    ConfigError with the first thing that is wrong, which it says of `origin`.
    """
    try:
        config = Config.model_validate(given)
        resolved: Config = resolve_paths(config, base)
        resolved = _with_named_models(config, resolved, base)
        return resolved.model_copy(update=_sources(resolved, base))
    except ValidationError as error:
        raise ConfigError(f"{origin}: {_first_complaint(error)}") from error
    except (ValueError, RuntimeError) as error:
        raise ConfigError(f"{origin} {error}; correct it.") from error


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
    found = first["input"]
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; `accessctl config explain` lists the known ones."
    if first["type"] == "string_type" and isinstance(found, bool | int | float | date):
        return f"{key}: YAML takes this for {_kind(found)}, where text is meant; put it in quotes."
    if first["type"] in _SHAPES:
        return f"{key}: {_SHAPES[first['type']]} (found {_shown(found)})."
    return f"{key}: {shortened(first['msg'], 200)} (found {_shown(found)})."


# What pydantic says of these speaks of Python.
_SHAPES = {
    "model_type": "must hold settings of its own, one a line and further in, as `source: auto`",
    "dict_type": "must hold names with what belongs to them, one a line and further in",
    "tuple_type": "must be a list, such as [first, second]",
    "path_type": "must be the path of a file or folder",
    "string_type": "must be text",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
}


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return f"a truth value ({value})"
    return f"a number ({value})" if isinstance(value, int | float) else f"a date ({value})"


def _shown(value: object) -> str:
    """A value on one line, without the secrets of an address; cut only after they are hidden."""
    return shortened(redacted_text(repr(value)), 80)


def resolve_source(source: str, base: Path) -> str:
    """A recording's path laid below `base`; words, devices and URLs stay as they are."""
    if source in {"auto", "demo"} or "://" in source or re.fullmatch(r"(usb:)?\d+", source):
        return source
    if extensions.find(ExtensionKind.SOURCES, source) is not None:
        return source
    return str(laid_below(Path(source), base))
