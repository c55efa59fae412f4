"""One operator's day in a real browser, at a whole site: hub, database and two doors, all of it as
it is run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import pytest
from playwright.sync_api import Browser, Page, expect

from accessctl.config import Config
from accessctl.demo.people import demo_enrolment_photo
from tests.cli.conftest import MODELS
from tests.console.live_console import SEEN_MS, watched_page
from tests.console.whole_site import PATIENCE_S, WholeSite, whole_site
from tests.hub.conftest import postgresql
from tests.hub.made_tables import new_schema
from tests.patience import wait_for

__all__ = ["postgresql"]

NAME = "Eileen Collins"
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
    person = enrols(page, photo, shown)
    sees_at_every_door(page, "granted", NAME)
    shown("granted")
    disables(page, person, shown)
    sees_at_every_door(page, "denied", "this person is disabled")
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
    shown("person")
    return urlsplit(page.url).path


def sees_at_every_door(page: Page, outcome: str, words: str) -> None:
    """Without a reload: whatever comes later comes by itself."""
    page.goto(f"/events?outcome={outcome}")
    for door in DOORS:
        line = page.locator("[data-place]", has_text=words).filter(has_text=door).first
        expect(line).to_contain_text(NAME)


def disables(page: Page, person: str, shown: Shown) -> None:
    page.goto(person)
    page.get_by_label("Disabled: may enter nowhere").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".head")).to_contain_text("Disabled")
    shown("rules")


def commands_doors(page: Page, site: WholeSite, shown: Shown) -> None:
    front, back = DOORS
    shows_who_it_is(page, "/doors")
    before = site.locks[front].asked.count("/on")
    page.get_by_role("button", name=f"Unlock once {front}").click()
    expect(page.get_by_role("status")).to_contain_text(f"{front} did it and has it on record.")
    shown("unlocked")
    wait_for(lambda: site.locks[front].asked.count("/on") > before, "unlocking", PATIENCE_S)
    page.get_by_label(f"Posture of {back}").first.select_option("locked_down")
    card = page.locator(".door", has=page.get_by_role("heading", name=back))
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
