"""A visitor's pass in a real browser: made, read from the screen, printed; a badge from a reader
that is a keyboard, and a PIN."""

import time

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from accessctl.gallery.person import pin_matches
from accessctl.sync.pass_wire import read_pass
from tests.console.live_console import LiveConsole
from tests.console.sample_site import COLLINS, put_people, put_site
from tests.console.test_in_a_browser import AXE, MOST_BYTES

ONE = f"/people/{COLLINS}"


@pytest.fixture
def person_page(signed_in_page: Page, live_console: LiveConsole) -> Page:
    put_site(live_console.console.hub.database, time.time())
    put_people(live_console.console.hub, time.time() - 86400)
    signed_in_page.goto(ONE)
    return signed_in_page


def is_in_order(page: Page) -> None:
    """Nobody is kept out, nothing is cut off on a telephone, and it is no heavier than any page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong = page.evaluate("async () => (await axe.run()).violations.map(one => one.id)")
    assert wrong == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})
    files = page.evaluate(
        "performance.getEntriesByType('resource').reduce((sum, it) => sum + it.encodedBodySize, 0)"
    )
    assert files < MOST_BYTES


def read_by_a_camera(picture: bytes) -> str:
    """What a decoder that is not ours finds in a PNG."""
    seen = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    return str(cv2.QRCodeDetector().detectAndDecode(seen)[0])


def test_a_pass_is_made_read_from_the_screen_printed_and_withdrawn(
    person_page: Page, live_console: LiveConsole
) -> None:
    hub = live_console.console.hub
    is_in_order(person_page)
    person_page.get_by_label("front-door").check()
    person_page.get_by_role("button", name="Make a pass").press("Enter")
    expect(person_page.get_by_role("heading", level=1)).to_have_text("Pass of Eileen Collins")
    is_in_order(person_page)
    (made,) = hub.passes.listed()
    code = person_page.get_by_role("img", name="QR code of the pass of Eileen Collins")
    text = read_by_a_camera(code.screenshot())
    assert text == hub.passes.text_of(made)
    assert read_pass(text).is_signed_by(hub.authority.receipts_key)
    person_page.emulate_media(media="print")
    expect(code).to_be_visible()
    expect(person_page.get_by_role("button", name="Withdraw")).to_be_hidden()
    expect(person_page.get_by_role("navigation")).to_be_hidden()
    assert read_by_a_camera(person_page.screenshot()) == text
    person_page.emulate_media(media="screen")
    person_page.get_by_role("button", name="Withdraw").click()
    person_page.wait_for_url(f"**{ONE}")
    expect(person_page.get_by_text("Withdrawn", exact=True)).to_be_visible()
    assert hub.passes.listed()[0].withdrawn is not None


def test_a_badge_from_a_reader_that_types_and_a_pin(
    person_page: Page, live_console: LiveConsole
) -> None:
    people = live_console.console.hub.people
    field = person_page.get_by_label("Number, typed or from a reader at this computer")
    field.focus()
    # As a reader writes it: quickly, and with an end of line.
    person_page.keyboard.type("0004711")
    person_page.keyboard.press("Enter")
    mark = people.badge_digest("0004711").hex()[:8]
    expect(person_page.get_by_text(mark, exact=True)).to_be_visible()
    expect(field).to_have_value("")
    person_page.get_by_label("New PIN").fill("258013")
    person_page.get_by_label("The same again").fill("258013")
    person_page.get_by_role("button", name="Set the PIN").click()
    expect(person_page.get_by_text("A PIN is set.")).to_be_visible()
    assert pin_matches("258013", people.pins()[COLLINS])
    person_page.get_by_role("button", name="Take the PIN away").click()
    expect(person_page.get_by_text("No PIN is set.")).to_be_visible()
    assert people.pins() == {}
