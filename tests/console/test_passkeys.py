from playwright.sync_api import Page, expect

from accessctl.console.capabilities import ALL
from accessctl.console.sessions import FRESH_S
from accessctl.hub.tables import OPERATOR_KEY, OPERATOR_SESSION
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
    page.wait_for_url(f"{live_console.url}/doors")
    ways = [told["way"] for kind, told in journal(console) if kind == "signed_in"]
    assert ways == ["invitation", "passkey", "passkey"]


def test_what_needs_fresh_proof_asks_for_the_passkey_and_goes_on(
    signed_in_page: Page, live_console: LiveConsole
) -> None:
    console, page = live_console.console, signed_in_page
    with console.hub.database.writing() as db:
        earlier = console.now() - FRESH_S
        db.execute(OPERATOR_SESSION.update().values(proved=earlier))
    page.goto("/operators")
    page.get_by_role("textbox", name="Name").fill("Grace")
    page.get_by_role("button", name="Invite").click()
    page.wait_for_url("**/prove?then=/operators")
    page.get_by_role("button", name="With a passkey").click()
    page.wait_for_url("**/operators")
    page.get_by_role("textbox", name="Name").fill("Grace")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("Grace is invited")).to_be_visible()
    assert [one.operator.name for one in console.operators.listed()] == ["Ada", "Grace"]


def test_a_key_that_counts_backwards_may_be_a_copy_and_is_refused(
    signed_in_page: Page, live_console: LiveConsole
) -> None:
    console, page = live_console.console, signed_in_page
    with console.hub.database.writing() as db:
        db.execute(OPERATOR_KEY.update().values(sign_count=10**6))
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="With a passkey").click()
    told = "You were not recognised: something of what you gave is not right."
    expect(page.get_by_text(told)).to_be_visible()
    assert journal(console)[-1][0] == "refused"
    assert journal(console)[-1][1]["operator"] == "Ada"


def test_a_key_that_has_not_checked_who_holds_it_makes_no_operator(
    browser_page: Page, live_console: LiveConsole
) -> None:
    console, page = live_console.console, browser_page
    made = console.operators.invite(None, "Ada", ALL)
    devtools = page.context.new_cdp_session(page)
    # Each authenticator of the page is taken out; one that verifies nobody comes in their place.
    devtools.send("WebAuthn.disable")
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": False,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"/invitation?code={made.code}")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What you call this device").fill("laptop")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("The passkey was not used; try again.")).to_be_visible()
    assert not console.operators.listed()[0].can_sign_in


def test_a_passkey_is_not_asked_for_before_the_script_that_asks_is_there(
    browser_page: Page,
) -> None:
    browser_page.route("**/passkey.js", lambda route: route.abort())
    browser_page.goto("/sign-in")
    button = browser_page.get_by_role("button", name="With a passkey")
    expect(button).to_be_disabled()
    browser_page.unroute("**/passkey.js")
    browser_page.reload()
    expect(button).to_be_enabled()
