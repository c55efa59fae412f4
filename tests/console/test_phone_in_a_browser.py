"""Enrolment by telephone in a real browser of a telephone's width: without a camera, and with one
that shows a test picture."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accessctl.config import Config
from accessctl.console.app import Console
from accessctl.hub.assembly import open_hub
from tests.console.live_console import LiveConsole, serving, watched_page
from tests.console.phone_site import DESK, NAME, png
from tests.console.site_console import console_on
from tests.console.test_in_a_browser import AXE, MOST_BYTES
from tests.hub.made_tables import with_tables

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def live_console(config: Config) -> Iterator[LiveConsole]:
    with open_hub(with_tables(config.hub), {}) as hub:
        console = replace(console_on(hub, config), photos=DESK)
        with serving(hub, console, config) as url:
            yield LiveConsole(console, url)


@pytest.fixture
def telephone(chromium: Browser, live_console: LiveConsole) -> Iterator[Page]:
    with watched_page(chromium, live_console.url) as page:
        page.set_viewport_size(PHONE)
        yield page


def begin(page: Page, console: Console) -> None:
    token, _ = console.phones.invite(NAME, None, "Ada")
    page.goto(f"/phone/{token}")
    is_in_order(page)
    page.get_by_label("Your name, as your signature").fill(NAME)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Go on to the photos").click()


def is_in_order(page: Page) -> None:
    """Nobody is kept out, nothing is cut off, and it is no heavier than any page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong = page.evaluate("async () => (await axe.run()).violations.map(one => one.id)")
    assert wrong == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    files = page.evaluate(
        "performance.getEntriesByType('resource').reduce((sum, it) => sum + it.encodedBodySize, 0)"
    )
    assert files < MOST_BYTES


def test_without_a_camera_photos_are_chosen(
    telephone: Page, live_console: LiveConsole, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    begin(telephone, live_console.console)
    for number, shade in ((1, 0), (1, 200), (2, 200), (3, 200)):
        expect(telephone.get_by_role("heading", level=2)).to_contain_text(f"Photo {number} of 3")
        is_in_order(telephone)
        photo.write_bytes(png(shade))
        telephone.get_by_label("Take or choose a photo").set_input_files(photo)
        telephone.get_by_role("button", name="Send the photo").click()
        if shade == 0:
            expect(telephone.get_by_role("alert")).to_contain_text("No face was found")
    expect(telephone.get_by_role("heading", level=2)).to_have_text("All three photos are there")
    is_in_order(telephone)
    (visit,) = live_console.console.phones.waiting()
    assert (visit.name, len(visit.photos)) == (NAME, 3)


def test_what_the_camera_shows_is_sent(telephone: Page, live_console: LiveConsole) -> None:
    """The camera is a picture drawn in the page: what is asked of it is the page's own script."""
    telephone.add_init_script(
        """navigator.mediaDevices.getUserMedia = async () => {
             const canvas = document.createElement("canvas");
             canvas.width = 1920;
             canvas.height = 1080;
             const pen = canvas.getContext("2d");
             setInterval(() => {
               pen.fillStyle = "#d0d0d0";
               pen.fillRect(0, 0, 1920, 1080);
             }, 50);
             return canvas.captureStream();
           };"""
    )
    begin(telephone, live_console.console)
    for number in (1, 2, 3):
        expect(telephone.get_by_role("heading", level=2)).to_contain_text(f"Photo {number} of 3")
        telephone.get_by_role("button", name="Take the photo").click()
    expect(telephone.get_by_role("heading", level=2)).to_have_text("All three photos are there")
    assert len(live_console.console.phones.waiting()) == 1
