import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from accessctl.errors import UnknownPersonError
from accessctl.gallery.fake import random_units
from accessctl.gallery.people import NewPhoto

FACES = random_units(3, 16, seed=1)

WRITER = """
import sys
from pathlib import Path
from accessctl.config import GalleryConfig
from accessctl.gallery.fake import random_units
from accessctl.gallery.store import open_gallery
from accessctl.gallery.people import NewPhoto

folder, prefix, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
face = random_units(1, 16, seed=1)[0]
gallery = open_gallery(GalleryConfig(folder=folder), {})
for number in range(count):
    photo = NewPhoto(
        jpeg=b"x" * 5000, embedding=face, fingerprint="e", quality=1.0, added=float(number)
    )
    gallery.add_person(f"{prefix} {number}", photo)
    print(f"{prefix} {number}", flush=True)
"""


def start_writer(folder: Path, prefix: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), prefix, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_at_the_same_time_lose_nothing(folder: Path, open_at) -> None:
    writers = [start_writer(folder, prefix, 60) for prefix in ("left", "right")]
    for writer in writers:
        output, complaints = writer.communicate(timeout=120)
        assert writer.returncode == 0, complaints
        assert output.count("\n") == 60
    gallery = open_at()
    assert len(gallery.people()) == 120
    assert len(gallery.templates("e")) == 120
    assert gallery.revision() == 120


@pytest.mark.parametrize("acknowledged", [1, 7, 23])
def test_a_killed_process_loses_no_acknowledged_person(
    folder: Path, open_at, acknowledged: int
) -> None:
    with start_writer(folder, "person", 100_000) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip() for _ in range(acknowledged)]
        writer.send_signal(signal.SIGKILL)
        # Not communicate(): it would pass by the lines that readline() has read ahead.
        rest = writer.stdout.read()
    # The last line may be cut off: it was not acknowledged.
    said += re.findall(r"^(person \d+)\n", rest, re.MULTILINE)
    assert len(said) >= acknowledged

    gallery = open_at()
    names = {person.name for person in gallery.people()}
    assert set(said) <= names
    assert len(names) - len(said) <= 1
    assert len(gallery.templates("e")) == len(names)
    assert sum(1 for _ in gallery.photos()) == len(names)


def test_another_process_sees_the_revision_move(open_at) -> None:
    writer, reader = open_at(), open_at()
    before = reader.revision()
    writer.add_person(
        "Grace", NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e", quality=1.0, added=1.0)
    )
    assert reader.revision() > before
    assert [person.name for person in reader.people()] == ["Grace"]


def test_threads_may_share_a_gallery(open_at) -> None:
    gallery = open_at()

    def enrol(prefix: str) -> None:
        for number in range(20):
            gallery.add_person(
                f"{prefix} {number}",
                NewPhoto(jpeg=b"x", embedding=FACES[0], fingerprint="e", quality=1.0, added=1.0),
            )

    threads = [threading.Thread(target=enrol, args=(prefix,)) for prefix in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(gallery.people()) == 60


def test_somebody_removed_while_photos_are_read(open_at) -> None:
    gallery = open_at()
    gallery.add_person(
        "Ann", NewPhoto(jpeg=b"a", embedding=FACES[0], fingerprint="e", quality=1.0, added=1.0)
    )
    gallery.add_person(
        "Bob", NewPhoto(jpeg=b"b", embedding=FACES[1], fingerprint="e", quality=1.0, added=2.0)
    )
    photos = gallery.photos()
    assert next(photos).jpeg == b"a"
    gallery.remove("Bob")
    assert list(photos) == []


def test_an_unknown_name_brings_a_suggestion(open_at) -> None:
    gallery = open_at()
    gallery.add_person(
        "Grace Hopper",
        NewPhoto(jpeg=b"a", embedding=FACES[0], fingerprint="e", quality=1.0, added=1.0),
    )
    with pytest.raises(UnknownPersonError, match="did you mean 'Grace Hopper'"):
        gallery.person("grace hoper")
    with pytest.raises(UnknownPersonError, match="accessctl people"):
        gallery.person("Zebra")


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_a_quality_out_of_range(open_at, quality: float) -> None:
    gallery = open_at()
    with pytest.raises(ValueError, match="quality"):
        gallery.add_person(
            "Grace",
            NewPhoto(jpeg=b"a", embedding=FACES[0], fingerprint="e", quality=quality, added=1.0),
        )
    assert gallery.people() == []


def test_leaving_the_block_closes(open_at) -> None:
    with open_at() as gallery:
        gallery.revision()
    with pytest.raises(Exception, match="closed"):
        gallery.revision()


def test_templates_need_no_picture_and_keep_the_order_of_the_photos(open_at) -> None:
    gallery = open_at()
    people = [
        gallery.add_person(name, enrolment(face, added=9.0 - face))
        for face, name in enumerate(("Ada", "Grace"))
    ]
    gallery.add_photo(people[0].id, enrolment(2, added=1.0))
    gallery._database._db.execute("UPDATE photo SET sealed = x'00'")
    found = [(one.person, one.embedding.tolist()) for one in gallery.templates("e")]
    expected = {people[0].id: [FACES[2], FACES[0]], people[1].id: [FACES[1]]}
    assert found == [
        (person, face.tolist()) for person in sorted(expected) for face in expected[person]
    ]


def test_what_stands_behind_a_picture_is_read_without_it(open_at) -> None:
    """Of a gallery of many people most of the file are pictures."""
    database = open_at()._database
    for query in (
        "SELECT photo.quality FROM template JOIN photo INDEXED BY photo_listed "
        "ON photo.id = template.photo WHERE fingerprint = ?",
        "SELECT count(*) FROM photo WHERE skipped_by IS NOT ?",
    ):
        plan = str(database.select(f"EXPLAIN QUERY PLAN {query}", "e"))
        assert "photo USING COVERING INDEX photo_listed" in plan


def enrolment(face: int, added: float) -> NewPhoto:
    return NewPhoto(jpeg=b"x", embedding=FACES[face], fingerprint="e", quality=1.0, added=added)
