"""The pages in a real browser: by keyboard alone, in light and dark, on a telephone, live."""

import asyncio
import base64
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Page, Response, expect

from accessctl.demo.people import demo_enrolment_photo
from accessctl.hub.live import LOOKS_EACH
from accessctl.sync.feed_wire import LiveFace, LivePicture
from tests.console.live_console import LiveConsole
from tests.console.sample_site import (
    BACK,
    COLLINS,
    FRONT,
    SPOOF,
    STRANGER,
    put_events,
    put_people,
    put_site,
)
from tests.patience import wait_for

# axe-core checks a page against WCAG and common practice; it is for tests alone.
AXE = Path(__file__).with_name("axe") / "axe.min.js"
PAGES = (
    "/doors",
    "/events",
    f"/events/{FRONT}/6",
    "/events?door=front-door&reason=passback",
    "/people",
    f"/people/{COLLINS}",
    "/people/new",
    "/people/new/folder",
    "/held",
    "/consent",
    "/removals",
    "/rules",
    "/figures",
    "/account",
    "/operators",
    "/site",
    "/trust",
)
LOOKS = {
    "light": ({"width": 1280, "height": 900}, "light"),
    "dark": ({"width": 1280, "height": 900}, "dark"),
    "phone": ({"width": 390, "height": 844}, "light"),
}
MOST_BYTES = 100_000


@pytest.fixture
def site_page(signed_in_page: Page, live_console: LiveConsole) -> Page:
    put_site(live_console.console.hub.database, time.time())
    put_people(live_console.console.hub, time.time() - 86400)
    return signed_in_page


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_is_kept_out_of_any_page(site_page: Page, look: str) -> None:
    viewport, scheme = LOOKS[look]
    site_page.set_viewport_size(viewport)
    site_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for path in PAGES:
        site_page.goto(path)
        if path == "/events":
            for why in site_page.locator("a.why").all():
                why.click()
            expect(site_page.locator(".fold:visible")).to_have_count(6)
        site_page.evaluate(AXE.read_text(encoding="utf-8"))
        result = site_page.evaluate("() => axe.run()")
        assert len(result["passes"]) > 15
        found[path] = [
            (one["id"], node["html"], node.get("failureSummary"))
            for one in result["violations"]
            for node in one["nodes"]
        ]
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_no_page_weighs_more_than_a_small_board_sends_at_once(site_page: Page) -> None:
    kept: dict[str, int] = {}
    for path in PAGES:
        answers: list[Response] = []

        def note(answer: Response, answers: list[Response] = answers) -> None:
            answers.append(answer)

        site_page.on("response", note)
        site_page.goto(path, wait_until="load")
        site_page.remove_listener("response", note)
        # What the browser has from another page already counts as if it had not.
        kept |= {
            one.url: int(one.headers["content-length"]) for one in answers if one.status == 200
        }
        asked = {one.url: kept.get(one.url, 0) for one in answers}
        assert any("/static/style.css" in url for url in asked)
        assert sum(asked.values()) < MOST_BYTES, asked


@pytest.mark.parametrize("width", [320, 390, 640, 800])
def test_nothing_is_cut_off_on_a_narrow_screen_or_at_twice_the_size(site_page, width) -> None:
    """640 pixels are a screen of 1280 at 200 %; 320 are one at 400 % (WCAG 1.4.10)."""
    site_page.set_viewport_size({"width": width, "height": 700})
    for path in PAGES:
        site_page.goto(path)
        if path == "/events":
            site_page.locator("a.why").first.click()
            expect(site_page.locator(".fold:visible")).to_have_count(1)
        wide = site_page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


def test_what_happens_shows_at_once_and_in_its_place(site_page: Page, live_console) -> None:
    site_page.goto("/events")
    site_page.evaluate("window.mine = true")
    database = live_console.console.hub.database
    now = time.time()
    put_events(database, FRONT, [SPOOF.event(now), STRANGER.event(now - 80)])
    lines = site_page.locator(".timeline [data-place]")
    expect(lines.first).to_contain_text("not a living face")
    expect(site_page.locator(f"#e-{FRONT}-11")).to_contain_text("looks like nobody enrolled")
    times = [float(one.get_attribute("data-place").split("~")[0]) for one in lines.all()]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 10
    assert site_page.evaluate("window.mine") is True


def test_why_unfolds_by_the_keyboard_alone(site_page: Page) -> None:
    site_page.goto("/events")
    site_page.keyboard.press("Tab")
    expect(site_page.locator(".skip")).to_be_focused()
    site_page.keyboard.press("Enter")
    expect(site_page.locator("#content")).to_be_focused()
    why = site_page.locator("a.why").first
    for _ in range(30):
        site_page.keyboard.press("Tab")
        if why.evaluate("one => one === document.activeElement"):
            break
    expect(why).to_be_focused()
    site_page.keyboard.press("Enter")
    expect(why).to_have_attribute("aria-expanded", "true")
    expect(site_page.locator(".fold:visible")).to_contain_text("Steps to a grant")
    site_page.keyboard.press("Enter")
    expect(why).to_have_attribute("aria-expanded", "false")
    expect(site_page.locator(".fold:visible")).to_have_count(0)


def test_a_filter_changes_the_list_and_the_address_without_a_reload(site_page: Page) -> None:
    site_page.goto("/events")
    site_page.evaluate("window.mine = true")
    site_page.get_by_role("combobox", name="Outcome", exact=True).select_option("denied")
    expect(site_page.locator(".timeline [data-place]")).to_have_count(2)
    assert site_page.url.endswith("/events?outcome=denied")
    assert site_page.evaluate("window.mine") is True
    site_page.reload()
    expect(site_page.locator(".timeline [data-place]")).to_have_count(2)


def test_earlier_events_come_below_the_others(site_page: Page, live_console: LiveConsole) -> None:
    begun = time.time() - 500_000
    events = [STRANGER.event(begun + at) for at in range(60)]
    put_events(live_console.console.hub.database, FRONT, events)
    site_page.goto("/events")
    expect(site_page.locator("[data-place]")).to_have_count(50)
    site_page.get_by_role("link", name="Earlier events").click()
    expect(site_page.locator("[data-place]")).to_have_count(75)
    expect(site_page.locator(".more")).to_contain_text("That is the beginning.")


def test_a_card_changes_as_its_door_does(site_page: Page, live_console: LiveConsole) -> None:
    site_page.goto("/doors")
    card = site_page.locator(".door", has_text="front-door")
    expect(card).to_contain_text("recognised")
    put_events(live_console.console.hub.database, FRONT, [SPOOF.event(time.time())])
    expect(card).to_contain_text("not a living face")


def test_what_became_of_a_command_is_told_where_it_was_given(site_page: Page) -> None:
    site_page.goto("/doors")
    site_page.get_by_role("button", name="Unlock once front-door").click()
    expect(site_page.get_by_role("status")).to_contain_text("front-door is not connected.")
    assert site_page.url.endswith("/doors")


def test_a_live_picture_is_there_only_while_somebody_looks(site_page: Page, live_console) -> None:
    live = live_console.console.hub.live
    photo = cv2.cvtColor(demo_enrolment_photo(), cv2.COLOR_RGB2BGR)
    jpeg = base64.b64encode(cv2.imencode(".jpg", photo)[1].tobytes()).decode("ascii")
    face = LiveFace(x=0.35, y=0.1, w=0.3, h=0.4, person=COLLINS, state="granted")
    site_page.goto("/doors")
    button = site_page.get_by_role("button", name="Live picture front-door")
    assert not live.is_watched(FRONT)
    button.click()
    site_page.wait_for_function("() => document.querySelector('.live:not([hidden])') !== null")
    shown = site_page.locator(".live:not([hidden]) li")

    def is_shown() -> int:
        live.show(FRONT, LivePicture(time=1.0, jpeg=jpeg, faces=(face,)))
        return shown.count()

    wait_for(is_shown, "the face")
    expect(shown).to_have_text("Eileen Collins · Granted")
    size = site_page.locator(".live:not([hidden]) canvas").evaluate(
        "one => [one.width, one.height]"
    )
    assert size == [410, 400]
    button.click()
    wait_for(lambda: not live.is_watched(FRONT), "the end of it")


def test_a_live_picture_that_gave_way_is_shown_again_when_it_is_asked_for(
    site_page: Page, live_console: LiveConsole
) -> None:
    """And not by itself: two windows would take it from each other for ever."""
    hub = live_console.console.hub
    site_page.goto("/doors")
    button = site_page.get_by_role("button", name="Live picture front-door")
    button.click()
    wait_for(lambda: hub.live.is_watched(FRONT), "the look")

    async def look_elsewhere() -> None:
        with ExitStack() as looks:
            for _ in range(LOOKS_EACH):
                looks.enter_context(hub.live.watch(BACK, "Ada"))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, look_elsewhere()).result()
    told = site_page.locator(".live:not([hidden]) p")
    expect(told).to_contain_text("gave way to one that you opened later")
    assert not hub.live.is_watched(FRONT)
    button.click()
    button.click()
    wait_for(lambda: hub.live.is_watched(FRONT), "another look")
    expect(told).not_to_contain_text("gave way")
