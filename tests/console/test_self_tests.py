from accessctl.console.app import Console
from accessctl.console.capabilities import Capability
from accessctl.console.event_view import Tone
from accessctl.console.self_tests import self_test_lines
from accessctl.console.words import Words, catalogue
from accessctl.hub.event_search import EventPlace, SiteEvent
from tests.console.sample_site import FRONT, put_door, put_events, service
from tests.console.site_console import SignIn

WORDS = Words("en", catalogue())
LIVING = {"species": "live", "rate": "BPCER", "errors": 1, "trials": 10, "no_face": 0}
PRINT = {"species": "print", "rate": "APCER", "errors": 0, "trials": 9, "no_face": 1}
UNSEEN = {"species": "phone", "rate": "APCER", "no_face": 10}


def session_of(*rates: object, **more: object):
    told = {"mode": "passive", "complete": True, "rates": list(rates), **more}
    event = service("liveness_tested", 1000.0, **told)
    return SiteEvent(EventPlace(1000.0, FRONT, 1), "front", event, bytes(32))


def test_a_session_is_told_by_what_was_presented() -> None:
    (line,) = self_test_lines([session_of(LIVING, PRINT, UNSEEN)], WORDS)
    assert (line.door, line.time, line.mode, line.tone) == (
        "front",
        1000.0,
        "passive",
        Tone.GRANTED,
    )
    assert line.said == (
        "1 of 10 living people refused",
        "print: 0 of 9 let in",
        "phone: no face seen",
    )


def test_a_picture_that_was_let_in_is_a_trouble() -> None:
    (line,) = self_test_lines([session_of({**PRINT, "errors": 2}, complete=False)], WORDS)
    assert line.tone is Tone.TROUBLE
    assert line.said == ("print: 2 of 9 let in", "broken off")


def test_a_record_that_tells_nothing_is_shown_as_far_as_it_goes() -> None:
    odd = session_of("x", {"species": 3, "errors": -1, "trials": "many"})
    none = session_of()
    none.event.data["rates"] = None
    lines = self_test_lines([odd, none], WORDS)
    assert [line.said for line in lines] == [("3: no face seen",), ()]
    assert self_test_lines([SiteEvent(odd.place, "a", service("started", 1.0), b"")], WORDS) == ()


def test_the_page_lists_the_tests_of_doors(console: Console, signed_in: SignIn) -> None:
    put_door(console.hub.database, FRONT, "front-door", console.now())
    client = signed_in(Capability.LOOK)
    assert "No door was tested in this time." in client.get("/figures").text
    rates = {"mode": "passive", "complete": True, "rates": [PRINT]}
    events = [service("liveness_tested", console.now() - 1 - at, **rates) for at in range(22)]
    put_events(console.hub.database, FRONT, events)
    page = client.get("/figures").text
    assert page.count("print: 0 of 9 let in") == 20
    assert "2 older ones are not listed." in page
