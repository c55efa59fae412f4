"""The unit of systemd and its drop-in: pure functions from paths and configuration to text."""

import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from accessctl.administration import acceptance
from accessctl.administration.acceptance import accepted_path
from accessctl.audit.opening import head_path
from accessctl.config import Config, WebhookAction
from accessctl.doorway.controller_key import key_file
from accessctl.doorway.opening import memory_file, relay_addresses
from accessctl.errors import InputError

STATE = acceptance.STATE
RUNTIME = Path("/run/accessctl")
ETC = acceptance.ETC
# What the template says, for `rendered` to replace.
TEMPLATE_PYTHON = "/opt/accessctl/.venv/bin/python"
TEMPLATE_SOCKET = "/run/accessctl/door.sock"
MARK = "# Written by `accessctl service install`; the rest has the SHA-256 "
# The first version that waits longer from restart to restart.
GROWING_RESTARTS = 254


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """Where the door's program, configuration and keys are, and as whom it runs."""

    python: Path
    config: Path
    gallery_key: Path
    audit_key: Path
    user: str = "accessctl"


def rendered(template: str, place: ServicePlace, config: Config) -> str:
    """The unit for this machine; InputError for a path that a unit cannot name."""
    for path in (place.python, place.config, config.service.socket):
        # The first two would have to be quoted, the others mean something to systemd.
        if any(character in " \t\n\"'\\%$" for character in str(path)):
            raise InputError(
                f"systemd cannot be told of {path!s} plainly; use a path of letters and digits."
            )
    replaced = {
        TEMPLATE_PYTHON: str(place.python),
        str(ETC / "config.yaml"): str(place.config),
        TEMPLATE_SOCKET: str(config.service.socket),
        f":{ETC / 'gallery.key'}": f":{place.gallery_key}",
        f":{ETC / 'audit.key'}": f":{place.audit_key}",
        "User=accessctl\nGroup=accessctl": f"User={place.user}\nGroup={place.user}",
    }
    for before, after in replaced.items():
        if before not in template:
            raise InputError(f"The unit's template does not say {before!r}; restore it.")
        template = template.replace(before, after)
    return template


def drop_in(config: Config, place: ServicePlace, version: int) -> str:
    """What this configuration needs beyond the unit, which allows nothing to begin with."""
    lines = [*_network(config), *_paths(config, place), *_serial(config), *_gpu(config)]
    if version >= GROWING_RESTARTS:
        lines += ["# Ever longer from restart to restart.", "RestartSteps=5"]
        lines += ["RestartMaxDelaySec=60"]
    body = lines or ["# The configuration needs nothing beyond the unit."]
    return "\n".join(["[Service]", *body, ""])


def addresses(config: Config) -> tuple[list[str], list[str]]:
    """Whom the door must reach: addresses as IPAddressAllow takes them, and names of hosts."""
    actions = [action for _, _, action in config.actions.listed()]
    urls = [action.url for action in actions if isinstance(action, WebhookAction)]
    urls += relay_addresses(config.doorway)
    urls += [] if config.sync.hub is None else [config.sync.hub]
    cameras = (config.camera.source, config.liveness.infrared)
    urls += [source for source in cameras if source is not None and "://" in source]
    hosts = {urlsplit(url).hostname or "" for url in urls}
    if config.mqtt.host is not None:
        hosts.add(config.mqtt.host)
    if config.service.metrics_port is not None:
        hosts.add("localhost")
    literal = sorted(host for host in hosts if host == "localhost" or _is_address(host))
    return literal, sorted(hosts - set(literal))


def _network(config: Config) -> list[str]:
    literal, names = addresses(config)
    if not literal and not names:
        return []
    lines = ["PrivateNetwork=no", "RestrictAddressFamilies=AF_INET AF_INET6"]
    if names:
        # systemd allows addresses, not names, and a name server has to be asked first.
        return [
            "# Hosts that the configuration names by name, so any address may be theirs:",
            *(f"#   {name}" for name in names),
            *lines,
            "IPAddressAllow=any",
        ]
    return [*lines, *(f"IPAddressAllow={address}" for address in literal)]


def _paths(config: Config, place: ServicePlace) -> list[str]:
    snapshots = config.audit.snapshots.folder
    files = [config.audit.file, head_path(config.audit), config.lockout_file]
    files.append(accepted_path(place.config))
    if config.doorway.used:
        files.append(memory_file(config))
    folders = {file.parent for file in files}
    folders |= {config.gallery.folder, config.service.socket.parent}
    folders |= set() if snapshots is None else {snapshots}
    if config.doorway.controller is not None:
        folders.add(key_file(config).parent)
    interlock = config.doorway.interlock
    folders |= set() if interlock is None else {interlock.folder}
    folders |= set() if config.sync.hub is None else {config.sync_folder}
    outside = sorted(f for f in folders if not f.is_relative_to(STATE) and f != RUNTIME)
    lines = [f"ReadWritePaths={folder}" for folder in outside]
    homes = [Path("/home"), Path("/root"), Path("/run/user")]
    named = [place.python, place.config, config.encoder.folder, config.vision.models, *outside]
    if any(path.is_relative_to(home) for path in named for home in homes):
        lines.append("# The program, its models or its data lie in somebody's home.")
        lines.append("ProtectHome=no" if outside else "ProtectHome=read-only")
    return lines


def _serial(config: Config) -> list[str]:
    lines = []
    if config.doorway.controller is not None:
        lines = [f"DeviceAllow={config.doorway.controller.device} rw"]
    if config.badges.serial is not None:
        kinds = ("char-ttyUSB", "char-ttyACM", "char-ttyAMA", "char-ttyS")
        lines += ["# The badge reader, on whichever kind of serial line it is."]
        lines += [f"DeviceAllow={kind} r" for kind in kinds]
    return [*lines, "SupplementaryGroups=dialout"] if lines else []


def _gpu(config: Config) -> list[str]:
    if config.encoder.device != "gpu":
        return []
    devices = ("char-nvidia-frontend", "char-nvidia", "char-nvidia-uvm", "char-drm")
    return [
        "# TensorFlow and CUDA make their code at run time.",
        "MemoryDenyWriteExecute=no",
        "MemoryMax=8G",
        *(f"DeviceAllow={device} rw" for device in devices),
    ]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def marked(text: str) -> str:
    """`text` under a line that tells whether somebody changed it since."""
    return f"{MARK}{_digest(text)}\n{text}"


def is_as_written(content: str) -> bool:
    """Whether `content` is what `marked` made, unchanged."""
    head, _, text = content.partition("\n")
    return head == MARK + _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
