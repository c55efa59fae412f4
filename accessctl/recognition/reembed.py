"""A new encoder makes the templates anew from the kept photos, all or none."""

import logging
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from accessctl.domain import Embedding
from accessctl.errors import FaceError, StoreError
from accessctl.gallery.people import People, StoredPhoto
from accessctl.recognition.enrolment import StillObserver
from accessctl.recognition.recogniser import Recogniser
from accessctl.recognition.single_face import only_face

log = logging.getLogger(__name__)

Progress = Callable[[Iterable[StoredPhoto], int], Iterator[StoredPhoto]]


def reembed(
    gallery: People, observer: StillObserver, recogniser: Recogniser, progress: Progress
) -> int:
    """Bring all templates up to this encoder; returns how many photos were embedded.

    `progress` passes the photos on and may show how far it is; its second argument is their
    number. A photo in which the face is no longer found is kept, logged, and left without a
    template. Raises StoreError when a photo cannot be read or the gallery changed meanwhile;
    the old templates are then still in place.
    """
    fingerprint = recogniser.fingerprint
    outdated = gallery.outdated(fingerprint)
    if outdated == 0:
        return 0
    log.info("The encoder is new: embedding %d enrolment photos again.", outdated)
    fresh: dict[str, Embedding] = {}
    skipped: list[str] = []
    for photo in progress(gallery.photos(), outdated):
        try:
            fresh[photo.id] = _embed(photo, observer, recogniser)
        except FaceError as error:
            skipped.append(photo.id)
            log.warning("A kept photo cannot be used by this encoder. %s", error)
    gallery.replace_templates(fingerprint, fresh, skipped)
    return len(fresh)


def _embed(photo: StoredPhoto, observer: StillObserver, recogniser: Recogniser) -> Embedding:
    bgr = cv2.imdecode(np.frombuffer(photo.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise StoreError(f"The kept photo {photo.id} is not a picture; remove and enrol again.")
    image = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
    face = only_face(observer.still(image), f"Photo {photo.id}")
    embedding: Embedding = recogniser.embed(image, [face])[0]
    return embedding
