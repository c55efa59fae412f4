"""The console by a finger, on a telephone: what is drawn and painted, what is scrolled, and whether
a finger hits what it means."""

import time
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accessctl.console.capabilities import ALL
from accessctl.hub.drawn_signature import drawing_in
from tests.console.live_console import LiveConsole, set_up_passkey, watched_page
from tests.console.sample_site import COLLINS, put_people, put_site
from tests.console.test_in_a_browser import AXE, PAGES
from tests.console.test_site_work_in_a_browser import complaints

PHONE = {"width": 390, "height": 844}
FINGER = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
Place = tuple[float, float]


@pytest.fixture
def telephone(chromium: Browser, live_console: LiveConsole) -> Iterator[Page]:
    with watched_page(chromium, live_console.url, **FINGER) as page:
        yield page


@pytest.fixture
def signed_in_telephone(telephone: Page, live_console: LiveConsole) -> Page:
    console = live_console.console
    put_site(console.hub.database, time.time())
    put_people(console.hub, time.time() - 86400)
    set_up_passkey(telephone, console.operators.invite(None, "Ada", ALL).code)
    return telephone


def drag(page: Page, places: Sequence[Place]) -> None:
    """A finger goes down at the first place, over the others, rests at the last, and goes up: one
    that is still on its way flings, and the tap after it only stops that."""
    devtools = page.context.new_cdp_session(page)
    begun = time.time() - 0.1 * len(places) - 1

    def touch(kind: str, at: float, *points: Place) -> None:
        found = [{"x": x, "y": y} for x, y in points]
        told = {"type": kind, "touchPoints": found, "timestamp": begun + 0.1 * at}
        devtools.send("Input.dispatchTouchEvent", told)

    touch("touchStart", 0, places[0])
    for at, place in enumerate((*places[1:], places[-1]), 1):
        touch("touchMove", at, place)
    touch("touchEnd", len(places) + 9)
    devtools.detach()


def middle(of: Locator) -> Place:
    box = of.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def scrolled(page: Page) -> float:
    return float(page.evaluate("scrollY"))


def test_a_week_is_painted_by_a_finger_and_beside_it_the_page_scrolls(
    signed_in_telephone: Page,
) -> None:
    page = signed_in_telephone
    page.goto("/rules")
    grid = page.get_by_role("grid", name="Paint the week office")
    grid.scroll_into_view_if_needed()
    top = middle(grid)

    def cell(day: int, half_hour: int) -> Locator:
        return grid.locator(f"[data-day='{day}'][data-cell='{half_hour}']")

    (x0, y0), (x1, y1) = middle(cell(3, 18)), middle(cell(4, 25))
    steps = [(x0 + (x1 - x0) * at / 8, y0 + (y1 - y0) * at / 8) for at in range(9)]
    drag(page, steps)
    # Thursday and Friday from 9:00 on, to the end of the half hour from 12:30 on.
    for day in ("Thu", "Fri"):
        row = grid.get_by_role("row", name=day)
        expect(row.locator(".said")).to_have_text("09:00–13:00")
    second = page.get_by_role("region", name="The week office").get_by_role("group", name="Time 2")
    expect(second.get_by_label("From")).to_have_value("09:00")
    # The fields above it are more; the week is where the finger left it.
    assert middle(grid) == pytest.approx(top, abs=2)
    # A tap switches one.
    page.touchscreen.tap(*middle(cell(5, 20)))
    expect(grid.get_by_role("row", name="Sat").locator(".said")).to_have_text("10:00–10:30")
    x, y = middle(grid.get_by_role("rowheader").nth(7))
    before = scrolled(page)
    drag(page, [(x, y - 30 * at) for at in range(8)])
    page.wait_for_function("before => scrollY > before + 60", arg=before)


def test_a_signature_is_drawn_by_a_finger(telephone: Page, live_console: LiveConsole) -> None:
    page, console = telephone, live_console.console
    console.hub.consents.add_text(b"We keep your face to let you in.", "tests")
    token, _ = console.phones.invite("Grace Hopper", None, "Ada")
    page.goto(f"/phone/{token}")
    canvas, clear = page.locator("canvas"), page.get_by_role("button", name="Clear the signature")
    canvas.scroll_into_view_if_needed()
    expect(clear).to_be_disabled()
    before = scrolled(page)
    box = canvas.bounding_box()
    assert box is not None

    def sign(*shares: Place) -> None:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
        drag(page, places)

    sign((0.1, 0.5), (0.9, 0.5))
    page.wait_for_function("() => document.querySelector('[name=drawn]').value !== ''")
    clear.tap()
    expect(page.locator("[name=drawn]")).to_have_value("")
    sign((0.1, 0.2), (0.1, 0.5), (0.1, 0.8))
    sign((0.2, 0.5), (0.5, 0.5))
    assert scrolled(page) == before
    assert complaints(page) == []
    page.get_by_label("Your name, as your signature").fill("Grace Hopper")
    page.get_by_label("I agree").tap()
    page.get_by_role("button", name="Go on to the photos").tap()
    expect(page.get_by_role("heading", level=2)).to_contain_text("Photo 1 of 3")
    drawing = drawing_in(console.phones.visit(token).strokes)
    assert drawing is not None
    down, across = drawing.strokes
    assert [x for x, _ in down] == pytest.approx([60] * 3, abs=3)
    assert [y for _, y in down] == pytest.approx([40, 100, 160], abs=3)
    assert (across[0], across[-1]) == ((120, 100), (300, 100))


def test_a_finger_hits_what_it_means_on_every_page(signed_in_telephone: Page) -> None:
    """Targets of 24 by 24 CSS pixels, or with as much room around them (WCAG 2.2, 2.5.8)."""
    page = signed_in_telephone
    found = {}
    for path in PAGES:
        page.goto(path)
        for menu in page.locator("summary:visible").all():
            menu.tap()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate(
            "() => axe.run({runOnly: ['target-size'], rules: {'target-size': {enabled: true}}})"
        )
        found[path] = [
            (node["html"], node.get("failureSummary"))
            for one in result["violations"]
            for node in one["nodes"]
        ]
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], path
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_whoever_signs_on_a_persons_page_is_asked_for_no_more_than_their_name(
    signed_in_telephone: Page, live_console: LiveConsole
) -> None:
    page, consents = signed_in_telephone, live_console.console.hub.consents
    consents.add_text(b"We keep your face to let you in.", "tests")
    page.goto(f"/people/{COLLINS}")
    page.get_by_text("Put a consent on record").tap()
    canvas = page.locator("canvas")
    expect(canvas).to_be_hidden()
    page.get_by_role("combobox", name="How", exact=True).select_option("typed_name")
    expect(canvas).to_be_visible()
    assert complaints(page) == []
    x, y = middle(canvas)
    drag(page, [(x - 60, y), (x + 60, y)])
    page.get_by_label("Who, or which basis").fill("Eileen Collins")
    page.get_by_role("button", name="Put on record").tap()
    expect(page.get_by_role("link", name="The signature")).to_be_visible()
    ((record, given),) = consents.of(COLLINS)
    assert (record.how, given.words) == ("drawn", "Eileen Collins")


def test_whom_other_days_would_let_expire_is_read_on_a_telephone(
    signed_in_telephone: Page,
) -> None:
    page = signed_in_telephone
    page.goto("/consent")
    page.get_by_label("Days without being let in").fill("180")
    page.get_by_role("button", name="See whom it would concern").tap()
    rows = page.get_by_role("row", name="Eileen Collins")
    expect(rows.get_by_role("cell").nth(2)).to_be_in_viewport()
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_text("is let in nowhere for 180 days")).to_be_visible()
