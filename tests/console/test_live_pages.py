import asyncio

import pytest

from accessctl.console.live_pages import NAMES_S, LiveNames, beside, label_of
from accessctl.console.words import Words, catalogue
from accessctl.domain import PersonId
from accessctl.hub.live import SeenPicture
from accessctl.sync.feed_wire import LiveFace

ADA = PersonId("5f0c1d2e3a4b596877889900aabbccdd")
FACE = LiveFace(x=0.1, y=0.1, w=0.2, h=0.3, person=ADA, state="granted")


def picture(time: float, *faces: LiveFace) -> SeenPicture:
    return SeenPicture(time, b"jpeg", faces)


def test_a_face_has_a_name_as_soon_as_the_hub_knows_one() -> None:
    known: dict[PersonId, str] = {}
    asked: list[int] = []

    def look_up() -> dict[PersonId, str]:
        asked.append(len(known))
        return dict(known)

    names, words = LiveNames(look_up), Words("en", catalogue())

    def label(time: float) -> str:
        return label_of(FACE, words, asyncio.run(names.of(picture(time, FACE))))

    asyncio.run(names.of(picture(50.0)))
    assert asked == []
    assert label(100.0) == "person 5f0c1d2e · Granted"
    known[ADA] = "Ada Lovelace"
    assert label(100.0 + NAMES_S - 0.1) == "person 5f0c1d2e · Granted"
    assert label(100.0 + NAMES_S) == "Ada Lovelace · Granted"
    assert label(200.0) == "Ada Lovelace · Granted"
    assert asked == [0, 1]


@pytest.mark.parametrize(
    ("state", "label", "tone"),
    [
        ("granted: matched", "Gewährt: erkannt", "granted"),
        ("denied: not_live", "Verweigert: kein lebendes Gesicht", "denied"),
        ("unknown: of_a_newer_door", "Unbekannt: of_a_newer_door", "unknown"),
        ("enrolment", "Wird hinterlegt", ""),
        ("looking ...", "looking ...", ""),
        ("kind: decision", "kind: decision", ""),
    ],
)
def test_what_was_decided_is_told_in_the_reader_s_words(state, label, tone) -> None:
    face = FACE.model_copy(update={"person": None, "state": state})
    (shown,) = beside(picture(1.0, face), Words("de", catalogue()), {})["faces"]
    assert (shown["label"], shown["tone"]) == (label, tone)
