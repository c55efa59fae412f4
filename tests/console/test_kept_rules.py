import threading

import pytest

from accessctl.config.policy import AccessConfig
from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.kept_rules import FRESH_S, KeptRules
from accessctl.errors import StoreError
from accessctl.hub.site_settings import UnreadableRulesError
from tests.clocks import HandClock
from tests.console.held_site import put_held
from tests.console.sample_site import HOPPER, put_people
from tests.console.site_console import SignIn, put_rules_of_a_later_release

BERLIN, TOKYO, UTC = "Europe/Berlin", "Asia/Tokyo", "UTC"


class Rules:
    """A site whose rules name a zone, or cannot be read."""

    def __init__(self, zone: str | None) -> None:
        self.zone, self.asked = zone, 0
        self.fault: StoreError | None = None

    def __call__(self) -> AccessConfig:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return AccessConfig(timezone=self.zone)


def test_the_rules_are_asked_again_after_a_while_or_a_change() -> None:
    rules, clock = Rules(None), HandClock(1000.0)
    kept = KeptRules(rules, clock)
    assert kept().timezone is None
    rules.zone = BERLIN
    clock.time += FRESH_S - 1
    assert kept().timezone is None
    clock.time += 1
    assert (kept().timezone, rules.asked) == (BERLIN, 2)
    rules.zone = TOKYO
    kept.changed()
    assert kept().timezone == TOKYO
    rules.zone = UTC
    # A clock that was set back.
    clock.time -= 500
    assert kept().timezone == UTC


@pytest.mark.parametrize(
    "fault", [StoreError("The disk is full; make room."), UnreadableRulesError()]
)
def test_where_the_rules_cannot_be_read_those_known_last_go_on(
    fault: StoreError, caplog: pytest.LogCaptureFixture
) -> None:
    rules, clock = Rules(BERLIN), HandClock(1000.0)
    kept = KeptRules(rules, clock)
    assert (kept().timezone, kept.is_unreadable) == (BERLIN, False)
    rules.fault = fault
    for _ in range(3):
        clock.time += FRESH_S
        assert kept().timezone == BERLIN
    assert [record.getMessage() for record in caplog.records] == [
        f"Pages go by the rules that were known last: {fault}"
    ]
    assert kept.is_unreadable is isinstance(fault, UnreadableRulesError)
    rules.fault, rules.zone = None, TOKYO
    clock.time += FRESH_S
    assert (kept().timezone, kept.is_unreadable) == (TOKYO, False)


def test_of_rules_that_never_could_be_read_the_database_is_not_asked_at_each_page() -> None:
    rules = Rules(BERLIN)
    rules.fault = UnreadableRulesError()
    kept = KeptRules(rules, HandClock(1000.0))
    assert [kept() for _ in range(3)] == [AccessConfig()] * 3
    assert rules.asked == 1


def test_what_is_present_has_no_group_where_it_cannot_be_read_and_says_a_fault() -> None:
    rules = Rules(BERLIN)
    kept = KeptRules(rules, HandClock(1000.0))
    assert kept.present().timezone == BERLIN
    rules.fault = UnreadableRulesError()
    assert kept.present() == AccessConfig()
    rules.fault = StoreError("The disk is full; make room.")
    with pytest.raises(StoreError, match="disk is full"):
        kept.present()


class SlowRules:
    """Rules whose first answer after `held` is set waits until it is let go."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.asks, self.go = threading.Event(), threading.Event()
        self.held = False

    def __call__(self) -> AccessConfig:
        told, held, self.held = self.zone, self.held, False
        if held:
            self.asks.set()
            assert self.go.wait(60)
        return AccessConfig(timezone=told)


def test_nobody_waits_while_another_one_asks_the_database() -> None:
    rules, clock = SlowRules(BERLIN), HandClock(1000.0)
    kept = KeptRules(rules, clock)
    assert kept().timezone == BERLIN
    clock.time += FRESH_S
    rules.held = True
    asking = threading.Thread(target=kept)
    asking.start()
    assert rules.asks.wait(60)
    other: list[AccessConfig] = []
    beside = threading.Thread(target=lambda: other.append(kept()), daemon=True)
    beside.start()
    beside.join(60)
    assert [access.timezone for access in other] == [BERLIN]
    rules.go.set()
    asking.join(60)


def test_what_was_asked_before_a_change_is_not_taken_for_what_is_now() -> None:
    rules = SlowRules(BERLIN)
    rules.held = True
    kept = KeptRules(rules, HandClock(1000.0))
    asking = threading.Thread(target=kept)
    asking.start()
    assert rules.asks.wait(60)
    rules.zone = TOKYO
    kept.changed()
    assert kept().timezone == TOKYO
    rules.go.set()
    asking.join(60)
    assert kept().timezone == TOKYO


def test_pages_tell_times_in_the_zone_of_the_rules_as_soon_as_it_is_saved(
    console: Console, signed_in: SignIn
) -> None:
    """Also on the pages that no rule of a door concerns."""
    client = signed_in(Capability.SITE, Capability.RULES)
    console.hub.site.set_rules({"timezone": "Asia/Tokyo"}, "tests")
    console.kept_rules.changed()
    # The console's clock is at 2023-11-14 22:13:20 UTC.
    made = client.post("/site/invite", data={"door": "front"}).text
    assert "2023-11-15 07:28" in made
    seen = client.get("/rules").text.split('name="seen" value="')[1].split('"')[0]
    given = seen.replace("Asia/Tokyo", "Europe/Berlin").replace("&#34;", '"')
    sent = {"rules": given, "seen": seen.replace("&#34;", '"')}
    assert client.post("/rules/save", data=sent).status_code == 303
    assert "2023-11-14 23:28" in client.post("/site/invite", data={"door": "back"}).text


def test_rules_of_a_later_release_take_no_page_down_and_are_told_of(
    console: Console, signed_in: SignIn
) -> None:
    put_people(console.hub, console.now())
    put_held(console.hub)
    client = signed_in(*Capability)
    person = f"/people/{HOPPER}"
    pages = ("/doors", "/events", "/people", person, "/figures", "/held", "/site", "/account")
    whole = {path: client.get(path) for path in pages}
    assert {path: page.status_code for path, page in whole.items()} == dict.fromkeys(pages, 200)
    assert not any("rules cannot be read" in page.text for page in whole.values())
    put_rules_of_a_later_release(console)
    spoilt = {path: client.get(path) for path in pages}
    assert {path: page.status_code for path, page in spoilt.items()} == dict.fromkeys(pages, 200)
    assert all("rules cannot be read" in page.text for page in spoilt.values())
    rules = client.get("/rules")
    assert (rules.status_code, "hub rules set FILE" in rules.text) == (503, True)


def test_whoever_cannot_mend_the_rules_is_not_told_of_them(
    console: Console, signed_in: SignIn
) -> None:
    put_rules_of_a_later_release(console)
    page = signed_in(Capability.LOOK).get("/doors")
    assert (page.status_code, "rules cannot be read" in page.text) == (200, False)
