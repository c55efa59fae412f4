"""A visit is named in a real browser, with faces that can be looked at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

import accessctl.console
from accessctl.administration.changes import Administration
from accessctl.config import Config
from accessctl.console.app import Console
from accessctl.console.photo_desk import HandedIn, PhotoDesk, PhotoJudge
from accessctl.demo.people import COLLINS_PORTRAIT, collins, hopper
from accessctl.domain import Image
from accessctl.errors import NoFaceError
from accessctl.hub.assembly import open_hub
from accessctl.hub.people_journal import PeopleJournal
from accessctl.hub.photo_check import SitePhotoCheck
from accessctl.recognition.enrolment import Candidate
from tests.console.live_console import LiveConsole, serving
from tests.console.naming_site import put_visit
from tests.console.sample_site import FRONT, LIVING, STRANGER, put_site
from tests.console.site_console import console_on
from tests.console.test_enrol_pages import YARDSTICK
from tests.console.test_in_a_browser import AXE, LOOKS, MOST_BYTES

STATIC = Path(accessctl.console.__file__).parent / "static"
GROUPS = {"groups": {"staff": {}, "night": {}}}


def jpeg_of(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1])


def astronaut(shift: int = 0) -> Image:
    left, top, right, bottom = COLLINS_PORTRAIT
    return np.ascontiguousarray(collins()[top : bottom - 60, left + 60 + shift : right - 70])


class ByDress:
    """A judge that tells the two people of the demo apart by the colour of what they wear, and
    sees nobody in the dark."""

    def examine(self, image: Image, photo: str) -> Candidate:
        red, _, blue = image.reshape(-1, 3).mean(axis=0)
        if red + blue < 20:
            raise NoFaceError(f"{photo}: no face found; use a photo that shows one face.")
        embedding = np.zeros(8, np.float32)
        embedding[0 if red - blue > 12 else 1] = 0.96
        embedding[2] = 0.28
        return Candidate(embedding, "f" * 64, 0.8, jpeg_of(image), photo, YARDSTICK)


@contextmanager
def judges() -> Iterator[PhotoJudge]:
    yield ByDress()


@pytest.fixture
def live_console(config: Config) -> Iterator[LiveConsole]:
    with open_hub(config.hub, {}) as hub:
        desk = PhotoDesk(judges, 10_000_000, 50_000_000)
        check = SitePhotoCheck(hub.people, lambda: ("f" * 64, YARDSTICK), patience_s=60.0)
        console = replace(console_on(hub, config), photos=desk, checked=check)
        put_site(hub.database, time.time())
        hub.site.set_rules(GROUPS, "tests")
        enrol(console, "Grace Hopper", hopper())
        with serving(hub, console, config) as url:
            yield LiveConsole(console, url)


def enrol(console: Console, name: str, *images: Image, anyway: bool = False) -> None:
    judged = console.photos.judge([HandedIn(name, jpeg_of(one)) for one in images])
    journal = PeopleJournal(console.hub.database, console.hub.people, "tests")
    photos = [one.candidate for one in judged if one.candidate is not None]
    Administration(console.hub.people, journal, console.now).enrol(name, photos, anyway=anyway)


def is_in_order(page: Page, path: str, shot: Path) -> None:
    """Nobody is kept out in any look, nothing is cut off, and it is as light as any page."""
    page.goto(path, wait_until="load")
    sizes = page.evaluate(
        """Object.fromEntries([...performance.getEntriesByType("resource"),
            ...performance.getEntriesByType("navigation")]
             .map((one) => [one.name.split("/").pop(), one.encodedBodySize]))"""
    )
    # What the browser has from another page already counts as if it had not.
    files = {one.name: one.stat().st_size for one in STATIC.iterdir() if one.name in sizes}
    assert "style.css" in files
    assert sum((sizes | files).values()) < MOST_BYTES
    for look, (viewport, scheme) in LOOKS.items():
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        wrong = page.evaluate(
            "async () => (await axe.run()).violations.map("
            "one => [one.id, one.nodes.map(node => node.html)])"
        )
        assert wrong == [], look
        page.screenshot(path=shot.with_name(f"{shot.name}-{look}.png"), full_page=True)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size(LOOKS["light"][0])
    page.emulate_media(color_scheme="light")


def test_an_unknown_visit_becomes_a_new_person(
    signed_in_page: Page, live_console: LiveConsole, tmp_path: Path
) -> None:
    page, hub = signed_in_page, live_console.console.hub
    pictures = (jpeg_of(astronaut()), jpeg_of(astronaut(8)), jpeg_of(np.zeros_like(hopper())))
    number, *_ = put_visit(hub, *pictures, decisions=[replace(STRANGER, cues=LIVING)] * 3)
    page.goto("/events")
    page.get_by_role("link", name="Unknown visits").click()
    expect(page.locator("a.name-it")).to_have_count(3)
    page.screenshot(path=tmp_path / "timeline.png", full_page=True)
    is_in_order(page, f"/events/{FRONT}/{number}/name", tmp_path / "naming")
    expect(page.get_by_role("article")).to_contain_text("Cannot be added to Grace Hopper")
    expect(page.locator("img")).to_have_count(5)
    shown = page.locator("img").evaluate_all("them => them.every(one => one.naturalWidth > 100)")
    assert shown
    new = page.locator("form", has=page.get_by_label("Name"))
    new.get_by_label("Name").fill("Eileen Collins")
    new.get_by_label("staff").check()
    enrol_them = new.get_by_role("button", name="Enrol somebody")
    enrol_them.click()
    # The browser holds them to the look that they have to say they took.
    assert [one.name for one in hub.people.people()] == ["Grace Hopper"]
    new.get_by_label("I have looked at it").check()
    enrol_them.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Eileen Collins")
    assert hub.people.person("Eileen Collins").photos == 2
    page.goto(f"/events/{FRONT}/{number}")
    expect(page.get_by_role("link", name="Named: Eileen Collins")).to_be_visible()
    is_in_order(page, f"/events/{FRONT}/{number + 1}/name", tmp_path / "named")
    expect(page.get_by_role("alert")).to_contain_text("has been named already")


def test_an_unknown_visit_is_added_by_the_keyboard_after_a_look_at_both(
    signed_in_page: Page, live_console: LiveConsole, tmp_path: Path
) -> None:
    page, hub = signed_in_page, live_console.console.hub
    (number,) = put_visit(hub, jpeg_of(hopper()))
    page.goto(f"/events/{FRONT}/{number}")
    page.get_by_role("link", name="Name this visit").press("Enter")
    expect(page.get_by_text("Cannot be somebody new")).to_be_visible()
    is_in_order(page, page.url, tmp_path / "adding")
    page.get_by_label("I have looked at both").press("Space")
    page.get_by_role("button", name="Add to Grace Hopper").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace Hopper")
    assert hub.people.person("Grace Hopper").photos == 2


def test_who_looks_alike_is_to_be_looked_at_again(
    signed_in_page: Page, live_console: LiveConsole, tmp_path: Path
) -> None:
    page, console = signed_in_page, live_console.console
    enrol(console, "Ada", hopper(), anyway=True)
    enrol(console, "Eileen Collins", astronaut(), hopper(), anyway=True)
    is_in_order(page, "/people", tmp_path / "people")
    expect(page.get_by_role("region", name="Look again at")).to_contain_text(
        "Grace Hopper would pass for Ada at "
    )
    ada = console.hub.people.person("Ada")
    is_in_order(page, f"/people/{ada.id}", tmp_path / "person")
    expect(page.get_by_role("region", name="Look-alikes and photos")).to_contain_text("Grace")
