"""Enrolment by a door's camera in a real browser: with a door in memory, and at `accessctl console`
with the demo's own door, as somebody tries it out."""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from accessctl.config import Config
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.cluster import free_port
from accessctl.hub.demo_site import SiteProcess
from accessctl.sync.feed_wire import LiveFace, LivePicture
from tests.beside import repeated
from tests.cli.conftest import MODELS
from tests.console.camera_site import DOOR_ID, CameraDoor, camera_door, takes_photo
from tests.console.live_console import LiveConsole, serving, set_up_passkey, watched_page
from tests.console.phone_site import DESK, NAME
from tests.console.site_console import console_on
from tests.console.test_in_a_browser import AXE, LOOKS, MOST_BYTES
from tests.console.whole_site import models_of
from tests.patience import wait_for

PATIENCE_S = 240.0
STRANGER = "Grace Hopper"


@pytest.fixture
def live_console(config: Config) -> Iterator[LiveConsole]:
    with open_hub(config.hub, {}) as hub:
        console = replace(console_on(hub, config), photos=DESK)
        with serving(hub, console, config) as url:
            yield LiveConsole(console, url)


@pytest.fixture
def door(live_console: LiveConsole) -> Iterator[CameraDoor]:
    with camera_door(live_console.console.hub) as made:
        yield made


@contextmanager
def seen_by(hub: Hub) -> Iterator[list[bool]]:
    """The door's camera; whether somebody looked on, picture by picture."""
    looked: list[bool] = []
    face = LiveFace(x=0.4, y=0.3, w=0.2, h=0.3, state="enrolment")
    image = np.full((36, 64, 3), 200, np.uint8)
    jpeg = base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode("ascii")

    def work() -> None:
        looked.append(hub.live.show(DOOR_ID, LivePicture(time=1.0, jpeg=jpeg, faces=(face,))))

    with repeated(work, 0.1):
        yield looked


def is_in_order(page: Page, most_wide: int) -> None:
    """Nobody is kept out, nothing is cut off, and it is no heavier than any page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong = page.evaluate("async () => (await axe.run()).violations.map(one => one.id)")
    assert wrong == []
    assert page.evaluate("document.documentElement.scrollWidth") <= most_wide
    files = page.evaluate(
        "performance.getEntriesByType('resource').reduce((sum, it) => sum + it.encodedBodySize, 0)"
    )
    assert files < MOST_BYTES


def begins(page: Page, name: str) -> None:
    page.goto("/people/new")
    page.get_by_label("New person, before a door").fill(name)
    page.get_by_role("button", name="Enrol by a door's camera").click()
    page.get_by_role("button", name="Go on").click()


def consents(page: Page, name: str) -> None:
    page.get_by_label("Your name, as your signature").fill(name)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Go on to the photos").click()


@pytest.mark.parametrize("look", LOOKS)
def test_three_photos_are_guided_and_approved(
    signed_in_page: Page, live_console: LiveConsole, door: CameraDoor, look: str
) -> None:
    page, (viewport, scheme) = signed_in_page, LOOKS[look]
    wide = viewport["width"]
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    begins(page, NAME)
    is_in_order(page, wide)
    consents(page, NAME)
    for number, told in ((1, "Look straight"), (2, "Turn a little left"), (3, "little right")):
        expect(page.get_by_role("heading", level=2).first).to_contain_text(f"{number} of 3")
        expect(page.get_by_role("heading", level=2).first).to_contain_text(told)
        is_in_order(page, wide)
        page.get_by_role("button", name="Take the photo").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("All three photos are there")
    is_in_order(page, wide)
    page.get_by_role("button", name="Retake Turn a little left").click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    (person,) = live_console.console.hub.people.people()
    assert (person.name, person.photos) == (NAME, 3)


def test_the_live_picture_is_asked_for_at_once_and_what_is_wrong_is_said(
    signed_in_page: Page, live_console: LiveConsole, door: CameraDoor
) -> None:
    page = signed_in_page
    with seen_by(live_console.console.hub) as looked:
        begins(page, NAME)
        consents(page, NAME)
        wait_for(lambda: looked and looked[-1], "somebody who looks")
        expect(page.locator(".live")).to_be_visible()
        expect(page.locator(".live p")).to_be_hidden()
        expect(page.locator(".live li")).to_have_text("Being enrolled")
        door.fault = "too_far"
        page.get_by_role("button", name="Take the photo").click()
        expect(page.get_by_role("alert")).to_have_text("The face is too small; step closer.")
        page.get_by_role("button", name="Stop, and forget the photos").click()
        page.wait_for_url("**/people")
        wait_for(lambda: not looked[-1], "nobody who looks")


def test_it_works_without_script(
    chromium: Browser, live_console: LiveConsole, door: CameraDoor, signed_in_page: Page
) -> None:
    context = chromium.new_context(
        base_url=live_console.url,
        ignore_https_errors=True,
        java_script_enabled=False,
        locale="en-GB",
        storage_state=signed_in_page.context.storage_state(),
    )
    page = context.new_page()
    begins(page, NAME)
    consents(page, NAME)
    for _ in range(3):
        page.get_by_role("button", name="Take the photo").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    context.close()


@pytest.fixture
def tried_out(tmp_path: Path) -> Iterator[tuple[SiteProcess, str]]:
    """`accessctl console` with its demo door, and where a browser reaches it."""
    port = free_port()
    sections = {
        **models_of(Config.model_validate(MODELS)),
        "hub": {"folder": str(tmp_path / "hub"), "host": "127.0.0.1", "port": free_port()},
        "console": {"enabled": True, "host": "127.0.0.1", "port": port},
        "audit": {"file": str(tmp_path / "events.sqlite")},
        "gallery": {"folder": str(tmp_path / "enrolled")},
        "service": {"socket": str(tmp_path / "door.sock")},
    }
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(sections), encoding="utf-8")
    with SiteProcess("console", ["console", "--config", str(file)], tmp_path) as process:
        yield process, f"https://localhost:{port}"


@pytest.mark.timeout(900)
def test_the_demos_stranger_is_enrolled_at_the_demos_door(
    chromium: Browser, tried_out: tuple[SiteProcess, str], tmp_path: Path
) -> None:
    process, url = tried_out

    def code() -> str:
        process.check()
        return next((one.split("code=")[1].strip() for one in process.lines if "code=" in one), "")

    invited = wait_for(code, "the first operator's link", PATIENCE_S)
    expect.set_options(timeout=60_000)
    with watched_page(chromium, url) as page:
        page.set_default_timeout(60_000)
        set_up_passkey(page, invited)

        def is_there() -> bool:
            page.goto(f"/people/camera?name={STRANGER}")
            return page.get_by_label("demo-door").count() > 0

        wait_for(is_there, "the demo's door", PATIENCE_S)
        page.screenshot(path=tmp_path / "camera-choose.png")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_label("I agree")).to_be_visible()
        page.screenshot(path=tmp_path / "camera-consent.png")
        consents(page, STRANGER)
        for number in (1, 2, 3):
            expect(page.get_by_role("heading", level=2).first).to_contain_text(f"{number} of 3")
            expect(page.locator(".live")).to_be_visible()
            expect(page.locator(".live p")).to_be_hidden()
            page.screenshot(path=tmp_path / f"camera-{number}.png")
            takes_photo(page)
        expect(page.get_by_role("button", name="Approve")).to_be_visible()
        page.screenshot(path=tmp_path / "camera-approve.png")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(STRANGER)
        states = sent_states(page)
        assert states.count("Photo to enrol somebody by") == 3
        page.screenshot(path=tmp_path / "camera-events.png")
    expect.set_options(timeout=5000)
    process.check()


def sent_states(page: Page) -> list[str]:
    """What the door's log at the hub tells of the service."""

    def told() -> list[str]:
        page.goto("/events?door=demo-door&kind=service")
        found = page.locator(".event .whom").all_inner_texts()
        return found if "Nobody is enrolled here any more" in found else []

    deadline = time.monotonic() + PATIENCE_S
    while not (found := told()):
        assert time.monotonic() < deadline, "the end did not come to the hub"
    return found
