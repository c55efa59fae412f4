"""Everything that recognises people, opened as the configuration says; and how many threads the
native libraries of a process that is a door may use.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

import cv2
from threadpoolctl import threadpool_limits

from accessctl.config import Config, EncoderConfig, GalleryConfig, VisionConfig
from accessctl.encoder.base import Encoder
from accessctl.encoder.card import Card
from accessctl.encoder.choose import load_encoder
from accessctl.gallery.people import People
from accessctl.gallery.store import open_gallery
from accessctl.recognition.calibration import Calibration, scoring_of
from accessctl.recognition.enrolment import Enrolment, Progress, reembed
from accessctl.recognition.normalisation import Normaliser
from accessctl.recognition.recogniser import Recogniser
from accessctl.recognition.roster import Roster
from accessctl.vision.observer import Observer


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that recognises people: eyes, encoder, the enrolled."""

    config: Config
    observer: Observer
    recogniser: Recogniser
    gallery: People
    roster: Roster

    def enrolment(self) -> Enrolment:
        """What examines photos for this engine."""
        target_fmr = self.config.policy.target_fmr
        return Enrolment(self.observer, self.recogniser, self.roster, target_fmr)


class ClosingPeople(People, Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EngineMakers:
    """What makes the parts of an engine from their sections of the configuration."""

    encoder: Callable[[EncoderConfig], Encoder] = load_encoder
    gallery: Callable[[GalleryConfig, Mapping[str, str]], ClosingPeople] = open_gallery
    observer: Callable[[VisionConfig], Observer] = Observer
    scoring: Callable[[Card], tuple[Normaliser, Calibration]] = scoring_of


USUAL = EngineMakers()


@contextmanager
def open_engine(
    config: Config, progress: Progress, makers: EngineMakers = USUAL
) -> Iterator[Engine]:
    """Load models and gallery; templates of another encoder are made anew first.

    ModelError for models that are not there or unfit, StoreError for a gallery that cannot be
    opened. The process's own settings stay as they are; see `one_thread_each`.
    """
    with ExitStack() as stack:
        encoder = makers.encoder(config.encoder)
        recogniser = Recogniser(encoder)
        gallery = makers.gallery(config.gallery, os.environ)
        stack.callback(gallery.close)
        observer = makers.observer(config.vision)
        stack.callback(observer.close)
        reembed(gallery, observer, recogniser, progress)
        normaliser, calibration = makers.scoring(encoder.card)
        roster = Roster(
            gallery, recogniser.fingerprint, normaliser, calibration, config.policy.attempt_fpir
        )
        yield Engine(config, observer, recogniser, gallery, roster)


def one_thread_each() -> None:
    """Keep OpenCV and BLAS to the thread that calls them, for the rest of the process.

    A door's products and pictures are small, and the loop, the reader and the look for life
    share two cores already: a second thread was measured to save a fraction of a millisecond
    on an idle machine, and to cost ten and more on a busy one, where each call waits until
    the other thread gets a core. The encoder has its own setting, `encoder.threads`.

    For the entry of a process that is a door, or a command: nothing else calls it, because the
    setting is the whole process's and so that of whoever else lives in it.
    """
    cv2.setNumThreads(1)
    threadpool_limits(limits=1, user_api="blas")
