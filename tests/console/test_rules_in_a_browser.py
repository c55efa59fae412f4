"""Rules and figures in a real browser, by keyboard, with nothing saved before it is meant."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.live_console import LiveConsole
from tests.console.sample_site import put_people, put_site

AXE = Path(__file__).with_name("axe") / "axe.min.js"


@pytest.fixture
def rules_page(signed_in_page: Page, live_console: LiveConsole) -> Page:
    put_site(live_console.console.hub.database, time.time())
    put_people(live_console.console.hub, time.time() - 86400)
    return signed_in_page


def test_a_time_is_added_tried_and_saved_by_the_keyboard(rules_page, live_console) -> None:
    site = live_console.console.hub.site
    before = site.rules()
    rules_page.goto("/rules")
    week = rules_page.get_by_role("region", name="The week office")
    week.get_by_role("button", name="Add a time office").press("Enter")
    second = week.get_by_role("group", name="Time 2")
    second.get_by_label("Sat", exact=True).press("Space")
    second.get_by_label("From").fill("09:00")
    second.get_by_label("Until").fill("13:00")
    second.get_by_label("Until").press("Tab")
    week.get_by_role("button", name="Draw anew office").press("Enter")
    expect(week.locator(".drawn")).to_contain_text("09:00–13:00")
    rules_page.get_by_role("button", name="Try it on the last 30 days").press("Enter")
    expect(rules_page.get_by_role("heading", level=1)).to_have_text(
        "What these rules would have done"
    )
    assert site.rules() == before
    rules_page.evaluate(AXE.read_text(encoding="utf-8"))
    assert rules_page.evaluate("() => axe.run()")["violations"] == []
    rules_page.set_viewport_size({"width": 320, "height": 700})
    assert rules_page.evaluate("document.documentElement.scrollWidth") <= 320
    rules_page.get_by_role("button", name="Save for all doors").press("Enter")
    rules_page.wait_for_url("**/rules")
    saturday = {"days": ["sat"], "opens": 9 * 60, "closes": 13 * 60}
    assert site.rules()["schedules"]["office"] == [*before["schedules"]["office"], saturday]


def test_enter_in_a_field_saves_and_removes_nothing(rules_page, live_console) -> None:
    before = live_console.console.hub.site.rules()
    rules_page.goto("/rules")
    rules_page.get_by_label("Time zone").press("Enter")
    rules_page.wait_for_url("**/rules/edit")
    week = rules_page.get_by_role("region", name="The week office")
    expect(week.get_by_role("group", name="Time 1")).to_be_visible()
    assert live_console.console.hub.site.rules() == before


def test_a_plot_is_told_in_words_and_unfolds_as_a_table(rules_page: Page) -> None:
    rules_page.goto("/figures")
    plot = rules_page.get_by_role("img", name="Decisions by outcome")
    expect(plot).to_be_visible()
    assert plot.evaluate("one => getComputedStyle(one.querySelector('.granted')).fill") not in (
        "rgb(0, 0, 0)",
        "none",
    )
    figure = rules_page.get_by_role("figure", name="Decisions by outcome")
    table = figure.get_by_role("table")
    expect(table).to_be_hidden()
    figure.locator("summary").press("Enter")
    expect(table).to_be_visible()
    expect(table.get_by_role("columnheader", name="Granted")).to_be_visible()
    rules_page.evaluate(AXE.read_text(encoding="utf-8"))
    assert rules_page.evaluate("() => axe.run()")["violations"] == []
