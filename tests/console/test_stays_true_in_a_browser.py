"""What a page shows stays true while it is open, or says that it does not."""

import base64
import time
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Page, expect

from accessctl.demo.people import demo_enrolment_photo
from accessctl.sync.feed_wire import LiveFace, LivePicture
from tests.beside import repeated
from tests.console.live_console import LiveConsole
from tests.console.sample_site import (
    BACK,
    COLLINS,
    FRONT,
    STRANGER,
    put_door,
    put_events,
    put_people,
    put_site,
)

PAINTED = (
    """one => one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some(Boolean)"""
)


@pytest.fixture
def site_page(signed_in_page: Page, live_console: LiveConsole) -> Page:
    put_site(live_console.console.hub.database, time.time())
    put_people(live_console.console.hub, time.time() - 86400)
    return signed_in_page


def test_a_door_that_is_revoked_is_shown_no_longer(site_page: Page, live_console) -> None:
    site_page.goto("/doors")
    names = site_page.locator(".door h2")
    expect(names).to_have_count(3)
    live_console.console.hub.doors.revoke("front-door")
    expect(names).to_have_text(["back-door", "laboratory"])
    expect(site_page.locator("#tally")).to_contain_text("2 doors")


def test_a_picture_that_nothing_follows_is_not_shown_as_what_a_door_sees(
    site_page: Page, live_console: LiveConsole
) -> None:
    live = live_console.console.hub.live
    photo = cv2.cvtColor(demo_enrolment_photo(), cv2.COLOR_RGB2BGR)
    jpeg = base64.b64encode(cv2.imencode(".jpg", photo)[1].tobytes()).decode("ascii")
    face = LiveFace(x=0.35, y=0.1, w=0.3, h=0.4, person=COLLINS, state="granted")
    picture = LivePicture(time=1.0, jpeg=jpeg, faces=(face,))
    site_page.goto("/doors")
    site_page.get_by_role("button", name="Live picture front-door").click()
    shown = site_page.locator(".live:not([hidden])")
    with repeated(lambda: live.show(FRONT, picture), 0.2):
        expect(shown.locator("li")).to_have_text("Eileen Collins · Granted")
        expect(shown.locator("p")).to_be_hidden()
        assert shown.locator("canvas").evaluate(PAINTED)
    expect(shown.locator("p")).to_have_text("Waiting for the door's picture")
    expect(shown.locator("p")).to_be_visible()
    expect(shown.locator("li")).to_have_count(0)
    assert not shown.locator("canvas").evaluate(PAINTED)


def test_after_a_long_break_the_events_have_no_gap(site_page: Page, live_console) -> None:
    """More came than one answer holds: the list begins anew instead of hiding some of them."""
    site_page.goto("/events")
    site_page.evaluate("window.mine = true")
    site_page.context.set_offline(offline=True)
    now = time.time()
    events = [STRANGER.event(now + at / 100) for at in range(60)]
    put_events(live_console.console.hub.database, BACK, events)
    site_page.context.set_offline(offline=False)
    lines = site_page.locator("[data-place]")
    expect(lines.first).to_have_id(f"e-{BACK}-64")
    expect(lines).to_have_count(50)
    expect(lines.last).to_have_id(f"e-{BACK}-15")
    site_page.get_by_role("link", name="Earlier events").click()
    expect(site_page.locator(f"#e-{BACK}-14")).to_have_count(1)
    assert site_page.evaluate("window.mine") is True


def test_whoever_fills_in_a_form_is_there(site_page: Page) -> None:
    site_page.clock.install()
    site_page.goto("/consent")
    site_page.clock.fast_forward("02:00")
    with site_page.expect_response("**/here") as asked:
        site_page.locator("textarea[name=text]").press_sequentially("We keep")
    assert asked.value.status == 204


def test_more_files_than_the_hub_takes_are_not_sent(site_page: Page, tmp_path: Path) -> None:
    """Otherwise whoever chose them would wait, and then begin anew."""
    files = [tmp_path / f"{number}.jpg" for number in range(2)]
    for file in files:
        with file.open("wb") as made:
            made.truncate(17_000_000)
    site_page.goto("/people/new")
    form = site_page.locator("form[enctype]")
    form.get_by_label("Name").fill("Grace Hopper")
    picker = form.locator("input[type=file]")
    picker.set_input_files(files)
    expect(form.get_by_role("status")).to_have_text(
        "34.0 MB are too much at once; choose at most 32 MB."
    )
    form.get_by_role("button", name="Enrol somebody").click()
    assert site_page.url.endswith("/people/new")
    assert picker.evaluate("one => one.validationMessage").startswith("34.0 MB")
    picker.set_input_files(files[:1])
    expect(form.get_by_role("status")).to_have_text("Chosen: 1, 17.0 MB")
    assert picker.evaluate("one => one.checkValidity()")


def test_a_long_name_has_room_on_a_telephone(site_page: Page, live_console: LiveConsole) -> None:
    hub = live_console.console.hub
    with hub.people.changing() as edit:
        edit.rename(COLLINS, "Wolfeschlegelsteinhausenbergerdorff" * 2)
    put_door(hub.database, "d" * 32, "wolfeschlegelsteinhausenbergerdorff" * 2, time.time())
    put_events(hub.database, "d" * 32, [STRANGER.event(time.time() - 9)])
    site_page.set_viewport_size({"width": 320, "height": 700})
    for path in (
        *("/people", f"/people/{COLLINS}", "/doors", "/events", "/site", "/figures", "/consent"),
        f"/events/{'d' * 32}/1",
        f"/people/camera?person={COLLINS}",
    ):
        site_page.goto(path)
        assert site_page.evaluate("document.documentElement.scrollWidth") <= 320, path
