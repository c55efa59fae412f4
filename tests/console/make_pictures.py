"""Makes the pictures in docs/console anew, of the console as it is now.

    python -m tests.console.make_pictures [--folder FOLDER] [NAME ...]

It needs Chromium, the extras `console` and `dev`, and the models (`accessctl models fetch`). The
site is made up; whoever is seen is one of the demo's two people, whose photographs are in the
public domain, and what is said of their likeness is what the project's own encoder says. Look at
each picture before you keep it.
"""

import argparse
import base64
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import yaml
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accessctl.config import Config, ConsoleConfig, EncoderConfig, HubConfig, VisionConfig
from accessctl.console.app import Console
from accessctl.console.capabilities import ALL
from accessctl.console.photo_desk import HandedIn
from accessctl.demo.people import COLLINS_PORTRAIT, collins, demo_enrolment_photo, hopper
from accessctl.demo.scene import HEIGHT, WIDTH, Scene
from accessctl.demo.script import ENTER_S, WALK_S, Act, Performer, pose_at
from accessctl.domain import Image, PersonRules
from accessctl.gallery.badges import Badge
from accessctl.gallery.people import NewPhoto
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.cluster import free_port
from accessctl.hub.demo_site import SiteProcess
from accessctl.hub.tables import HELD
from accessctl.policy.consent import ConsentWay, GivenConsent
from accessctl.policy.expiry import spans_of_days
from accessctl.sync.feed_wire import LiveFace, LivePicture
from tests.beside import repeated
from tests.console.camera_site import takes_photo
from tests.console.figures_site import put_weeks
from tests.console.held_site import put_held
from tests.console.live_console import (
    BROWSER_OPTIONS,
    CHROMIUM,
    serving,
    set_up_passkey,
    watched_page,
)
from tests.console.naming_site import put_visit
from tests.console.sample_site import (
    COLLINS,
    FRONT,
    GRANTED,
    HOPPER,
    LIVING,
    STRANGER,
    put_events,
    put_person,
    put_site,
)
from tests.console.site_console import console_on
from tests.console.whole_site import models_of
from tests.patience import wait_for

REPOSITORY = Path(__file__).parents[2]
DAY_S = 86400.0
PATIENCE_S = 240.0
RULES = {
    "timezone": "Europe/Berlin",
    "schedules": {
        "office": [
            {"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "08:00", "closes": "18:00"}
        ],
        "cleaning": [{"days": ["mon", "thu"], "opens": "18:00", "closes": "21:30"}],
    },
    "groups": {
        "staff": {"schedule": "office"},
        "cleaners": {"schedule": "cleaning"},
        "night": {},
    },
}
TEXT = (
    b"We keep photos of your face and numbers made of them, to open the doors for you.\n"
    b"You may withdraw this at any time; then everything is erased.\n"
)
WIDE, SMALL, PHONE = (1280, 900), (1100, 900), (390, 800)


@dataclass(frozen=True)
class Picture:
    """`show` brings the page to what is to be seen; `whole`: all of it, however long."""

    name: str
    size: tuple[int, int]
    show: Callable[[Page, Console], None]
    whole: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.console.make_pictures")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "docs" / "console")
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as naming; none: all")
    asked = parser.parse_args(arguments)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_OPTIONS)
        takes = Taking(asked.folder, asked.names)
        if not asked.names or set(asked.names) - DEMO_NAMES:
            at_a_made_site(browser, takes)
        if not asked.names or set(asked.names) & DEMO_NAMES:
            at_the_demos_door(browser, takes)
        browser.close()
    return 0


@dataclass(frozen=True)
class Taking:
    """Takes those pictures that were asked for, none: all, into the folder."""

    folder: Path
    names: Sequence[str]

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        if self.names and name not in self.names:
            return
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0)")
        picture = Pillow.open(BytesIO(page.screenshot(full_page=whole))).convert("RGB")
        path = self.folder / f"{name}.png"
        picture.quantize(256).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def models() -> Mapping[str, object]:
    """The project's own encoder, not the tests'."""
    return {
        "encoder": EncoderConfig(folder=REPOSITORY / "models" / "encoder"),
        "vision": VisionConfig(models=REPOSITORY / "models" / "cache" / "mediapipe"),
    }


def at_a_made_site(browser: Browser, takes: Taking) -> None:
    with tempfile.TemporaryDirectory(prefix="accessctl-pictures-") as name:
        config = Config(
            hub=HubConfig(folder=Path(name) / "hub", host="127.0.0.1", port=free_port()),
            console=ConsoleConfig(host="127.0.0.1", port=free_port()),
            **models(),
        )
        with open_hub(config.hub, {}) as hub:
            console = console_on(hub, config)
            hub.site.set_rules(RULES, "pictures")
            put_site(hub.database, hub.now())
            with serving(hub, console, config) as url, watched_page(browser, url) as page:
                set_up_passkey(page, console.operators.invite(None, "Ada", ALL).code)
                put_person(hub, HOPPER, photo_of(console, hopper()))
                takes_naming(page, console, takes)
                fill(console)
                for one in PICTURES:
                    page.set_viewport_size({"width": one.size[0], "height": one.size[1]})
                    if not takes.names or one.name in takes.names:
                        one.show(page, console)
                        takes.take(page, one.name, whole=one.whole)


def photo_of(console: Console, image: Image) -> NewPhoto:
    """As an enrolment makes it, with the encoder of the configuration."""
    (judged,) = console.photos.judge([HandedIn("photo", jpeg_of(image))])
    found = judged.candidate
    assert found is not None, judged.problem
    added = console.now() - 40 * DAY_S
    return NewPhoto(
        jpeg=found.jpeg,
        embedding=found.embedding,
        fingerprint=found.fingerprint,
        quality=found.quality,
        added=added,
    )


def takes_naming(page: Page, console: Console, takes: Taking) -> None:
    """While she is nobody's photo yet."""
    left, top, right, bottom = COLLINS_PORTRAIT
    seen = [collins()[top : bottom - 60, left + 60 + shift : right - 70] for shift in (0, 8)]
    dark = np.zeros_like(seen[0])
    pictures = [jpeg_of(np.ascontiguousarray(one)) for one in (*seen, dark)]
    alive = [replace(STRANGER, cues=LIVING)] * 3
    number, *_ = put_visit(console.hub, *pictures, decisions=alive)
    page.set_viewport_size({"width": SMALL[0], "height": 1210})
    page.goto(f"/events/{FRONT}/{number}/name")
    page.wait_for_load_state("networkidle")
    takes.take(page, "naming")


def fill(console: Console) -> None:
    """Somebody with all that a person's page can show, and what waits for a decision."""
    hub = console.hub
    put_person(hub, COLLINS, photo_of(console, demo_enrolment_photo()))
    hub.people.set_rules(COLLINS, PersonRules(("staff",)))
    hub.people.add_badge(Badge(COLLINS, b"\xab" * 32, hub.now()))
    hub.consents.add_text(TEXT, "pictures")
    given = GivenConsent(ConsentWay.WITNESS, "Ada")
    hub.consents.give("Eileen Collins", given, "pictures")
    settings = hub.expiry.settings
    settings.set(spans_of_days(100, 30, 14), "pictures", settings.in_force().spans)
    put_events(hub.database, FRONT, [GRANTED.event(hub.now() - 4)])


def shows(path: str) -> Callable[[Page, Console], None]:
    def show(page: Page, _: Console) -> None:
        page.goto(path)

    return show


def shows_held(page: Page, console: Console) -> None:
    hub = console.hub
    put_held(hub, jpeg_of(hopper()))
    with hub.database.writing() as db:
        db.execute(HELD.update().values(time=hub.now() - 600))
    page.goto("/held")
    shown = page.locator("img").first
    expect(shown).to_be_visible()
    shown.evaluate("one => one.decode()")
    page.wait_for_load_state("networkidle")


def shows_person(page: Page, _: Console) -> None:
    page.goto(f"/people/{COLLINS}")
    page.get_by_role("button", name="Make a pass").click()
    page.goto(f"/people/{COLLINS}")


def shows_expiry(page: Page, _: Console) -> None:
    page.goto("/consent")
    page.get_by_label("Days without being let in").fill("60")
    page.get_by_role("button", name="See whom it would concern").click()


def shows_figures(page: Page, console: Console) -> None:
    """Of a door that has seen twelve weeks."""
    put_weeks(console.hub.database, console.now())
    page.goto("/figures")


def shows_phone(page: Page, console: Console) -> None:
    token, _ = console.phones.invite("Grace Hopper", None, "Ada")
    page.goto(f"/phone/{token}")
    page.get_by_label("Your name, as your signature").fill("Grace Hopper")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    x, y, wide, high = box["x"], box["y"], box["width"], box["height"]
    for stroke in (((0.2, 0.7), (0.3, 0.2), (0.36, 0.75), (0.44, 0.4), (0.5, 0.65)),):
        page.mouse.move(x + stroke[0][0] * wide, y + stroke[0][1] * high)
        page.mouse.down()
        for across, down in stroke[1:]:
            page.mouse.move(x + across * wide, y + down * high, steps=6)
        page.mouse.up()


def shows_doors(page: Page, console: Console) -> None:
    """With a live picture of one of them."""
    page.goto("/doors")
    page.get_by_role("button", name="Live picture front-door").click()
    with live_picture(console.hub):
        expect(page.locator(".live li").first).to_contain_text("Granted")
        page.wait_for_timeout(500)


@contextmanager
def live_picture(hub: Hub) -> Iterator[None]:
    """Of somebody who is let in, for as long as the block lasts."""
    moment = ENTER_S + WALK_S + 0.5
    image = Scene(0, (Act(Performer.ENROLLED, 0.0),)).render(moment)
    stance = pose_at(moment)
    face = LiveFace(
        x=(stance.x - stance.size / 2) / WIDTH,
        y=(stance.y - 0.45 * stance.size) / HEIGHT,
        w=stance.size / WIDTH,
        h=1.2 * stance.size / HEIGHT,
        person=COLLINS,
        state="granted",
    )
    jpeg = base64.b64encode(jpeg_of(cv2.resize(image, (640, 360)))).decode("ascii")
    with repeated(
        lambda: hub.live.show(FRONT, LivePicture(time=1.0, jpeg=jpeg, faces=(face,))), 0.2
    ):
        yield


PICTURES = (
    Picture("doors", WIDE, shows_doors),
    Picture("why", (1100, 840), shows(f"/events/{FRONT}/6")),
    Picture("person", SMALL, shows_person, whole=True),
    Picture("rules", SMALL, shows("/rules")),
    Picture("consent", SMALL, shows("/consent"), whole=True),
    Picture("expiry", (1100, 620), shows_expiry),
    Picture("phone", PHONE, shows_phone),
    Picture("held", (1100, 620), shows_held),
    Picture("figures", SMALL, shows_figures, whole=True),
)
DEMO_NAMES = frozenset({"live", "camera"})


def at_the_demos_door(browser: Browser, takes: Taking) -> None:
    """At `accessctl console`, as somebody tries it out."""
    with tempfile.TemporaryDirectory(prefix="accessctl-pictures-") as name:
        folder, port = Path(name), free_port()
        file = folder / "config.yaml"
        sections = {
            **models_of(Config(**models())),
            "hub": {"folder": str(folder / "hub"), "host": "127.0.0.1", "port": free_port()},
            "console": {"enabled": True, "host": "127.0.0.1", "port": port},
            "audit": {"file": str(folder / "events.sqlite")},
            "gallery": {"folder": str(folder / "enrolled")},
            "service": {"socket": str(folder / "door.sock")},
        }
        file.write_text(yaml.safe_dump(sections), encoding="utf-8")
        with (
            SiteProcess("console", ["console", "--config", str(file)], folder) as process,
            watched_page(browser, f"https://localhost:{port}") as page,
        ):
            page.set_default_timeout(60_000)
            set_up_passkey(page, wait_for(lambda: code_in(process), "the link", PATIENCE_S))
            takes_live(page, takes)
            takes_camera(page, takes)


def code_in(process: SiteProcess) -> str:
    process.check()
    return next((one.split("code=")[1].strip() for one in process.lines if "code=" in one), "")


def takes_live(page: Page, takes: Taking) -> None:
    page.set_viewport_size({"width": 800, "height": 800})
    page.goto("/doors")
    page.get_by_role("button", name="Live picture demo-door").click()
    door = page.locator(".door", has=page.locator(".live li", has_text="Granted"))
    expect(door.locator(".decision .sign")).to_have_text("Granted", timeout=1000 * PATIENCE_S)
    takes.take(page, "live")


def takes_camera(page: Page, takes: Taking) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/people/camera?name=Grace%20Hopper")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Your name, as your signature").fill("Grace Hopper")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Go on to the photos").click()
    for number in (1, 2):
        expect(page.get_by_role("heading", level=2).first).to_contain_text(f"{number} of 3")
        takes_photo(page)
    expect(page.locator(".live p")).to_be_hidden()
    time.sleep(2)
    takes.take(page, "camera")


def jpeg_of(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1])


if __name__ == "__main__":
    raise SystemExit(main())
