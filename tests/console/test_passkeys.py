from playwright.sync_api import Page, expect

from accessctl.console.capabilities import ALL
from tests.console.live_console import LiveConsole, set_up_passkey
from tests.console.site_console import journal


def test_an_operator_makes_a_passkey_and_signs_in_by_it(
    browser_page: Page, live_console: LiveConsole
) -> None:
    console, page = live_console.console, browser_page
    made = console.operators.invite(None, "Ada", ALL)
    set_up_passkey(page, made.code)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")
    page.get_by_role("button", name="With a passkey").click()
    page.wait_for_url("**/account")
    ways = [told["way"] for kind, told in journal(console) if kind == "signed_in"]
    assert ways == ["invitation", "passkey", "passkey"]
