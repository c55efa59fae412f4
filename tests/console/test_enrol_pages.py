import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import cv2
import httpx
import numpy as np
import pytest

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.photo_desk import MOST_PHOTOS, HandedIn, PhotoDesk, PhotoJudge
from accessctl.domain import Image
from accessctl.errors import HubError, InputError, NoFaceError
from accessctl.recognition.enrolment import Candidate
from tests.administration import backed_up
from tests.console.site_console import console_on

# So few dimensions leave no face rare: two photos are of one person up to a rate of 1 %.
YARDSTICK = replace(backed_up.YARDSTICK, target_fmr=1e-2)
MOST_BYTES, MOST_PIXELS = 20_000, 10_000
PATIENCE_S = 30.0


def png(shade: int, side: int = 16) -> bytes:
    return bytes(cv2.imencode(".png", np.full((side, side, 3), shade, np.uint8))[1])


class ByShade:
    """A judge that sees no face in the dark; one shade is one person's."""

    def examine(self, image: Image, photo: str) -> Candidate:
        shade = int(image[0, 0, 0])
        if shade < 50:
            raise NoFaceError(f"No face was found in {photo}; take another photo.")
        embedding = np.zeros(8, np.float32)
        embedding[shade // 50] = 1.0
        return Candidate(embedding, "f" * 64, 0.8, b"\xff\xd8\xff\xd9", photo, YARDSTICK)


@contextmanager
def judges() -> Iterator[PhotoJudge]:
    yield ByShade()


DESK = PhotoDesk(judges, MOST_BYTES, MOST_PIXELS)


@pytest.fixture
def console(hub, config, clock) -> Console:
    return replace(console_on(hub, config, clock), photos=DESK)


@pytest.fixture
def enroller(console, signed_in: Callable[..., httpx.Client]) -> httpx.Client:
    return signed_in(Capability.LOOK, Capability.ENROL, name="Ada")


def hand_in(client: httpx.Client, name: str, **photos: bytes) -> httpx.Response:
    files = [("photos", (f"{called}.png", content)) for called, content in photos.items()]
    return client.post("/people/new", data={"name": name}, files=files)


def test_each_photo_is_judged_and_what_is_wrong_is_said_of_it() -> None:
    judged = DESK.judge(
        [
            HandedIn("good.png", png(200)),
            HandedIn("dark.png", png(0)),
            HandedIn("no.png", b"no picture"),
            HandedIn("large.png", b"\x89PNG" + bytes(MOST_BYTES)),
            HandedIn("wide.png", png(200, side=101)),
        ]
    )
    assert [one.candidate is not None for one in judged] == [True, False, False, False, False]
    assert judged[0].problem == ""
    assert judged[1].problem == "No face was found in dark.png; take another photo."
    assert all(one.name in one.problem for one in judged[1:])


@pytest.mark.parametrize("count", [0, MOST_PHOTOS + 1])
def test_photos_are_counted_before_the_encoder_is_loaded(count: int) -> None:
    def unwanted() -> None:
        pytest.fail("nothing is loaded")

    desk = PhotoDesk(unwanted, MOST_BYTES, MOST_PIXELS)
    with pytest.raises(InputError, match="Hand in 1 to 10 photos"):
        desk.judge([HandedIn("a", b"")] * count)


def test_whoever_would_wait_long_is_told_so() -> None:
    """They would hold up a thread each, and the whole hub with them."""
    began, go_on = threading.Event(), threading.Event()

    @contextmanager
    def slow() -> Iterator[PhotoJudge]:
        began.set()
        assert go_on.wait(PATIENCE_S)
        yield ByShade()

    desk = PhotoDesk(slow, MOST_BYTES, MOST_PIXELS, patience_s=0.01)
    photos = [HandedIn("a.png", png(100))]
    first = threading.Thread(target=desk.judge, args=(photos,))
    first.start()
    assert began.wait(PATIENCE_S)
    with pytest.raises(HubError, match="try again in a minute"):
        desk.judge(photos)
    go_on.set()
    first.join()
    assert [one.problem for one in desk.judge(photos)] == [""]


def test_somebody_is_enrolled_from_the_photos_handed_in(console, enroller) -> None:
    answer = hand_in(enroller, "Grace", a=png(200), b=png(210))
    (person,) = console.hub.people.people()
    assert (person.name, person.photos) == ("Grace", 2)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{person.id}")
    again = hand_in(enroller, "grace", c=png(220))
    assert again.status_code == 303
    assert console.hub.people.person("Grace").photos == 3


def test_with_one_photo_that_cannot_be_used_nobody_is_enrolled(console, enroller) -> None:
    answer = hand_in(enroller, "Grace", a=png(200), b=png(0))
    assert answer.status_code == 400
    assert "No face was found in b.png; take another photo." in answer.text
    assert answer.text.count("Good") == 1
    assert 'value="Grace"' in answer.text
    assert console.hub.people.people() == []


def test_a_photo_of_somebody_else_is_refused(console, enroller) -> None:
    hand_in(enroller, "Grace", a=png(200))
    answer = hand_in(enroller, "Ada", a=png(200))
    assert answer.status_code == 400
    assert "looks like Grace, who is enrolled; nothing of it was kept." in answer.text
    german = {"accept-language": "de"}
    enroller.headers.update(german)
    assert "gleicht Grace, bereits hinterlegt;" in hand_in(enroller, "Ada", a=png(200)).text
    other = hand_in(enroller, "Grace", a=png(120)).text
    assert "zeigt nicht, wen die anderen Fotos dieser Person zeigen;" in other
    assert {one.name: one.photos for one in console.hub.people.people()} == {"Grace": 1}


def test_a_name_that_can_be_none_is_said_beside_the_form(enroller) -> None:
    answer = hand_in(enroller, "a\u202eb", a=png(200))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_who_may_not_enrol_sees_no_form_and_hands_nothing_in(console, signed_in) -> None:
    client = signed_in(Capability.LOOK, Capability.RULES)
    assert client.get("/people/new").status_code == 403
    assert hand_in(client, "Grace", a=png(200)).status_code == 403
    assert "/people/new" not in client.get("/people").text


def test_a_form_without_a_photo_is_not_understood(enroller) -> None:
    assert enroller.post("/people/new", data={"name": "Grace"}).status_code == 400


def hand_in_folder(client: httpx.Client, *photos: tuple[str, bytes]) -> httpx.Response:
    return client.post("/people/new/folder", files=[("photos", one) for one in photos])


def test_a_folder_is_enrolled_photo_by_photo_and_one_bad_file_keeps_nobody_out(
    console, enroller
) -> None:
    answer = hand_in_folder(
        enroller,
        ("team/Ada.png", png(60)),
        ("team/Grace/1.png", png(120)),
        ("team/Grace/2.png", png(120)),
        ("team/Grace/dark.png", png(0)),
        ("team/Eve.png", png(60)),
        ("team/list.txt", b"names"),
        ("team/.hidden.png", png(200)),
    )
    assert answer.status_code == 200
    people = {one.name: one.photos for one in console.hub.people.people()}
    assert people == {"Ada": 1, "Grace": 1}
    page = answer.text
    assert "No face was found in Grace/dark.png; take another photo." in page
    assert "Enrolled: 2" in page
    # The second photo of Grace is the very same face: it is there already.
    assert "There already: 1" in page
    # Eve's photo shows Ada, and what is said of it is no option of the command line.
    assert "Eve.png looks like Ada, who is enrolled;" in page
    assert "--anyway" not in page
    assert "Cannot be used: 2" in page
    assert "Left out: 2" in page
    assert "It is not a photo by its name." in page
    again = hand_in_folder(enroller, ("team/Ada.png", png(60)), ("team/Mary.png", png(200)))
    assert "There already: 1" in again.text
    assert len(console.hub.people.people()) == 3


def test_a_folder_of_which_nothing_can_be_used_is_refused_and_says_why(console, enroller) -> None:
    answer = hand_in_folder(enroller, ("a/Ada.png", png(0)), ("a/b.txt", b""))
    assert answer.status_code == 400
    assert "No face was found in Ada.png" in answer.text
    assert console.hub.people.people() == []


def test_a_folder_is_handed_in_by_a_form_without_a_script(enroller) -> None:
    page = enroller.get("/people/new/folder").text
    assert 'enctype="multipart/form-data"' in page
    assert "webkitdirectory" in page
    assert "/people/new/folder" in enroller.get("/people/new").text


def test_a_name_in_a_folder_is_shown_as_it_is_and_never_as_a_page(enroller) -> None:
    page = hand_in_folder(enroller, ("a/<b>x<|b>.png".replace("|", ""), png(0))).text
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page


def test_a_folder_full_of_other_things_makes_no_endless_page(enroller) -> None:
    other = [(f"a/{number}{'x' * 180}.txt", b"") for number in range(900)]
    answer = hand_in_folder(enroller, *other, ("a/Ada.png", png(0)))
    assert len(answer.text) < 50_000
    assert "850 more files were left out as well." in answer.text
    assert "Left out: 900" in answer.text
    assert "a/49x" not in answer.text
    assert '<th scope="row">Ada</th>' in answer.text
