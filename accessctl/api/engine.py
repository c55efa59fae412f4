"""Faces in pictures, for a program of one's own: found, embedded, compared, named, enrolled.

Nothing of the process is changed: its threads, its logging and its standard error stay as they
are. Nothing is written before somebody is enrolled or removed.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from accessctl import demo
from accessctl.administration.changes import Administration, DeferredLog
from accessctl.administration.gallery_heads import ReadableRecorder
from accessctl.bundled import model_folders, named_models
from accessctl.camera.iterable import rgb_image
from accessctl.camera.photo import read_photo
from accessctl.config import Config, EncoderConfig, config_of
from accessctl.config import load_config as read_config
from accessctl.demo.door import demo_config
from accessctl.domain import Embedding, Face, Image, Match, Person, PersonId
from accessctl.encoder import choose
from accessctl.encoder.base import Encoder
from accessctl.errors import StoreError
from accessctl.gallery.people import EmptyGallery, StoredPhoto
from accessctl.gallery.person import clean_name
from accessctl.gallery.schema import database_file
from accessctl.recognition import engine as recognition
from accessctl.recognition.engine import (
    USUAL,
    Engine,
    EngineMakers,
    Verification,
    embed_portrait,
    identify,
    verify,
)
from accessctl.recognition.enrolment import Candidate, reembed
from accessctl.runtime import standard_error_untouched

Configured: TypeAlias = Config | str | os.PathLike[str] | Mapping[str, Any] | None
"""A configuration: its file, its content, or None for the defaults of this release."""

Photo: TypeAlias = Image | str | os.PathLike[str]
"""A picture: RGB uint8 (H, W, 3), or the name of a file that is read as one."""


@dataclass(frozen=True, slots=True, eq=False)
class IdentifiedFace:
    """A face in a picture and who it is.

    `name` and `person` are None for somebody unknown, and for a face of too poor a quality to be
    named; `match` is the nearest person enrolled all the same, None where nobody is.
    """

    face: Face
    name: str | None
    person: PersonId | None
    match: Match | None


class FaceEngine:
    """Finds, embeds, compares and names faces; `open_engine` gives one.

    May be used from several threads. A picture is RGB uint8 (H, W, 3) or the name of a JPEG, PNG,
    WebP or BMP file; PhotoError for one that cannot be used. What OpenCV reads is BGR:
    `image[:, :, ::-1]` makes RGB of it.

    >>> import accessctl
    >>> from accessctl.bundled import asset
    >>> grace, eileen = asset("grace_hopper.jpg"), asset("astronaut.png")
    >>> with accessctl.open_engine() as engine:
    ...     [face] = engine.detect(grace)
    ...     engine.embed(grace, face).dtype, engine.verify(grace, eileen).same
    ...     engine.enrol("Grace", grace).photos
    ...     [[found.name for found in engine.identify(photo)] for photo in (grace, eileen)]
    ...     engine.match(engine.embed(grace, face)).similarity > 0.99
    ...     [person.name for person in engine.people()], engine.remove("Grace").name
    (dtype('float32'), False)
    1
    [['Grace'], [None]]
    True
    (['Grace'], 'Grace')
    """

    def __init__(
        self, parts: Engine, stack: ExitStack, makers: EngineMakers, *, renew_templates: bool
    ) -> None:
        """`parts` know nobody; `stack` closes what is opened later."""
        self._parts = parts
        self._stack = stack
        self._makers = makers
        self._renew_templates = renew_templates
        # The detectors and the mesh are for one thread at a time.
        self._eyes = threading.Lock()
        self._changes = threading.RLock()

    @property
    def config(self) -> Config:
        return self._parts.config

    def read(self, photo: Photo) -> Image:
        """The picture as RGB uint8 (H, W, 3), upright; PhotoError beyond the limits of
        `gallery.max_photo_mb` and `gallery.max_photo_megapixels`."""
        if not isinstance(photo, str | os.PathLike):
            return rgb_image(photo, "The picture")
        limits = self.config.gallery
        max_bytes, max_pixels = limits.max_photo_mb * 1e6, limits.max_photo_megapixels * 1e6
        return read_photo(Path(photo), int(max_bytes), int(max_pixels))

    def detect(self, photo: Photo) -> list[Face]:
        """Every face in the picture, the largest first, those of poor quality too.

        Boxes and the 468 landmarks are in pixels, the pose in degrees; `face.quality.reasons`
        says why a face should not be trusted.
        """
        image = self.read(photo)
        with self._eyes:
            return self._parts.observer.still(image)

    def embed(self, photo: Photo, face: Face | None = None) -> Embedding:
        """The unit embedding, float32 (D,), of `face`, which was found in that picture.

        Without `face` the picture must show one person: FaceError otherwise.
        """
        image = self.read(photo)
        if face is None:
            with self._eyes:
                return embed_portrait(
                    image, _named(photo), self._parts.observer, self._parts.recogniser
                )
        embedding: Embedding = self._parts.recogniser.embed(image, [face])[0]
        return embedding

    def match(self, embedding: Embedding) -> Match | None:
        """The enrolled person who is nearest to a unit embedding float32 (D,), sure or not; None
        where nobody is enrolled. ValueError for another shape or type.

        `identify` says whether a match is sure enough to name somebody.
        """
        _check(embedding, self._parts.recogniser.dimension)
        roster = self._enrolled().roster
        roster.refresh()
        return roster.matcher.search(embedding)

    def compare(self, a: Embedding, b: Embedding) -> Verification:
        """Whether two unit embeddings float32 (D,) are of the same person, at a false-match rate
        of at most `policy.target_fmr`. ValueError for another shape or length."""
        for embedding in (a, b):
            _check(embedding, self._parts.recogniser.dimension)
        return verify(a, b, self._parts.roster.matcher, self.config.policy.target_fmr)

    def verify(self, a: Photo, b: Photo) -> Verification:
        """As `compare`, of two pictures, each of which must show one person: FaceError.

        Nobody need be enrolled.
        """
        return self.compare(self.embed(a), self.embed(b))

    def identify(self, photo: Photo) -> list[IdentifiedFace]:
        """Every face in the picture from left to right, and who it is.

        Strangers are named as somebody at a rate of at most `policy.target_fpir` a face.
        """
        image, roster = self.read(photo), self._enrolled().roster
        roster.refresh()
        with self._eyes:
            found = identify(
                image,
                self._parts.observer,
                self._parts.recogniser,
                roster,
                self.config.policy.min_margin,
            )
        return [
            IdentifiedFace(one.face, self.name_of(one.person), one.person, one.match)
            for one in found
        ]

    def people(self) -> list[Person]:
        """Everybody enrolled, by name."""
        return self._enrolled().gallery.people()

    def name_of(self, person: PersonId | None) -> str | None:
        """The name of somebody enrolled; None for nobody, and for whoever is enrolled no more."""
        return None if person is None else self._enrolled().roster.names.get(person)

    def enrol(self, name: str, *photos: Photo, anyway: bool = False) -> Person:
        """Enrol somebody new from one or more pictures of them alone.

        The change is in the event log before it is kept; gallery, event log and their keys are
        made where there are none. A picture that shows somebody else than the others, or
        somebody enrolled already, is refused; `anyway` takes it, on record. NameTakenError,
        BadNameError, PhotoError, FaceError (MisfitError among them), StoreError; ValueError
        without a picture.
        """
        if not photos:
            raise ValueError("somebody is enrolled from at least one picture")
        clean_name(name)
        candidates = [self._candidate(photo) for photo in photos]
        with self._administration(make=True) as administration:
            return administration.enrol(name, candidates, anyway=anyway)

    def add_photos(self, name: str, *photos: Photo, anyway: bool = False) -> Person:
        """More pictures of somebody enrolled; UnknownPersonError, and as `enrol`."""
        candidates = [self._candidate(photo) for photo in photos]
        with self._administration(make=False) as administration:
            return administration.add_photos(name, candidates, anyway=anyway)

    def remove(self, name: str) -> Person:
        """Erase somebody with all their pictures and templates; UnknownPersonError."""
        with self._administration(make=False) as administration:
            return administration.remove(name)

    @contextmanager
    def _for_a_door(self) -> Iterator[Engine]:
        """The parts of a door until the block ends: the gallery is made where there is none, and
        the eyes are the door's own, so that pictures can be looked at meanwhile."""
        parts = self._enrolled(make=True)
        with standard_error_untouched():
            observer = self._makers.observer(self.config.vision)
        try:
            yield replace(parts, observer=observer)
        finally:
            observer.close()

    @contextmanager
    def _administration_for(self, log: ReadableRecorder, *, make: bool) -> Iterator[Administration]:
        """Changes of the gallery that are written down in `log`; `make` it where there is none."""
        parts = self._enrolled(make=make)
        yield Administration(parts.gallery, log, time.time)
        parts.roster.refresh()

    @contextmanager
    def _administration(self, *, make: bool) -> Iterator[Administration]:
        with (
            DeferredLog(self.config.audit, os.environ) as log,
            self._administration_for(log, make=make) as administration,
        ):
            yield administration

    def _candidate(self, photo: Photo) -> Candidate:
        image = self.read(photo)
        with self._eyes:
            return self._parts.enrolment().examine(image, _named(photo))

    def _enrolled(self, *, make: bool = False) -> Engine:
        """The parts with those who are enrolled, from when there is a gallery; `make` one."""
        with self._changes:
            known = not isinstance(self._parts.gallery, EmptyGallery)
            if not known and (make or database_file(self.config.gallery.folder).exists()):
                self._open_gallery()
            return self._parts

    def _open_gallery(self) -> None:
        parts = self._parts
        with ExitStack() as stack:
            gallery = self._makers.gallery(self.config.gallery, os.environ)
            stack.callback(gallery.close)
            with self._eyes:
                progress = _renew if self._renew_templates else _refuse_to_renew
                reembed(gallery, parts.observer, parts.recogniser, progress)
            roster = parts.roster.of(gallery)
            self._stack.push(stack.pop_all())
        self._parts = replace(parts, gallery=gallery, roster=roster)


@contextmanager
def open_engine(
    config: Configured = None, *, renew_templates: bool = False
) -> Iterator[FaceEngine]:
    """An engine as `config` says, open until the block ends.

    `config` is the name of a config.yaml, its content as a mapping (paths are below the current
    folder), a Config, or None: the defaults of this release. ConfigError, ModelError, DeviceError.

    The gallery is opened when somebody enrolled is asked for, and made when the first is enrolled;
    StoreError and GalleryKeyError come then. Where its templates are of another encoder that is a
    StoreError, or, with `renew_templates`, they are made anew from the kept photos.

    >>> import accessctl
    >>> with accessctl.open_engine({"policy": {"target_fpir": 0.01}}) as engine:
    ...     engine.config.policy.target_fpir, engine.people()
    (0.01, [])
    """
    with open_engine_of(USUAL, config, renew_templates=renew_templates) as engine:
        yield engine


@contextmanager
def open_engine_of(
    makers: EngineMakers, config: Configured = None, *, renew_templates: bool = False
) -> Iterator[FaceEngine]:
    """As `open_engine`, of other parts."""
    chosen = configuration(config)
    with ExitStack() as stack:
        with standard_error_untouched():
            blank = replace(makers, gallery=lambda _config, _environment: EmptyGallery())
            parts = stack.enter_context(recognition.open_engine(chosen, _renew, blank))
        yield FaceEngine(parts, stack, makers, renew_templates=renew_templates)


def configuration(config: Configured) -> Config:
    """The configuration that is meant; see `open_engine`. ConfigError.

    The demo is a door of its own, with people of its own and nothing to open.

    >>> configuration({"policy": {"min_frames": 5}}).policy.min_frames
    5
    """
    if config is None:
        config = {}
    if isinstance(config, Mapping):
        config = config_of(config, Path.cwd(), "The configuration")
    elif not isinstance(config, Config):
        config = read_config(Path(config))
    if config.camera.source != demo.WORD:
        return config
    demo.register()
    return demo_config(config)


def load_encoder(
    name: str | os.PathLike[str] = "encoder",
    *,
    device: Literal["auto", "cpu", "gpu"] = "cpu",
    flip_average: bool = True,
    threads: int = 1,
) -> Encoder:
    """A face encoder alone, by its name ("encoder", "dlib") or the folder of its card.yaml.

    Its `embed` takes aligned crops, RGB uint8 (N, S, S, 3), and gives unit embeddings float32
    (N, D); `cut` makes a crop of a face as its card says. `flip_average`: the mean of a crop's
    embedding and its mirror image's. ModelError, DeviceError.

    >>> import accessctl, numpy
    >>> encoder = accessctl.load_encoder("dlib")
    >>> size = encoder.card.crop_geometry.size
    >>> encoder.embed(numpy.zeros((2, size, size, 3), numpy.uint8)).shape
    (2, 128)
    """
    folder = named_models(Path(name), Path.cwd(), model_folders())
    config = EncoderConfig(folder=folder, device=device, flip_average=flip_average, threads=threads)
    with standard_error_untouched():
        return choose.load_encoder(config)


def _renew(photos: Iterable[StoredPhoto], total: int) -> Iterator[StoredPhoto]:
    del total
    yield from photos


def _refuse_to_renew(photos: Iterable[StoredPhoto], total: int) -> Iterator[StoredPhoto]:
    del photos
    raise StoreError(
        f"{total} enrolment photos were embedded with another encoder, and this engine may not "
        "change the gallery; open it with renew_templates=True, or name their encoder."
    )


def _named(photo: Photo) -> str:
    return os.fspath(photo) if isinstance(photo, str | os.PathLike) else "The picture"


def _check(embedding: Embedding, dimension: int) -> None:
    if not isinstance(embedding, np.ndarray) or embedding.shape != (dimension,):
        raise ValueError(f"an embedding is a unit vector float32 ({dimension},)")
    if not abs(float(np.linalg.norm(embedding)) - 1) < 1e-3:
        raise ValueError("an embedding has length 1")
