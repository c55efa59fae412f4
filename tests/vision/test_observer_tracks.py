"""One person is on one track, whatever the mesh thinks for a moment."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from accessctl.domain import Frame, Image
from accessctl.vision.landmarks import Mesh, Region
from accessctl.vision.observer import Observer
from accessctl.vision.search import DOOR_SCHEDULE
from tests.vision.films import FPS, HOPPER, at, film


def dip(observer: Observer, monkeypatch: pytest.MonkeyPatch, presences: list[float]) -> None:
    """The next looks at the mesh are so sure at most, the last of them for ever."""
    look, script = observer._landmarks.look, list(presences)

    def unsure(image: Image, region: Region) -> Mesh:
        mesh = look(image, region)
        most = script.pop(0) if len(script) > 1 else script[0]
        return Mesh(mesh.points, min(mesh.presence, most))

    monkeypatch.setattr(observer._landmarks, "look", unsure)


def alone(hopper: Image, coffee: Image) -> Image:
    picture = np.array(coffee)
    picture[60:660, 60:572] = hopper
    return picture


def test_a_mesh_that_fails_for_a_moment_costs_neither_the_track_nor_the_frame(
    observer: Observer, hopper: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    picture = alone(hopper, coffee)
    before = at(film(observer, [picture] * 4)[-1], HOPPER)
    dip(observer, monkeypatch, [0.1, 1.0])
    seen = film(observer, [picture] * 4, start=4 / FPS)
    assert {at(faces, HOPPER).track for faces in seen} == {before.track}


def test_a_face_that_comes_back_need_not_be_as_sure_as_a_new_one(
    observer: Observer, hopper: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    picture = alone(hopper, coffee)
    before = at(film(observer, [picture] * 4)[-1], HOPPER)
    film(observer, [coffee] * 3, start=4 / FPS)
    dip(observer, monkeypatch, [0.9])
    after = film(observer, [picture] * 3, start=7 / FPS)
    assert {at(faces, HOPPER).track for faces in after} == {before.track}
    assert "unclear" in at(after[-1], HOPPER).quality.reasons


def test_a_new_face_that_the_mesh_is_not_sure_of_is_not_followed(
    observer: Observer, hopper: Image, coffee: Image, monkeypatch: pytest.MonkeyPatch
):
    dip(observer, monkeypatch, [0.9])
    assert not any(film(observer, [alone(hopper, coffee)] * 6))


def test_a_face_that_leans_out_of_the_picture_and_back_keeps_its_track(
    observer: Observer, hopper: Image, coffee: Image
):
    wide = np.concatenate([coffee[:, ::-1], coffee, coffee[:, ::-1]], axis=1)
    wide[60:660, 1180:1692] = hopper
    x = 1180 + HOPPER[0] - 60
    # To half a face beyond the edge and back, at two face widths a second.
    places = [*range(200, -90, -24), *range(-90, 200, 24)]
    seen = film(observer, [np.ascontiguousarray(wide[:, x - p : x - p + 1280]) for p in places])
    tracks = [{face.track for face in faces} for faces in seen]
    assert tracks[4] == tracks[-1]
    assert len(set().union(*tracks)) == 1
    assert min(len(one) for one in tracks[5:]) == 0, "it was out of sight for a while"


def test_what_only_one_look_takes_for_a_face_is_none(
    observer: Observer, two_people: Image, monkeypatch: pytest.MonkeyPatch
):
    """The tiles of the search show it, a tile with room on all sides does not."""
    detect = observer._look_at
    every = set(DOOR_SCHEDULE.every(1280, 720))
    monkeypatch.setattr(
        observer, "_look_at", lambda image, tiles: detect(image, [t for t in tiles if t in every])
    )
    assert not any(film(observer, [two_people] * 8))


FILMS = Path(__file__).parents[3] / "shared" / "data" / "liveness" / "live"


def pictures_of(path: Path, start: float, seconds: float, every: int) -> list[tuple[float, Image]]:
    """One in so many pictures of a film, with their times in seconds."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS)
    taken: list[tuple[float, Image]] = []
    for number in range(round((start + seconds) * rate)):
        there, picture = video.read()
        if there and number >= start * rate and number % every == 0:
            taken.append((number / rate, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))
    video.release()
    return taken


@pytest.mark.shared_data
@pytest.mark.parametrize("every", [1, 5], ids=["every frame", "one in five"])
@pytest.mark.parametrize(
    ("name", "start", "seconds"),
    [
        *[(f"G0{n}.mkv", 0.0, 1.6) for n in range(1, 6)],
        ("L06.mp4", 3.2, 1.2),
        ("L15.mov", 8.0, 1.0),
    ],
)
def test_one_person_alone_is_on_one_track(
    observer: Observer, name: str, start: float, seconds: float, every: int
):
    """In the last two a tile cuts off hair that the mesh settles on with full presence."""
    if not (FILMS / name).is_file():
        pytest.skip("needs the films in ../shared/data")
    taken = pictures_of(FILMS / name, start, seconds, every)
    seen = [observer.observe(Frame(picture, t, n)) for n, (t, picture) in enumerate(taken)]
    assert {face.track for faces in seen for face in faces} == {1}
    assert all(len(faces) == 1 for faces in seen[2:])
