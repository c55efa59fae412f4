"""`accessctl doctor` and `cameras`: what is wrong with this door, and which cameras there are."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from accessctl.bundled import release
from accessctl.cli.common import (
    ConfigOption,
    JsonOption,
    config_path,
    print_json,
    print_table,
)
from accessctl.cli.front import Verb
from accessctl.config import Config, load_config
from accessctl.errors import ConfigError, FaultError, InputError

if TYPE_CHECKING:
    from accessctl.config.camera import CameraConfig
    from accessctl.domain import Face, Image
    from accessctl.service.camera_checks import Listed
    from accessctl.service.checks import Check, Finding

# Widths of the columns.
LEVEL, SUBJECT = 7, 11

NO_CAMERA = (
    "No camera is attached to this machine; plug one in. A network camera is not listed: name "
    "it as camera.source (rtsp://...)."
)


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(ConfigOption, JsonOption):
    pass


@dataclass(frozen=True, kw_only=True)
class CamerasOptions(ConfigOption, JsonOption):
    pass


def run_doctor(args: DoctorOptions, *, root: Path = Path("/")) -> int:
    """0 when nothing fails (there may be warnings), 1 when something does, 2 when that is the
    configuration. Cameras and GPUs are looked for in the file system below `root`."""
    with quietly():
        return _examined(args, root)


@contextmanager
def quietly() -> Iterator[None]:
    """No log lines in this block: the findings say it better."""
    log = logging.getLogger("accessctl")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _examined(args: DoctorOptions, root: Path) -> int:
    from accessctl.service.checks import Level, examine, failure

    findings: list[Finding] = []

    def say(finding: "Finding") -> None:
        findings.append(finding)
        show(finding, as_json=args.json)

    unusable = False
    try:
        path = config_path(args.config, os.environ)
        checks = checks_of(load_config(path), path, root)
    except ConfigError as error:
        unusable = True
        say(failure("config", str(error)))
        checks = checks_without_config(root)
    for finding in examine(checks):
        say(finding)
    if unusable:
        return ConfigError.exit_code
    return int(any(finding.level is Level.FAILURE for finding in findings))


def show(finding: "Finding", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "level": finding.level.value,
                "subject": finding.subject,
                "sentence": finding.sentence,
            }
        )
    else:
        level, subject = finding.level.value, finding.subject
        print(f"{level:<{LEVEL}}  {subject:<{SUBJECT}}  {finding.sentence}", flush=True)


def checks_of(config: Config, path: Path, root: Path) -> Sequence[tuple[str, "Check"]]:
    from accessctl.doorway.opening import lock_place
    from accessctl.service import (
        badge_checks,
        checks,
        clock_guard,
        controller_checks,
        doorway_checks,
        hub_checks,
        model_checks,
        mqtt_checks,
        state_checks,
    )

    has_lock = lock_place(config.doorway) is not None
    folders = {"people": config.gallery.folder, "the event log": config.audit.file.parent}
    pictures = config.audit.snapshots
    snapshots_mb = 0.0 if pictures.keep == "off" else pictures.max_mb
    return [
        ("config", lambda: [checks.ok("config", f"{path} is in order.")]),
        ("config file", partial(checks.check_config_file, path)),
        ("config", partial(state_checks.check_accepted_config, path, os.environ)),
        *_libraries(),
        ("models", partial(_check_vision_models, config)),
        ("encoder", partial(model_checks.check_encoder, config.encoder)),
        ("texture", partial(model_checks.check_texture, config.liveness)),
        ("cues", partial(model_checks.check_cues, config.liveness)),
        *_machine(config, root),
        ("gallery", partial(checks.check_gallery, config.gallery, os.environ)),
        ("gallery", partial(state_checks.check_gallery_head, config, os.environ)),
        ("people", partial(checks.check_people, config, os.environ)),
        ("rate", partial(state_checks.check_reach, config, os.environ)),
        ("rate", partial(state_checks.check_rate, config, os.environ)),
        ("rate", partial(state_checks.check_rate_here, config, os.environ)),
        ("names", partial(state_checks.check_names, config, os.environ)),
        ("photos", partial(state_checks.check_stored_photos, config, os.environ)),
        ("event log", partial(checks.check_audit, config.audit, os.environ)),
        ("clock", partial(clock_guard.check_clock_doubt, config.audit, os.environ)),
        ("disk", partial(checks.check_disk, folders, snapshots_mb)),
        ("actions", partial(checks.check_hooks, config.actions, os.environ, doorway=has_lock)),
        ("doorway", partial(doorway_checks.check_doorway, config)),
        ("controller", partial(controller_checks.check_controller, config)),
        ("mqtt", partial(mqtt_checks.check_mqtt, config, os.environ)),
        ("badges", partial(badge_checks.check_badges, config, os.environ)),
        (
            "badge reader",
            partial(badge_checks.check_reader, config.badges, config.service.socket),
        ),
        ("hub", partial(hub_checks.check_hub, config, os.environ)),
        ("self test", partial(_check_chain, config)),
    ]


def checks_without_config(root: Path) -> Sequence[tuple[str, "Check"]]:
    """What can be said of the machine alone, as a door with the default settings sees it."""
    from accessctl.service.checks import warning

    rest = "Models, people, keys, disk and actions wait for a configuration that works."
    return [
        *_libraries(),
        *_machine(Config(), root),
        ("not checked", lambda: [warning("not checked", rest)]),
    ]


def _libraries() -> list[tuple[str, "Check"]]:
    from accessctl.service import machine_checks

    return [
        ("python", machine_checks.check_python),
        ("libraries", _check_libraries),
        ("opencv", machine_checks.check_opencv),
    ]


def _check_libraries() -> "Iterator[Finding]":
    from accessctl.service.machine_checks import check_libraries, needed_packages

    return check_libraries(release() / "requirements.txt", needed_packages())


def _machine(config: Config, root: Path) -> list[tuple[str, "Check"]]:
    from accessctl.service import machine_checks

    return [
        ("camera", partial(_check_camera, config, root)),
        ("infrared", partial(_check_infrared, config)),
        ("processor", machine_checks.check_processor),
        ("gpu", partial(machine_checks.check_gpu, config.encoder.device, root)),
        ("clock", partial(machine_checks.check_clock, time.time())),
    ]


def _check_chain(config: Config) -> "Iterator[Finding]":
    """With the threads that the door itself has."""
    from accessctl.recognition.engine import one_thread_each
    from accessctl.service import model_checks

    one_thread_each()
    return model_checks.check_chain(config)


def _check_camera(config: Config, root: Path) -> "Sequence[Finding]":
    from accessctl.camera.usb import locate_first
    from accessctl.service.camera_checks import check_camera, of_running_door

    locate = partial(locate_first, sysfs=root / "sys")
    look = partial(check_camera, config.camera, partial(_faces, config), locate=locate)
    return _told_or_seen(config, of_running_door, look)


def _check_infrared(config: Config) -> "Sequence[Finding]":
    from accessctl.service.camera_checks import check_infrared, infrared_of_running_door

    return _told_or_seen(config, infrared_of_running_door, partial(check_infrared, config))


def _told_or_seen(
    config: Config,
    told: "Callable[[Mapping[str, Any]], Iterable[Finding]]",
    look: "Callable[[], Iterable[Finding]]",
) -> "Sequence[Finding]":
    """A running door keeps its cameras for itself, so it is asked; without one, `look` is."""
    from accessctl.control.client import ask

    try:
        return list(told(ask(config.service.socket, "status")))
    except (FaultError, InputError):
        return list(look())


def _faces(config: Config, image: "Image") -> "Sequence[Face]":
    """Nobody, where the models cannot be opened: another check says so."""
    from accessctl.vision.observer import Observer

    try:
        observer = Observer(config.vision)
    except (FaultError, InputError):
        return ()
    with closing(observer):
        return observer.still(image)


def _check_vision_models(config: Config) -> "Sequence[Finding]":
    from accessctl.service.model_checks import check_vision_models
    from accessctl.zoo.manifest import load_manifest

    digests = {
        PurePosixPath(member.destination).name: member.sha256
        for archive in load_manifest(release() / "models").archives
        for member in archive.members
    }
    return list(check_vision_models(config.vision, digests))


def run_cameras(
    args: CamerasOptions,
    *,
    listing: "Callable[[CameraConfig], Iterable[Listed]] | None" = None,
) -> int:
    """0 also when there is none: that is what there is."""
    from accessctl.service.camera_checks import cameras

    with quietly():
        listed = list((listing or cameras)(_camera_settings(args)))
    if args.json:
        for camera in listed:
            print_json(camera_json(camera))
    elif listed:
        rows = [camera_row(camera) for camera in listed]
        print_table(("DEVICE", "CAMERA", "PICTURE", "FRAMES/S", "NOTE"), rows)
    else:
        print(NO_CAMERA)
    return 0


def camera_json(camera: "Listed") -> dict[str, Any]:
    who, seen = camera.identity, camera.seen
    return {
        "device": camera.device,
        "product": who.product,
        "usb_id": who.usb_id,
        "serial": who.serial,
        "driver": who.driver,
        "virtual": who.virtual,
        "width": seen and seen.width,
        "height": seen and seen.height,
        "fps": seen and round(seen.fps, 1),
        "problem": camera.problem,
    }


def camera_row(camera: "Listed") -> tuple[str, ...]:
    seen = camera.seen
    size = "-" if seen is None else f"{seen.width}x{seen.height}"
    rate = "-" if seen is None else f"{seen.fps:.1f}"
    return camera.device, str(camera.identity), size, rate, camera.problem or ""


def _camera_settings(args: CamerasOptions) -> "CameraConfig":
    """Those of the configuration, if there is one, else the usual ones."""
    from accessctl.config.camera import CameraConfig

    try:
        path = config_path(args.config, os.environ)
    except ConfigError:
        return CameraConfig()
    return load_config(path).camera


DOCTOR = Verb(
    run_doctor,
    DoctorOptions,
    "Examines the configuration, the machine, the camera, models, people, keys, disk and actions, "
    "one finding a line, and what to do where something is wrong. It ends with 1 when something "
    "fails, and with 2 when that is the configuration. Nothing is changed.",
    ("accessctl doctor", "accessctl doctor --json"),
)
CAMERAS = Verb(
    run_cameras,
    CamerasOptions,
    "Opens each camera that is attached for a moment and says how large its pictures are and how "
    "many come in a second. One that a door or another program holds is listed with that note.",
    ("accessctl cameras",),
)
