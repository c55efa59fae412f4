from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.zones import FRESH_S, SiteZone
from accessctl.errors import StoreError
from tests.clocks import HandClock
from tests.console.site_console import SignIn

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")


class Rules:
    """A site whose rules name a zone, or cannot be read."""

    def __init__(self, zone: tzinfo | None) -> None:
        self.zone, self.broken, self.asked = zone, False, 0

    def __call__(self) -> tzinfo | None:
        self.asked += 1
        if self.broken:
            raise StoreError("The disk is full; make room.")
        return self.zone


def test_a_zone_of_the_configuration_counts_alone() -> None:
    rules = Rules(TOKYO)
    assert SiteZone(BERLIN, rules, HandClock(0.0))() is BERLIN
    assert rules.asked == 0


def test_the_rules_are_asked_again_after_a_while_or_a_change() -> None:
    rules, clock = Rules(None), HandClock(1000.0)
    zone = SiteZone(None, rules, clock)
    assert zone() is None
    rules.zone = BERLIN
    clock.time += FRESH_S - 1
    assert zone() is None
    clock.time += 1
    assert (zone(), rules.asked) == (BERLIN, 2)
    rules.zone = TOKYO
    zone.changed()
    assert zone() is TOKYO
    rules.zone = UTC
    # A clock that was set back.
    clock.time -= 500
    assert zone() is UTC


def test_where_the_rules_cannot_be_read_the_zone_stays() -> None:
    rules, clock = Rules(BERLIN), HandClock(1000.0)
    zone = SiteZone(None, rules, clock)
    assert zone() is BERLIN
    rules.broken = True
    clock.time += FRESH_S
    assert zone() is BERLIN
    rules.broken, rules.zone = False, TOKYO
    clock.time += FRESH_S
    assert zone() is TOKYO


def test_pages_tell_times_in_the_zone_of_the_rules_as_soon_as_it_is_saved(
    console: Console, signed_in: SignIn
) -> None:
    """Also on the pages that no rule of a door concerns."""
    client = signed_in(Capability.SITE, Capability.RULES)
    console.hub.site.set_rules({"timezone": "Asia/Tokyo"}, "tests")
    console.site_zone.changed()
    # The console's clock is at 2023-11-14 22:13:20 UTC.
    made = client.post("/site/invite", data={"door": "front"}).text
    assert "2023-11-15 07:28" in made
    seen = client.get("/rules").text.split('name="seen" value="')[1].split('"')[0]
    given = seen.replace("Asia/Tokyo", "Europe/Berlin").replace("&#34;", '"')
    sent = {"rules": given, "seen": seen.replace("&#34;", '"')}
    assert client.post("/rules/save", data=sent).status_code == 303
    assert "2023-11-14 23:28" in client.post("/site/invite", data={"door": "back"}).text
