"""One operator's day in a real browser, at a whole site: hub, database and two doors, all of it as
it is run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect

from accessctl.config import Config
from accessctl.demo.broadcast import sittings, visits
from accessctl.demo.people import demo_enrolment_photo
from accessctl.demo.script import Performer
from accessctl.demo.sitting import YAWS
from accessctl.door.shot import PortraitPose
from tests.cli.conftest import MODELS
from tests.console.camera_site import takes_photo
from tests.console.live_console import SEEN_MS, watched_page
from tests.console.whole_site import PATIENCE_S, WholeSite, whole_site
from tests.hub.conftest import postgresql
from tests.hub.made_tables import new_schema
from tests.patience import wait_for

__all__ = ["postgresql"]

NAME, SITTER = "Eileen Collins", "Grace Hopper"
GROUP = "staff"
DOORS = ("front-door", "back-door")
PATIENCE_MS = PATIENCE_S * 1000
Shown = Callable[[str], None]


@pytest.fixture
def site(postgresql: str) -> Iterator[WholeSite]:
    with whole_site(Config.model_validate(MODELS), new_schema(postgresql), DOORS) as site:
        yield site


@pytest.fixture
def page(chromium: Browser, site: WholeSite) -> Iterator[Page]:
    with watched_page(chromium, site.url) as page:
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield page
        expect.set_options(timeout=SEEN_MS)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "eileen.jpg"
    assert cv2.imwrite(str(path), cv2.cvtColor(demo_enrolment_photo(), cv2.COLOR_RGB2BGR))
    return path


@pytest.mark.timeout(1500)
def test_from_the_first_operator_to_the_receipts_of_a_removal(
    page: Page, site: WholeSite, photo: Path, tmp_path: Path
) -> None:
    def shown(step: str) -> None:
        site.check()
        page.screenshot(path=tmp_path / f"whole-{step}.png", full_page=True)

    signs_up(page, site.code_for("Ada"), shown)
    adds_group(page)
    visit = finds_unknown_visit(page)
    person = enrols(page, photo, shown)
    sees_at_every_door(page, "granted", NAME)
    sees_the_picture(page, shown)
    names_visit(page, visit, shown)
    enrols_by_camera(page, site, shown)
    sees_at_every_door(page, "granted", SITTER)
    site.camera.pictures = visits()
    shuts_out(page, shown)
    sees_at_every_door(page, "denied", NAME, "not allowed at this door")
    shown("denied")
    commands_doors(page, site, shown)
    removes(page, person, shown)


def signs_up(page: Page, code: str, shown: Shown) -> None:
    """By the printed code, and then once more by what was set up."""
    page.goto("/")
    page.get_by_role("link", name="I have an invitation").click()
    page.get_by_label("Code").fill(code)
    shown("invitation")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What you call this device").fill("laptop")
    shown("set-up")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in*")
    shown("sign-in")
    page.get_by_role("button", name="passkey").click()
    page.wait_for_url("**/doors")
    for door in DOORS:
        expect(page.locator(".door", has_text=door)).to_contain_text("In order")
    shown("doors")


def enrols(page: Page, photo: Path, shown: Shown) -> str:
    """The path of the page of the person."""
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Enrol somebody").click()
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Photos of one person").set_input_files(photo)
    shown("enrol")
    page.get_by_role("button", name="Enrol somebody").click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    group = page.get_by_role("group", name="Groups", exact=True).get_by_label(GROUP)
    group.check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    expect(group).to_be_checked()
    shown("person")
    return urlsplit(page.url).path


def adds_group(page: Page) -> None:
    page.goto("/rules")
    page.get_by_role("button", name="Add a group").click()
    group = page.get_by_role("region", name="Group 1")
    group.get_by_label("Name").fill(GROUP)
    group.get_by_label("At every door").check()
    tries_and_saves(page)


def tries_and_saves(page: Page, told: str = "") -> None:
    """The rules in the form, on what happened; `told` is who would have been kept out."""
    page.get_by_role("button", name="Try it on the last 30 days").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What these rules would have done")
    if told:
        expect(page.get_by_role("table", name="Would have been kept out")).to_contain_text(told)
    page.get_by_role("button", name="Save for all doors").click()
    page.wait_for_url("**/rules")


def shuts_out(page: Page, shown: Shown) -> None:
    """By a rule, after a look at what it would have done."""
    page.goto("/rules")
    page.get_by_role("region", name=GROUP).get_by_label("At every door").uncheck()
    shown("rules")
    tries_and_saves(page, NAME)


def finds_unknown_visit(page: Page) -> str:
    """The path of the page where a visit from before anybody was enrolled gets a name."""

    def found() -> str | None:
        page.goto("/events?outcome=unknown")
        links = page.locator("a.name-it")
        return links.first.get_attribute("href") if links.count() else None

    return str(wait_for(found, "the picture of an unknown visit", PATIENCE_S, every_s=1.0))


def names_visit(page: Page, visit: str, shown: Shown) -> None:
    """It turns out to be whoever was enrolled since."""
    page.goto(visit)
    expect(page.get_by_role("article")).to_contain_text(NAME)
    expect(page.get_by_text("Cannot be somebody new")).to_be_visible()
    pictures = page.get_by_role("article").locator("img")
    assert pictures.evaluate_all("them => them.map(one => one.naturalWidth > 100)") == [True, True]
    page.get_by_label("I have looked at both").check()
    shown("naming")
    page.get_by_role("button", name=f"Add to {NAME}").click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    expect(page.locator("section", has_text="Photo 2")).to_be_visible()


def enrols_by_camera(page: Page, site: WholeSite, shown: Shown) -> None:
    """Somebody who does as she is asked, before one of the doors."""
    front, _ = DOORS
    page.goto("/people/new")
    page.get_by_label("New person, before a door").fill(SITTER)
    page.get_by_role("button", name="Enrol by a door's camera").click()
    page.get_by_label(front).check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Your name, as your signature").fill(SITTER)
    page.get_by_label("I agree").check()
    site.camera.pictures = sittings(YAWS[PortraitPose.FRONT])
    page.get_by_role("button", name="Go on to the photos").click()
    for number, pose in enumerate(PortraitPose, 1):
        expect(page.get_by_role("heading", level=2).first).to_contain_text(f"{number} of 3")
        expect(page.locator(".live p")).to_be_hidden()
        site.camera.pictures = sittings(YAWS[pose])
        takes_photo(page)
    expect(page.get_by_role("heading", level=2).first).to_have_text("All three photos are there")
    shown("camera")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name=SITTER, level=1)).to_be_visible()
    expect(page.locator("section", has_text="Photo 3")).to_be_visible()
    site.camera.pictures = visits(performer=Performer.STRANGER)


def sees_the_picture(page: Page, shown: Shown) -> None:
    """Of the latest grant, which the door sends after the event."""
    why = page.locator("[data-place]", has_text=NAME).first.locator("a.why").get_attribute("href")
    picture = page.locator(".picture img")

    def is_there() -> int:
        page.goto(str(why))
        return picture.count()

    wait_for(is_there, "the picture of a grant", PATIENCE_S, every_s=1.0)
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1280
    shown("granted")


def sees_at_every_door(page: Page, outcome: str, name: str, words: str = "") -> None:
    """Without a reload: whatever comes later comes by itself."""
    page.goto(f"/events?outcome={outcome}")
    for door in DOORS:
        lines = page.locator("[data-place]", has_text=words or name).filter(has_text=door)
        expect(lines.first).to_contain_text(name)


def commands_doors(page: Page, site: WholeSite, shown: Shown) -> None:
    front, back = DOORS
    shows_who_it_is(page, "/doors")
    before = site.locks[front].asked.count("/on")
    page.get_by_role("button", name=f"Unlock once {front}").click()
    expect(page.get_by_role("status")).to_contain_text(f"{front} did it and has it on record.")
    shown("unlocked")
    wait_for(lambda: site.locks[front].asked.count("/on") > before, "unlocking", PATIENCE_S)
    card = page.locator(".door", has=page.get_by_role("heading", name=back))
    card.get_by_text("Posture and face entry").click()
    page.get_by_label(f"Posture of {back}").first.select_option("locked_down")
    card.get_by_role("button", name="Set").click()
    expect(page.get_by_role("status")).to_contain_text(f"{back} did it and has it on record.")
    expect(card.locator(".facts")).to_contain_text("Locked down")
    shown("locked-down")


def removes(page: Page, person: str, shown: Shown) -> None:
    shows_who_it_is(page, person)
    section = page.locator("section", has_text="It cannot be taken back")
    section.get_by_label("Name").fill(NAME)
    section.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/removals")

    def signed() -> bool:
        page.reload()
        told = page.locator("tbody td").nth(2).inner_text()
        return sorted(told.split(", ")) == sorted(DOORS)

    wait_for(signed, "the receipts of both doors", PATIENCE_S)
    expect(page.locator("tbody td").nth(3)).to_have_text("–")
    shown("receipts")


def shows_who_it_is(page: Page, then: str) -> None:
    """Proves it freshly, however long the steps before took, and is led to that page."""
    page.goto(f"/prove?then={then}")
    page.get_by_role("button", name="passkey").click()
    page.wait_for_url(f"**{then}")
