"""The files of a door, on a disk that may be lost, and their backups on another one."""

import shutil
from pathlib import Path

from accessctl.administration.acceptance import (
    AcceptanceRecord,
    AcceptedCopy,
    ConfigText,
    check_known,
    read_text,
)
from accessctl.administration.backup import BackedUp, back_up
from accessctl.administration.changes import DeferredLog, open_administration
from accessctl.administration.restore import Restored, restore
from accessctl.audit.opening import open_log, open_log_to_check
from accessctl.config import AuditConfig, Config, GalleryConfig
from accessctl.domain import Event, EventKind
from accessctl.door.fake import CALIBRATION
from accessctl.gallery.fake import random_units
from accessctl.gallery.store import open_gallery
from accessctl.recognition.calibration import Yardstick
from accessctl.recognition.enrolment import Candidate
from accessctl.recognition.normalisation import Normaliser

NOW = 1_800_000_000.0
ONE_DAY = 86400.0
STRENGTHS = {"strict": "liveness: {mode: challenge}\n", "weak": "liveness: {mode: 'off'}\n"}
YARDSTICK = Yardstick(Normaliser(random_units(300, 8, seed=99), 50), CALIBRATION, 1e-3, 1e-4)


class Site:
    """A door's files, its log's head and its backups on disks of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "door"
        self.elsewhere = folder / "other disk"
        self.elsewhere.mkdir(parents=True)
        self.config = Config(
            gallery=GalleryConfig(folder=self.folder / "enrolled"),
            audit=AuditConfig(
                file=self.folder / "state" / "events.sqlite",
                head=self.elsewhere / "head",
            ),
        )
        self.config_path = self.folder / "config.yaml"
        self.file = self.elsewhere / "backup"
        self.keys = self.elsewhere / "keys"

    def enrol(self, *names: str) -> None:
        with open_administration(self.config, {}) as administration:
            for seed, name in enumerate(names):
                embedding = random_units(1, 8, seed)[0]
                photo = Candidate(embedding, "f" * 64, 0.5, b"jpeg", name, YARDSTICK)
                administration.enrol(name, [photo], anyway=True)

    def remove(self, name: str) -> None:
        with open_administration(self.config, {}) as administration:
            administration.remove(name)

    def names(self) -> list[str]:
        with open_gallery(self.config.gallery, {}) as gallery:
            return [person.name for person in gallery.people()]

    def note(self, state: str) -> None:
        with open_log(self.config.audit, {}) as log:
            log.append(Event(NOW, EventKind.SERVICE, {"state": state}))

    def states(self) -> list[str]:
        with open_log_to_check(self.config.audit, {}) as log:
            said = [
                str(event.data.get("state") or event.data.get("change")) for _, event in log.query()
            ]
        return [word for word in said if word != "gallery_seen"]

    def back_up(self, **more: bool) -> BackedUp:
        return back_up(
            self.config,
            {},
            self.file,
            NOW,
            config_path=self.config_path,
            keys=self.keys,
            **more,
        )

    def restore(self, *, keys: bool = False, **more: bool) -> Restored:
        named = self.keys if keys else None
        return restore(
            self.config,
            {},
            self.file,
            NOW + ONE_DAY,
            config_path=self.config_path,
            keys=named,
            **more,
        )

    def accept(self, strength: str) -> None:
        """The owner accepts a configuration that asks for `strength`."""
        self.config_path.write_text(STRENGTHS[strength])
        with DeferredLog(self.config.audit, {}) as audit:
            record = AcceptanceRecord(self.config_path, audit, lambda: NOW)
            record.accept(AcceptedCopy(self.config_path, {}), self.text)

    @property
    def text(self) -> ConfigText:
        """The configuration's file, but for the places of this test's files."""
        read = read_text(self.config_path)
        return ConfigText(read.content, read.config.model_copy(update={"audit": self.config.audit}))

    def accepted(self) -> bytes | None:
        """What counts, by the copy and by the log; None where there is none."""
        copy = AcceptedCopy(self.config_path, {})
        found = copy.read()
        with DeferredLog(self.config.audit, {}) as audit:
            record = AcceptanceRecord(self.config_path, audit, lambda: NOW)
            check_known(copy, found, record.known())
        return None if found is None else found.content

    def lose(self) -> None:
        """The door's disk dies; the other one does not."""
        shutil.rmtree(self.folder)

    def everything(self) -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file()}
