"""A whole site of processes on PostgreSQL: the hub with its console, and doors with a lock that is
a relay of the test, all of which watch the demo's visitor come and go."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from accessctl.config import Config
from accessctl.demo.broadcast import Broadcast, visits
from accessctl.hub.cluster import LOOPBACK, free_port
from accessctl.hub.demo_site import (
    DemoSiteDoor,
    SiteProcess,
    command,
    door_process,
    joins,
    site_folder,
)
from tests.doorway.test_http_relay import Relay, plain, served
from tests.patience import wait_for

PATIENCE_S = 240.0
"""For anything of the site: a machine of CI is slow, and six processes share it."""


@dataclass(frozen=True)
class WholeSite:
    """`locks` are by the door's name, `url` is how a browser reaches the console, `camera` what all
    doors see."""

    url: str
    hub_file: Path
    hub: SiteProcess
    doors: Sequence[DemoSiteDoor]
    locks: Mapping[str, Relay]
    camera: Broadcast

    def code_for(self, operator: str) -> str:
        """The code that the hub's command line prints for an invitation."""
        argv = ["hub", "operator", "invite", operator, "--config", str(self.hub_file)]
        printed = command(argv).splitlines()
        return next(one.removeprefix("Code: ") for one in printed if one.startswith("Code: "))

    def check(self) -> None:
        """FaultError where one of the processes has ended."""
        for process in (self.hub, *(door.process for door in self.doors)):
            process.check()


@contextmanager
def whole_site(config: Config, database: str, names: Sequence[str]) -> Iterator[WholeSite]:
    """With the models of `config`, the hub's tables in the database of that URL."""
    with ExitStack() as stack:
        folder = stack.enter_context(site_folder())
        hub_port, console_port = free_port(), free_port()
        database_file = folder / "database"
        database_file.touch(0o600)
        database_file.write_text(f"{database}\n", encoding="ascii")
        hub_file = folder / "hub.yaml"
        sections = {
            **models_of(config),
            "hub": {
                "folder": str(folder / "hub"),
                "host": LOOPBACK,
                "port": hub_port,
                "database_file": str(database_file),
            },
            "console": {"enabled": True, "host": LOOPBACK, "port": console_port},
        }
        hub_file.write_text(yaml.safe_dump(sections), encoding="utf-8")
        argv = ["hub", "run", "--config", str(hub_file)]
        hub = stack.enter_context(SiteProcess("hub", argv, folder))
        said = wait_for(lambda: _listening(hub), "the hub's first word", PATIENCE_S)
        camera = stack.enter_context(Broadcast(visits()))
        locks = {name: Relay() for name in names}
        address = f"https://{LOOPBACK}:{hub_port}"
        doors = []
        for name in names:
            lock = stack.enter_context(served(locks[name], plain))
            door = door_process(config, folder, name, address, camera.url)
            _give_part(door.folder / "config.yaml", lock)
            invited = command(["hub", "invite", name, "--json", "--config", str(hub_file)])
            joins(door, said, yaml.safe_load(invited)["code"])
            doors.append(door)
        for door in doors:
            stack.enter_context(door.process)
        yield WholeSite(f"https://localhost:{console_port}", hub_file, hub, doors, locks, camera)


def models_of(config: Config) -> Mapping[str, Any]:
    return {
        "encoder": {"folder": str(config.encoder.folder), "device": config.encoder.device},
        "vision": {"models": str(config.vision.models)},
    }


def _listening(hub: SiteProcess) -> str | None:
    """The fingerprint that the hub prints as soon as it listens."""
    hub.check()
    return next((one.split()[-1] for one in hub.lines if one.startswith("The hub listens")), None)


def _give_part(file: Path, url: str) -> None:
    """A doorway that operators at the hub may command and watch, whose lock answers at `url`, and
    of which the hub gets the pictures of decisions."""
    sections = yaml.safe_load(file.read_text(encoding="utf-8"))
    sections["sync"] |= {"commands": "all", "live": True, "pictures": True}
    sections["audit"] = {"snapshots": {"keep": "frame"}}
    sections["doorway"] = {
        "lock": {
            "type": "http",
            "on": {"url": f"{url}/on"},
            "off": {"url": f"{url}/off"},
            "state": {"method": "GET", "url": f"{url}/state"},
            "says_on": "is on",
            "says_off": "is off",
        }
    }
    del sections["actions"]
    file.write_text(yaml.safe_dump(sections), encoding="utf-8")
