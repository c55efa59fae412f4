from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from accessctl.administration.changes import Administration
from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.look_again import MOST_LINES, look_again, look_again_at, passing_in_words
from accessctl.console.photo_desk import HandedIn
from accessctl.console.words import Words, catalogue
from accessctl.domain import PersonId
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.photo_check import CheckedPhotos, SitePhotoCheck
from accessctl.recognition.gallery_check import PhotoFlaw, StoredFlaw
from tests.console.site_console import console_on
from tests.console.test_enrol_pages import DESK, YARDSTICK, hand_in, png

ADA, GRACE, EVE = PersonId("a" * 32), PersonId("b" * 32), PersonId("c" * 32)
NAMES = {ADA: "Ada", GRACE: "Grace", EVE: "Eve"}
ENGLISH, GERMAN = Words("en", catalogue()), Words("de", catalogue())
ALIKE = StoredFlaw(
    PhotoFlaw.TAKEN, ADA, other=GRACE, similarity=0.6, fmr=1e-6, passes=0.025, other_passes=0.2
)
STRAY = StoredFlaw(PhotoFlaw.MISFIT, ADA, 3, similarity=0.12, fmr=0.2)
OTHERS = StoredFlaw(PhotoFlaw.MISFIT, EVE, 2, other=ADA, similarity=0.71, fmr=1e-5)
TWICE = StoredFlaw(PhotoFlaw.DUPLICATE, ADA, 1, other=ADA, other_photo=2, similarity=0.9999)


def said(*flaws: StoredFlaw, whose: PersonId | None = None, words: Words = ENGLISH) -> list[str]:
    found = look_again_at(CheckedPhotos(flaws, 0), NAMES, words, whose)
    return [line.said for line in found.lines]


def test_each_rate_is_told_of_whoever_it_is_of_on_either_page() -> None:
    (everybody,) = said(ALIKE)
    assert (
        "Ada would pass for Grace at about 1 look in 40, Grace for Ada at about 1 look in 5,"
        in (everybody)
    )
    (graces,) = said(ALIKE, whose=GRACE)
    assert (
        "Grace would pass for Ada at about 1 look in 5, Ada for Grace at about 1 look in 40,"
        in (graces)
    )
    assert said(ALIKE, whose=EVE) == []
    assert "etwa 1 Blick von 40" in said(ALIKE, words=GERMAN)[0]


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.0, "fewer than 1 look in 10,000"),
        (float("nan"), "fewer than 1 look in 10,000"),
        (1e-4, "about 1 look in 10,000"),
        (0.0123, "about 1 look in 81"),
        (0.5, "about 1 look in 2"),
        (0.51, "most looks"),
    ],
)
def test_a_share_of_looks_is_told_in_words(share: float, told: str) -> None:
    assert passing_in_words(share, ENGLISH) == told


def test_a_photo_is_named_on_the_pages_of_all_whom_it_concerns() -> None:
    found = look_again_at(CheckedPhotos((STRAY, OTHERS, TWICE), 0), NAMES, ENGLISH, ADA)
    stray, others, twice = found.lines
    assert "Photo 3 of Ada does not show whom the others show" in stray.said
    assert "similarity 0.120, 1 stranger in 5" in stray.said
    assert "Photo 2 of Eve looks more like Ada" in others.said
    assert "Photo 1 of Ada is the same picture as photo 2 of Ada." in twice.said
    assert [[one.name for one in line.others] for line in found.lines] == [[], ["Eve"], []]
    assert [line.tone for line in found.lines] == ["trouble", "trouble", "note"]


def test_the_list_of_everybody_is_short_and_says_what_it_leaves_out() -> None:
    flaws = (STRAY,) * (MOST_LINES + 1)
    found = look_again_at(CheckedPhotos(flaws, 2, is_current=False), NAMES, ENGLISH)
    assert len(found.lines) == MOST_LINES
    assert [note.partition(" ")[0] for note in found.notes] == ["1", "As", "2"]
    assert len(look_again_at(CheckedPhotos(flaws, 0), NAMES, ENGLISH, ADA).lines) == len(flaws)


def test_whoever_was_removed_since_is_named_no_more() -> None:
    found = look_again_at(CheckedPhotos((ALIKE,), 0), {ADA: "Ada"}, ENGLISH)
    assert found.lines == ()


@pytest.fixture
def console(hub, config, clock) -> Console:
    """Its encoder is the one of tests.console.test_enrol_pages, whose faces are alike by shade."""
    check = SitePhotoCheck(hub.people, lambda: ("f" * 64, YARDSTICK), patience_s=60.0)
    return replace(console_on(hub, config, clock), photos=DESK, checked=check)


def test_pages_tell_of_photos_that_do_not_fit(
    console, signed_in: Callable[..., httpx.Client]
) -> None:
    enroller = signed_in(Capability.LOOK, Capability.ENROL)
    for name, shade in (("Ada", 110), ("Grace", 210)):
        hand_in(enroller, name, a=png(shade))
    page = enroller.get("/people").text
    assert "Look again at" not in page
    ada, grace = (console.hub.people.person(name) for name in ("Ada", "Grace"))
    assert "the photos show one person" in enroller.get(f"/people/{ada.id}").text
    # By another way than the console's, which would refuse it: Grace's face among Ada's photos.
    (wrong,) = DESK.judge([HandedIn("wrong", png(210))])
    assert wrong.candidate is not None
    journal = PeopleJournal(console.hub.database, console.hub.people, "tests")
    administration = Administration(console.hub.people, journal, console.now)
    administration.add_photos("Ada", [wrong.candidate], anyway=True)
    page = enroller.get("/people").text
    assert "Look again at" in page
    assert "Photo 2 of Ada" in page
    assert "Photo 2 of Ada" in enroller.get(f"/people/{ada.id}").text
    assert f'href="/people/{ada.id}"' in enroller.get(f"/people/{grace.id}").text


def test_a_hub_without_an_encoder_says_that_nothing_is_compared(hub) -> None:
    found = look_again(SitePhotoCheck(hub.people, lambda: None), {}, ENGLISH)
    assert found.lines == ()
    assert "the hub has no calibrated encoder" in found.notes[0]
