"""Decisions, weeks that are painted, and folders in a real browser, with nothing cut off and nobody
kept out."""

import time
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Locator, Page, expect

from accessctl.console.photo_desk import PhotoDesk
from accessctl.demo.people import demo_enrolment_photo
from accessctl.policy.consent import ConsentWay, GivenConsent
from tests.console.held_site import put_held
from tests.console.live_console import LiveConsole
from tests.console.phone_site import judges, png
from tests.console.sample_site import COLLINS, put_people, put_site

AXE = Path(__file__).with_name("axe") / "axe.min.js"
PAGES = ("/held", "/consent", f"/people/{COLLINS}", "/removals", "/site", "/people/new/folder")
LOOKS = {
    "light": ({"width": 1280, "height": 900}, "light"),
    "dark": ({"width": 1280, "height": 900}, "dark"),
    "phone": ({"width": 320, "height": 700}, "light"),
}


@pytest.fixture
def work_page(signed_in_page: Page, live_console: LiveConsole) -> Page:
    """Of a site with people and doors, at which something waits for a decision."""
    hub = live_console.console.hub
    put_site(hub.database, time.time())
    put_people(hub, time.time() - 86400)
    photo = cv2.cvtColor(demo_enrolment_photo(), cv2.COLOR_RGB2BGR)
    put_held(hub, cv2.imencode(".jpg", photo)[1].tobytes())
    hub.consents.add_text(b"We keep your face to let you in.\n", "tests")
    given = GivenConsent(ConsentWay.WITNESS, "Ada")
    hub.consents.give("Eileen Collins", given, "tests")
    return signed_in_page


def complaints(page: Page) -> list[tuple]:
    """What axe finds wrong with the page as it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("() => axe.run()")
    assert len(result["passes"]) > 15
    return [
        (one["id"], node["html"], node.get("failureSummary"))
        for one in result["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_is_kept_out_and_nothing_is_cut_off(work_page: Page, live_console, look) -> None:
    live_console.console.hub.people.remove("Grace Hopper")
    viewport, scheme = LOOKS[look]
    work_page.set_viewport_size(viewport)
    work_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in PAGES:
        work_page.goto(path)
        for fold in work_page.locator("summary").all():
            fold.click()
        assert complaints(work_page) == [], path
        wide = work_page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], path


def test_both_sides_are_looked_at_and_it_is_decided_by_the_keyboard(work_page, live_console):
    work_page.goto("/people")
    work_page.get_by_role("link", name="To decide: 3").press("Enter")
    case = work_page.get_by_role("article", name="Grace Hopper")
    photo = case.get_by_role("img", name="Photo 1 of Grace Hopper, from the door")
    photo.scroll_into_view_if_needed()
    expect(photo).to_have_js_property("complete", True)
    assert photo.evaluate("one => one.naturalWidth") > 100
    expect(case.get_by_role("img", name="Grace Hopper, as enrolled")).to_be_attached()
    case.get_by_label("Of the name").fill("Grace M. Hopper")
    case.get_by_label("staff").press("Space")
    case.get_by_role("button", name="It is somebody new").press("Enter")
    work_page.wait_for_url("**/people/*")
    expect(work_page.get_by_role("heading", level=1)).to_have_text("Grace M. Hopper")
    people = live_console.console.hub.people
    taken = people.person("Grace M. Hopper")
    assert (taken.photos, people.rules()[taken.id].groups) == (2, ("staff",))
    expect(work_page.get_by_role("link", name="To decide: 2")).to_be_visible()


def test_a_copy_of_the_data_and_a_certificate_are_downloaded(work_page, live_console, tmp_path):
    work_page.goto(f"/people/{COLLINS}")
    with work_page.expect_download() as copy:
        work_page.get_by_role("button", name="Download all of it").click()
    copy.value.save_as(tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").read_bytes().startswith(b"PK")
    live_console.console.hub.people.remove("Eileen Collins")
    work_page.goto("/removals")
    with work_page.expect_download() as proof:
        work_page.get_by_role("button", name="Certificate of deletion").click()
    proof.value.save_as(tmp_path / "proof.json")
    assert COLLINS.encode() in (tmp_path / "proof.json").read_bytes()


@pytest.fixture
def week(work_page: Page) -> Locator:
    work_page.goto("/rules")
    return work_page.get_by_role("region", name="The week office")


def cell(week: Locator, name: str) -> Locator:
    return week.get_by_role("gridcell", name=name, exact=True)


def spans(week: Locator) -> list[tuple[str, str, str]]:
    """What the form holds: days, from, until."""
    return [
        (
            " ".join(
                box.get_attribute("value") or ""
                for box in one.get_by_role("checkbox").all()
                if box.is_checked()
            ),
            one.get_by_label("From").input_value(),
            one.get_by_label("Until").input_value(),
        )
        for one in week.get_by_role("group").all()
    ]


def drag(page: Page, begin: Locator, end: Locator) -> None:
    first, last = begin.bounding_box(), end.bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + first["height"] / 2)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] / 2, last["y"] + last["height"] / 2, steps=8)
    page.mouse.up()


def test_a_week_is_painted_by_the_mouse_and_saved(work_page, week, live_console) -> None:
    assert spans(week) == [("mon tue wed", "08:00", "18:00")]
    expect(cell(week, "Monday, 08:00 to 08:30")).to_have_attribute("aria-selected", "true")
    begin = cell(week, "Saturday, 09:00 to 09:30")
    drag(work_page, begin, cell(week, "Sunday, 12:30 to 13:00"))
    assert spans(week) == [("mon tue wed", "08:00", "18:00"), ("sat sun", "09:00", "13:00")]
    expect(week.get_by_role("status")).to_have_text("Saturday – Sunday, 09:00 to 13:00: open")
    begin = cell(week, "Tuesday, 12:00 to 12:30")
    drag(work_page, begin, cell(week, "Tuesday, 12:30 to 13:00"))
    assert spans(week) == [
        ("mon wed", "08:00", "18:00"),
        ("tue", "08:00", "12:00"),
        ("tue", "13:00", "18:00"),
        ("sat sun", "09:00", "13:00"),
    ]
    assert complaints(work_page) == []
    work_page.get_by_role("button", name="Try it on the last 30 days").click()
    work_page.get_by_role("button", name="Save for all doors").click()
    work_page.wait_for_url("**/rules")
    kept = live_console.console.hub.site.rules()["schedules"]["office"]
    assert [(one["days"], one["opens"], one["closes"]) for one in kept] == [
        (["mon", "wed"], 480, 1080),
        (["tue"], 480, 720),
        (["tue"], 780, 1080),
        (["sat", "sun"], 540, 780),
    ]


def test_a_week_is_painted_by_keys_alone(work_page, week) -> None:
    cell(week, "Monday, 00:00 to 00:30").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "End"):
        work_page.keyboard.press(key)
    expect(cell(week, "Thursday, 23:30 to 24:00")).to_be_focused()
    work_page.keyboard.press("Space")
    work_page.keyboard.press("Shift+ArrowLeft")
    work_page.keyboard.press("Shift+ArrowDown")
    assert spans(week) == [
        ("mon tue wed", "08:00", "18:00"),
        ("thu", "23:00", "24:00"),
        ("fri", "23:00", "23:30"),
    ]
    work_page.keyboard.press("Enter")
    assert ("fri", "23:00", "23:30") not in spans(week)
    work_page.keyboard.press("ArrowUp")
    expect(cell(week, "Thursday, 23:00 to 23:30")).to_be_focused()
    tabbable = week.locator(".painted [tabindex='0']")
    expect(tabbable).to_have_count(1)


def test_times_that_are_no_half_hours_and_nights_stay_as_they_are(work_page, week) -> None:
    week.get_by_label("From").fill("08:10")
    week.get_by_role("button", name="Add a time office").click()
    night = week.get_by_role("group", name="Time 2")
    night.get_by_label("Fri", exact=True).check()
    night.get_by_label("From").fill("22:00")
    night.get_by_label("Until").fill("06:00")
    night.get_by_label("Until").press("Tab")
    expect(cell(week, "Monday, 08:00 to 08:30, in part")).to_be_visible()
    expect(cell(week, "Saturday, 05:30 to 06:00")).to_have_attribute("aria-selected", "true")
    cell(week, "Holidays, 10:00 to 10:30").click()
    expected = [
        ("mon tue wed", "08:10", "18:00"),
        ("fri", "22:00", "06:00"),
        ("holiday", "10:00", "10:30"),
    ]
    assert spans(week) == expected
    # In the middle of the night that began on Friday.
    cell(week, "Saturday, 02:00 to 02:30").click()
    assert spans(week) == [
        ("mon tue wed", "08:10", "18:00"),
        ("fri", "22:00", "02:00"),
        ("sat", "02:30", "06:00"),
        ("holiday", "10:00", "10:30"),
    ]
    # The server draws the same week from the fields as the script did.
    painted = week.locator(".painted .said").all_inner_texts()
    week.get_by_role("button", name="Draw anew office").click()
    work_page.wait_for_url("**/rules/edit")
    assert week.locator("table.week span").all_text_contents() == painted
    assert week.locator(".painted .said").all_inner_texts() == painted


def test_what_cannot_be_read_yet_is_not_painted_over(work_page, week) -> None:
    week.get_by_label("From").fill("soon")
    week.get_by_label("From").press("Tab")
    cell(week, "Sunday, 10:00 to 10:30").click()
    assert spans(week) == [("mon tue wed", "soon", "18:00"), ("sun", "10:00", "10:30")]


def test_a_folder_is_enrolled_as_it_lies_there(signed_in_page, live_console, tmp_path, monkeypatch):
    desk = PhotoDesk(judges, 1_000_000, 2_000_000)
    monkeypatch.setattr(live_console.console.photos, "_judges", desk._judges)
    team = tmp_path / "team"
    (team / "Mary").mkdir(parents=True)
    (team / "Joan.png").write_bytes(png(120))
    (team / "Mary" / "1.png").write_bytes(png(200))
    (team / "Mary" / "dark.png").write_bytes(png(0))
    (team / "list.txt").write_text("names")
    signed_in_page.goto("/people/new/folder")
    signed_in_page.get_by_label("The folder: choose it here").set_input_files(team)
    expect(signed_in_page.get_by_role("status").first).to_contain_text("Chosen: 4")
    signed_in_page.get_by_role("button", name="Enrol the folder").click()
    row = signed_in_page.get_by_role("row", name="Mary/dark.png")
    expect(row).to_contain_text("No face was found in Mary/dark.png")
    expect(signed_in_page.get_by_role("row", name="list.txt")).to_contain_text(
        "not a photo by its name"
    )
    names = {one.name: one.photos for one in live_console.console.hub.people.people()}
    assert names == {"Joan": 1, "Mary": 1}
    assert complaints(signed_in_page) == []


def test_files_that_are_dropped_beside_the_picker_are_taken(work_page: Page) -> None:
    work_page.goto("/people/new")
    files = work_page.evaluate_handle(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(["x".repeat(500000)], "a.jpg", { type: "image/jpeg" }));
            files.items.add(new File(["x".repeat(700000)], "b.jpg", { type: "image/jpeg" }));
            return files;
        }"""
    )
    label = work_page.locator("label.drop").first
    label.dispatch_event("dragover", {"dataTransfer": files})
    label.dispatch_event("drop", {"dataTransfer": files})
    expect(work_page.get_by_role("status").first).to_have_text("Chosen: 2, 1.2 MB")
    picker = work_page.locator("input[type=file]")
    assert picker.evaluate("one => [...one.files].map((file) => file.name)") == ["a.jpg", "b.jpg"]
