"""Writes the service for a dedicated user, and takes it away again.

Beside the unit and its drop-in these are the user (sysusers.d), who owns what (tmpfiles.d), the
devices (udev), and the variables for a shell of the door's user.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import yaml

from accessctl.audit.opening import key_path
from accessctl.bundled import CACHE, model_folders, named_models
from accessctl.config import Config, load_config
from accessctl.errors import FaultError, InputError
from accessctl.gallery.sealing import local_key
from accessctl.service.unit import (
    ETC,
    RUNTIME,
    STATE,
    ServicePlace,
    drop_in,
    is_as_written,
    marked,
    rendered,
)
from accessctl.storage.files import write_atomically, write_key

UNIT = Path("/etc/systemd/system/accessctl.service")
DROP_IN = Path("/etc/systemd/system/accessctl.service.d/50-configuration.conf")
USERS = Path("/etc/sysusers.d/accessctl.conf")
FILES = Path("/etc/tmpfiles.d/accessctl.conf")
DEVICES = Path("/etc/udev/rules.d/70-accessctl.rules")
ENVIRONMENT = ETC / "environment"
WRITTEN = (UNIT, DROP_IN, USERS, FILES, DEVICES, ENVIRONMENT)
KEY_BYTES = 32
STARTER = """\
# The configuration of the service; `accessctl config explain` lists every key. After a change:
#   systemctl reload accessctl
camera:
  source: auto
encoder:
  folder: {models}/dlib
vision:
  models: {detectors}
liveness:
  texture: {texture}
gallery:
  folder: {state}/enrolled
audit:
  file: {state}/events.sqlite
service:
  socket: {runtime}/door.sock
actions:
  granted: []               # what opens the lock; see docs/actions.md
"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be installed: `root` is where the machine's files lie, `version` systemd's."""

    repository: Path
    python: Path
    config: Path = ETC / "config.yaml"
    user: str = "accessctl"
    version: int = 252
    root: Path = Path("/")

    def on_disk(self, path: Path) -> Path:
        return self.root / path.relative_to("/")


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """Texts by their path on the machine, keys that are made when missing, and sentences for
    the owner."""

    files: dict[Path, str]
    keys: tuple[Path, ...]
    notes: tuple[str, ...]


def plan_of(wishes: Wishes) -> InstallPlan:
    """All that an installation writes; InputError or FaultError when it cannot be made."""
    template = wishes.repository / "systemd" / "accessctl.service"
    if not template.is_file():
        raise FaultError(
            f"There is no {template}; run this command from the project's own environment."
        )
    files: dict[Path, str] = {}
    config = _configuration(wishes, files)
    beside = local_key(config.gallery.folder), key_path(config.audit)
    apart = ETC / "gallery.key", ETC / "audit.key"
    # A key that is in use stays where it is: another one would not fit what it sealed.
    keys = [
        used if wishes.on_disk(used).exists() else ours
        for used, ours in zip(beside, apart, strict=True)
    ]
    place = ServicePlace(wishes.python, wishes.config, keys[0], keys[1], wishes.user)
    written = {
        UNIT: rendered(template.read_text(encoding="utf-8"), place, config),
        DROP_IN: drop_in(config, place, wishes.version),
        USERS: users(place),
        FILES: tmpfiles(place),
        DEVICES: udev_rules(),
        ENVIRONMENT: environment(place),
    }
    files |= {path: marked(text) for path, text in written.items()}
    made = tuple(key for key in keys if not wishes.on_disk(key).exists())
    return InstallPlan(files, made, tuple(_notes(config, place)))


def install(wishes: Wishes, plan: InstallPlan, *, replace: bool) -> list[str]:
    """Write it; a line for each file. Nothing at all is written when a file was changed by hand.

    With `replace` such a file is kept beside the new one, with .old after its name.
    """
    changed = [path for path in plan.files if _by_hand(wishes, path)]
    if changed and not replace:
        raise InputError(
            f"{', '.join(map(str, changed))} was changed by hand, so nothing was written; put "
            "your changes into a drop-in (systemctl edit accessctl), then add --replace, which "
            "keeps the old file as .old."
        )
    said = []
    try:
        for path in plan.keys:
            _write_key(wishes.on_disk(path), os.urandom(KEY_BYTES))
            said.append(f"made    {path}")
        for path, text in plan.files.items():
            target = wishes.on_disk(path)
            if path in changed:
                target.replace(target.with_name(target.name + ".old"))
                said.append(f"kept    {path}.old")
            said.append(f"{_write(target, text)} {path}")
    except OSError as error:
        raise FaultError(f"Cannot write {error.filename} ({error.strerror}).") from error
    return said


def uninstall(wishes: Wishes, *, replace: bool) -> list[str]:
    """Remove what `install` wrote; configuration, keys and data stay."""
    changed = [path for path in WRITTEN if _by_hand(wishes, path)]
    if changed and not replace:
        raise InputError(
            f"{', '.join(map(str, changed))} was changed by hand, so nothing was removed; add "
            "--replace to remove it all the same."
        )
    said = []
    for path in WRITTEN:
        target = wishes.on_disk(path)
        try:
            target.unlink()
            said.append(f"removed {path}")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise FaultError(f"Cannot remove {path} ({error.strerror}).") from error
    return said


def state_of(wishes: Wishes) -> list[tuple[Path, str]]:
    """Each file of the service: "as written", "changed by hand" or "missing"."""
    states = []
    for path in WRITTEN:
        there = wishes.on_disk(path).exists()
        word = "changed by hand" if _by_hand(wishes, path) else "as written"
        states.append((path, word if there else "missing"))
    return states


def _configuration(wishes: Wishes, files: dict[Path, str]) -> Config:
    """The configuration of the service; a first one goes into `files` where there is none."""
    if wishes.on_disk(wishes.config).exists():
        return load_config(wishes.on_disk(wishes.config))
    if wishes.config != ETC / "config.yaml":
        raise InputError(f"There is no configuration {wishes.config}; name one that exists.")
    models = wishes.repository / "models"
    texture = models / "texture"
    text = STARTER.format(
        models=models,
        detectors=named_models(Path("mediapipe"), models / CACHE, model_folders()),
        texture=texture if texture.exists() else "off    # this checkout has no network",
        state=STATE,
        runtime=RUNTIME,
    )
    files[wishes.config] = text
    return Config.model_validate(yaml.safe_load(text))


def _notes(config: Config, place: ServicePlace) -> list[str]:
    notes = []
    needed = [place.python, config.encoder.folder, config.vision.models]
    if config.liveness.texture != "off":
        needed.append(config.liveness.texture)
    for path in needed:
        closed = first_closed(path)
        if closed is not None:
            notes.append(
                f"{closed} is closed to other users, so the service cannot reach {path}; "
                f"install the project elsewhere (/opt/accessctl), or open it: chmod o+x {closed}"
            )
    return notes


def first_closed(path: Path) -> Path | None:
    """The first folder on the way to `path`, links followed, that others may not enter."""
    for folder in reversed(path.resolve().parents):
        try:
            if not folder.stat().st_mode & stat.S_IXOTH:
                return folder
        except OSError:
            return folder
    return None


def _by_hand(wishes: Wishes, path: Path) -> bool:
    try:
        content = wishes.on_disk(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FaultError(f"Cannot read {path} ({error.strerror}).") from error
    return not is_as_written(content)


def _write(target: Path, text: str) -> str:
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return "same   "
    word = "updated" if target.exists() else "wrote  "
    target.parent.mkdir(parents=True, exist_ok=True)
    # Passwords may stand in the configuration; systemd wants to read the rest.
    mode = 0o640 if target.suffix == ".yaml" else 0o644
    write_atomically(target, text.encode("utf-8"), mode=mode)
    return word


def _write_key(target: Path, key: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_key(target, key)


def users(place: ServicePlace) -> str:
    """sysusers.d(5): the dedicated user, in the groups of cameras and of GPIO lines."""
    return (
        f'u {place.user} - "Face access control" {STATE}\n'
        f"m {place.user} video\n"
        f"m {place.user} gpio\n"
    )


def tmpfiles(place: ServicePlace) -> str:
    """tmpfiles.d(5): configuration for the door to read, keys for it alone."""
    user = place.user
    lines = [f"d {ETC} 0750 root {user}", f"d {STATE} 0700 {user} {user}"]
    lines += [f"z {ETC}/{name} 0640 root {user}" for name in ("config.yaml", "environment")]
    keys = [key for key in (place.gallery_key, place.audit_key) if key.is_relative_to(ETC)]
    lines += [f"z {key} 0600 {user} {user}" for key in keys]
    return "\n".join(lines) + "\n"


def udev_rules() -> str:
    """udev(7): GPIO lines for a group, as Raspberry Pi OS has it; Debian gives them to root."""
    return 'SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", GROUP="gpio", MODE="0660"\n'


def environment(place: ServicePlace) -> str:
    """For a shell of the door's user: `set -a; . /etc/accessctl/environment`."""
    return (
        f"ACCESSCTL_CONFIG={place.config}\n"
        f"ACCESSCTL_KEY_FILE={place.gallery_key}\n"
        f"ACCESSCTL_AUDIT_KEY_FILE={place.audit_key}\n"
    )
