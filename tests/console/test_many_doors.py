"""A site of many doors, and its people's faces, in a real browser at the width of a telephone."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from accessctl.gallery.people import NewPhoto
from accessctl.hub.journal import JournalKind
from tests.console.live_console import LiveConsole
from tests.console.sample_site import (
    COLLINS,
    doorway,
    put_door,
    put_events,
    put_person,
    put_site,
)
from tests.console.site_console import journal
from tests.console.test_site_work_in_a_browser import complaints

ROOMS = [f"floor-{floor}-room-{room}" for floor in range(6) for room in range(6)]
PHONE = {"width": 390, "height": 800}


@pytest.fixture
def phone(signed_in_page: Page, live_console: LiveConsole) -> Page:
    hub = live_console.console.hub
    put_site(hub.database, hub.now())
    for number, name in enumerate(ROOMS):
        put_door(hub.database, f"{number:032x}", name, hub.now() + 3600)
    signed_in_page.set_viewport_size(PHONE)
    return signed_in_page


def fits(page: Page) -> None:
    """Nobody is kept out, and nothing is beside the screen."""
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_one_of_many_doors_is_found_as_one_types(phone: Page) -> None:
    phone.goto("/doors")
    phone.evaluate("window.mine = true")
    expect(phone.locator(".door:visible")).to_have_count(39)
    phone.get_by_role("searchbox", name="Find a door").fill("FLOOR-3-room-4")
    expect(phone.locator(".door:visible")).to_have_count(1)
    expect(phone.get_by_role("heading", name="floor-3-room-4")).to_be_visible()
    expect(phone.locator("form [role=status]")).to_have_text("1 of 39 doors are shown.")
    fits(phone)
    assert phone.evaluate("window.mine") is True


def test_a_door_with_which_something_becomes_the_matter_comes_into_view(
    phone: Page, live_console: LiveConsole
) -> None:
    phone.goto("/doors")
    phone.get_by_label("Only with something the matter").check()
    visible = phone.locator(".door:visible h2")
    expect(visible).to_have_text(["back-door", "laboratory"])
    hub = live_console.console.hub
    put_events(hub.database, f"{7:032x}", [doorway("forced", hub.now())])
    expect(visible).to_have_text(["back-door", "laboratory", ROOMS[7]])
    fits(phone)


def test_posture_and_face_entry_are_one_key_away(phone: Page) -> None:
    phone.goto("/doors?named=back-door")
    card = phone.locator(".door:visible")
    expect(card.get_by_role("button", name="Set")).to_be_hidden()
    card.locator("summary").press("Enter")
    expect(card.get_by_label("Posture of back-door").first).to_have_value("locked_down")
    fits(phone)


def test_filters_of_events_are_folded_where_there_is_little_room(phone: Page) -> None:
    phone.goto("/events")
    outcome = phone.get_by_role("combobox", name="Outcome", exact=True)
    expect(outcome).to_be_hidden()
    phone.locator("summary", has_text="Filters").click()
    outcome.select_option("denied")
    expect(phone.locator(".timeline [data-place]")).to_have_count(2)
    fits(phone)
    # Whoever filters sees by what.
    phone.reload()
    expect(outcome).to_be_visible()


def test_a_photo_is_asked_for_only_once_somebody_wants_to_see_it(
    phone: Page, live_console: LiveConsole
) -> None:
    console = live_console.console
    file = io.BytesIO()
    Image.new("RGB", (300, 300), (90, 120, 150)).save(file, "JPEG")
    photo = NewPhoto(
        jpeg=file.getvalue(),
        embedding=np.full(4, 0.5, np.float32),
        fingerprint="f" * 64,
        quality=0.9,
        added=console.now(),
    )
    put_person(console.hub, COLLINS, photo)

    def shown() -> int:
        return sum(kind == JournalKind.SHOWN for kind, _ in journal(console))

    phone.goto(f"/people/{COLLINS}")
    phone.wait_for_load_state("networkidle")
    assert shown() == 0
    phone.locator(".shown-photo summary").click()
    expect(phone.get_by_role("img", name="Photo 1 of Eileen Collins")).to_be_visible()
    phone.wait_for_load_state("networkidle")
    assert shown() == 1
    phone.goto("/people")
    phone.get_by_label("With faces").check()
    phone.get_by_role("button", name="Find").click()
    face = phone.locator(".person img")
    expect(face).to_be_visible()
    assert face.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    assert shown() == 2
    fits(phone)
