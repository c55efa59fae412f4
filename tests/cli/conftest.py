import hashlib
import importlib.util
import inspect
import io
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from accessctl.audit.log import EventLog
from accessctl.cli.front import Typed
from accessctl.cli.main import main
from accessctl.config import Config, EncoderConfig, GalleryConfig, VisionConfig, load_config
from accessctl.demo.people import collins, demo_enrolment_photo, hopper
from accessctl.domain import Event, Face, Frame, Image, PersonId
from accessctl.encoder.card import load_card
from accessctl.encoder.choose import load_encoder
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import open_gallery
from accessctl.recognition.calibration import Calibration, scoring_of
from accessctl.recognition.engine import USUAL, Engine, EngineMakers
from accessctl.recognition.enrolment import Progress, reembed
from accessctl.recognition.matcher import Roster
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.recogniser import Recogniser
from accessctl.service.daemon import ServiceMakers
from accessctl.vision.observer import Observer

REPOSITORY = Path(__file__).parents[2]
MODELS = {
    "encoder": {"folder": str(REPOSITORY / "models" / "dlib"), "device": "cpu"},
    "vision": {"models": str(REPOSITORY / "models" / "cache" / "mediapipe")},
    # The films of these tests show photographs.
    "liveness": {"mode": "off", "texture": "off"},
}
ENROLLED = 1_769_884_200.0


class RememberingObserver:
    """The real one, which looks at each photo once however many tests show it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._seen: dict[tuple[float, tuple[int, ...], bytes], list[Face]] = {}

    def watching(self, config: VisionConfig) -> "WatchingObserver":
        return WatchingObserver(self, config)

    def still(self, image: Image, narrowest: float = 0.0) -> list[Face]:
        key = narrowest, image.shape, hashlib.sha256(image.tobytes()).digest()
        if key not in self._seen:
            self._seen[key] = self._observer.still(image, narrowest)
        return list(self._seen[key])


class WatchingObserver:
    """For one engine: what it follows from frame to frame is its own."""

    def __init__(self, stills: RememberingObserver, config: VisionConfig) -> None:
        self._config = config
        self._frames: Observer | None = None
        self.still = stills.still

    def observe(self, frame: Frame) -> list[Face]:
        if self._frames is None:
            self._frames = Observer(self._config)
        return self._frames.observe(frame)

    @property
    def timings(self) -> dict[str, float]:
        return {} if self._frames is None else self._frames.timings

    def close(self) -> None:
        if self._frames is not None:
            self._frames.close()


@dataclass(frozen=True)
class Loaded:
    """The parts of an engine that take seconds to load and never change."""

    observer: RememberingObserver
    recogniser: Recogniser
    normaliser: Normaliser
    calibration: Calibration


@pytest.fixture(scope="session")
def loaded() -> Iterator[Loaded]:
    encoder = load_encoder(EncoderConfig(**MODELS["encoder"]))
    normaliser, calibration = scoring_of(encoder.card)
    observer = Observer(VisionConfig(**MODELS["vision"]))
    yield Loaded(RememberingObserver(observer), Recogniser(encoder), normaliser, calibration)
    observer.close()


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Site:
    """A door's folder with its configuration, and its owner at the keyboard.

    `parts` stand in for what commands use, by the names of their functions' keywords.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.parts: dict[str, Any] = {}
        self.config = folder / "config.yaml"
        self._capsys = capsys
        self.configure()

    def configure(self, **sections: dict[str, Any]) -> None:
        merged = {name: {**MODELS.get(name, {}), **sections.get(name, {})} for name in MODELS}
        self.config.write_text(yaml.safe_dump(sections | merged))

    def __call__(self, *argv: str | Path, config: bool = True) -> Said:
        """Run a command as `accessctl` would, in this process."""
        self._capsys.readouterr()
        words = [str(word) for word in argv]
        if config:
            words += ["--config", str(self.config)]
        try:
            code = main(words, self._perform)
        except SystemExit as usage:
            code = int(usage.code or 0)
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def _perform(self, typed: Typed) -> int:
        takes = inspect.signature(typed.verb.run).parameters
        parts = {name: part for name, part in self.parts.items() if name in takes}
        return typed.verb.run(typed.options, **parts)

    def put(self, name: str) -> None:
        """Somebody who was enrolled some time ago; no photo is looked at for it."""
        embedding = random_units(1, 128, seed=len(name))[0]
        fingerprint = load_card(Path(MODELS["encoder"]["folder"])).fingerprint
        with open_gallery(GalleryConfig(folder=self.folder / "enrolled"), os.environ) as gallery:
            gallery.add_person(
                name,
                NewPhoto(
                    jpeg=b"jpeg",
                    embedding=embedding,
                    fingerprint=fingerprint,
                    quality=0.9,
                    added=ENROLLED,
                ),
            )

    def people(self) -> list[tuple[str, int]]:
        """Names and numbers of photos, as `people --json` lists them."""
        said = self("people", "--json")
        assert said.code == 0, said.err
        return [(line["person"], line["photos"]) for line in said.lines]

    def store(self) -> dict[str, bytes]:
        """Every file of the gallery; opened and closed first, so that all is folded in."""
        with open_gallery(GalleryConfig(folder=self.folder / "enrolled"), os.environ) as gallery:
            revision = gallery.revision()
        files = sorted((self.folder / "enrolled").rglob("*"))
        return {"revision": str(revision).encode()} | {
            str(file): file.read_bytes() for file in files if file.is_file()
        }

    def events(self) -> list[Event]:
        with EventLog(load_config(self.config).audit.file) as log:
            return [event for _, event in log.query()]

    def told(self) -> list[tuple[str, str]]:
        """Kind of each event, with the word that matters most."""
        words = {"decision": "decision", "action": "ok", "person": "change", "service": "state"}
        happened = [(event.kind, event.data[words[event.kind]]) for event in self.events()]
        # Which gallery and which configuration count is on record, too: see their own tests.
        return [one for one in happened if not str(one[1]).startswith(("gallery_", "config_"))]

    def changes(self) -> list[str]:
        return [event.data["change"] for event in self.events() if "change" in event.data]


@pytest.fixture
def site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Site:
    for variable in ("ACCESSCTL_KEY_FILE", "CREDENTIALS_DIRECTORY", "ACCESSCTL_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    return Site(tmp_path, capsys)


@pytest.fixture
def models(loaded: Loaded, site: Site) -> None:
    """Engines come up at once, with the real models, for the gallery they are asked for."""

    @contextmanager
    def open_engine(
        config: Config, progress: Progress, makers: EngineMakers = USUAL
    ) -> Iterator[Engine]:
        with closing(makers.gallery(config.gallery, os.environ)) as gallery:
            observer = loaded.observer.watching(config.vision)
            reembed(gallery, observer, loaded.recogniser, progress)
            roster = Roster(
                gallery,
                loaded.recogniser.fingerprint,
                loaded.normaliser,
                loaded.calibration,
                config.policy,
            )
            yield Engine(config, observer, loaded.recogniser, gallery, roster)
            observer.close()

    site.parts |= {"open_engine": open_engine, "makers": ServiceMakers(open_engine)}


def write(path: Path, image: Image) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return path


def scaled(image: Image, scale: float) -> Image:
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def side_by_side(one: Image, other: Image) -> Image:
    height = max(len(one), len(other))
    tall = [np.pad(image, ((0, height - len(image)), (0, 0), (0, 0))) for image in (one, other)]
    return np.concatenate(tall, axis=1)


def coffee() -> Image:
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "data" / "coffee.png"
    return cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)


def png_of_size(width: int, height: int) -> bytes:
    """The head of a PNG that claims to be so large; there is nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


Pictures = Callable[[str], Path]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """Pictures by name, made from the two public-domain photographs and a cup of coffee."""
    folder = tmp_path_factory.mktemp("pictures")
    makers: dict[str, Callable[[], Image]] = {
        "hopper": hopper,
        "collins": collins,
        "collins_portrait": demo_enrolment_photo,
        "collins_mirrored": lambda: np.ascontiguousarray(collins()[:, ::-1]),
        "two": lambda: side_by_side(hopper(), scaled(collins(), 1.1)),
        "nobody": coffee,
        "empty": lambda: np.full((120, 160, 3), 128, np.uint8),
        "small": lambda: scaled(hopper(), 0.25),
        "blurred": lambda: cv2.GaussianBlur(hopper(), (0, 0), 8),
        "dark": lambda: (hopper() * 0.08).astype(np.uint8),
    }

    def picture(name: str) -> Path:
        path = folder / f"{name}.png"
        if not path.exists():
            write(path, makers[name]())
        return path

    (folder / "text.jpg").write_text("this is no picture")
    (folder / "empty.jpg").write_bytes(b"")
    write(folder / "whole.jpg", hopper())
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:4000])
    (folder / "bomb.png").write_bytes(png_of_size(60_000, 60_000))
    return lambda name: folder / name if "." in name else picture(name)


Film = Callable[..., Path]


@pytest.fixture
def film(tmp_path: Path, pictures: Pictures) -> Film:
    """A folder of images to play: so many frames of each picture, one after the other."""

    def shoot(*scenes: tuple[str, int], folder: str = "film") -> Path:
        (tmp_path / folder).mkdir()
        names = [name for name, frames in scenes for _ in range(frames)]
        for index, name in enumerate(names):
            os.link(pictures(name), tmp_path / folder / f"{index}.png")
        return tmp_path / folder

    return shoot


# Decides on a visitor within a few frames; a film of two visits is short then.
HASTY = {"unknown_after_frames": 4, "unknown_after_s": 0.2}


@pytest.fixture
def door(site: Site, pictures: Pictures) -> Site:
    """A door that writes a line whenever it would open."""
    unlock = site.folder / "unlock"
    unlock.write_text(f'#!/bin/sh\necho "$ACCESSCTL_PERSON" >> {site.folder}/opened\n')
    unlock.chmod(0o700)
    site.configure(
        policy=HASTY,
        actions={"granted": [{"type": "command", "argv": [str(unlock)]}]},
    )
    return site


@pytest.fixture
def eileen(door: Site, pictures: Pictures) -> Site:
    """That door, with Eileen Collins enrolled."""
    assert door("enroll", "Eileen Collins", pictures("collins")).code == 0
    return door


@pytest.fixture
def two_visits(film: Film) -> Path:
    """Hopper comes and goes, then Collins does."""
    gone = ("empty", 20)
    return film(("empty", 2), ("hopper", 8), gone, ("collins", 8), gone)


@pytest.fixture
def grace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PersonId:
    """Grace, who is enrolled in the gallery beside the configuration of `run`; her id."""
    for variable in ("ACCESSCTL_KEY_FILE", "ACCESSCTL_AUDIT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    photo = NewPhoto(
        jpeg=b"jpeg",
        embedding=random_units(1, 8, 1)[0],
        fingerprint="e",
        quality=0.9,
        added=1000.0,
    )
    with open_gallery(GalleryConfig(folder=tmp_path / "enrolled"), {}) as gallery:
        return gallery.add_person("Grace", photo).id


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, understand: Callable[..., Any]
) -> Callable[..., int]:
    """Runs a command with config.yaml in the test's folder; what it raises is raised."""

    def perform(*argv: str, typed: str = "", **parts: Any) -> int:
        command = understand(*argv, "--config", tmp_path / "config.yaml")
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code: int = command.verb.run(command.options, **parts)
        return code

    return perform


@pytest.fixture
def changes(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """What is on record in the test's folder, but for which gallery counts."""

    def read() -> list[dict[str, Any]]:
        with EventLog(tmp_path / "state" / "events.sqlite") as log:
            happened = [dict(event.data) for _, event in log.query()]
        return [data for data in happened if not str(data.get("state")).startswith("gallery_")]

    return read
