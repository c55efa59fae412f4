"""How long a gallery of many people takes to be opened and read, and a door's roster to be made.

Everybody has one made-up photo of so many bytes, whose embedding is as long as the encoder's, and a
badge. Said are milliseconds, wall clock and processor, each the least of several runs in this
process with a warm cache. The photos are not needed for any of it; nothing should read them.

    python -m benchmarks.gallery [--people N] [--photo-kb N] [--runs N] [--encoder DIR]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from accessctl.config import GalleryConfig, PolicyConfig
from accessctl.encoder.card import Card, load_card
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto
from accessctl.gallery.store import Gallery, open_gallery
from accessctl.recognition.calibration import scoring_of
from accessctl.recognition.engine import one_thread_each
from accessctl.recognition.matcher import Roster

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


def fill(gallery: Gallery, people: int, jpeg: bytes, card: Card) -> None:
    """In one transaction: a change for each of so many takes the disk minutes."""
    database = gallery._database
    faces = random_units(people, card.dimension, seed=1)
    with database.writing() as db:
        for number, face in enumerate(faces):
            person, badge, name = database.new_id(), database.new_id(), f"person {number}"
            db.execute("INSERT INTO person VALUES (?, ?, ?, 1.0)", (person, name, name))
            gallery._add_photo(
                db,
                person,
                NewPhoto(
                    jpeg=jpeg, embedding=face, fingerprint=card.fingerprint, quality=0.9, added=1.0
                ),
            )
            sealed = database.seal(database.badge_digest(str(number)), "badge", person, badge)
            db.execute("INSERT INTO badge VALUES (?, ?, ?, 1.0)", (badge, person, sealed))


class Least:
    """The least wall and processor time of each step, in milliseconds."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[float, float]] = {}

    def of(self, step: str, work: Callable[[], T]) -> T:
        began = time.perf_counter(), time.process_time()
        result = work()
        spent = time.perf_counter() - began[0], time.process_time() - began[1]
        before = self.found.get(step, (float("inf"), float("inf")))
        self.found[step] = min(before[0], spent[0] * 1e3), min(before[1], spent[1] * 1e3)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--photo-kb", type=int, default=60)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--encoder", type=Path, default=ROOT / "models" / "encoder")
    args = parser.parse_args()
    card, least = load_card(args.encoder), Least()
    normaliser, calibration = scoring_of(card)
    one_thread_each()
    with tempfile.TemporaryDirectory() as folder:
        config = GalleryConfig(folder=Path(folder) / "enrolled")
        with open_gallery(config, {}) as gallery:
            fill(gallery, args.people, os.urandom(args.photo_kb * 1000), card)
        for _ in range(args.runs):

            def opened() -> Gallery:
                gallery = open_gallery(config, {})
                if len(gallery.templates(card.fingerprint)) != args.people:
                    raise SystemExit("The gallery does not hold everybody.")
                return gallery

            with least.of("opened, templates read", opened) as gallery:
                least.of("badges read", gallery.badges)
                least.of(
                    "the roster of a door",
                    lambda g=gallery: Roster(
                        g, card.fingerprint, normaliser, calibration, PolicyConfig()
                    ),
                )
    for step, (wall, processor) in least.found.items():
        print(f"{step}: {wall:.0f} ms, {processor:.0f} ms of the processor")


if __name__ == "__main__":
    main()
