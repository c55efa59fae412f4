from dataclasses import replace

import numpy as np
import pytest

from accessctl.domain import Event, PersonId
from accessctl.errors import HubError, MisfitError
from accessctl.gallery.fake import random_units
from accessctl.hub.event_search import EventPlace, SiteEvent
from accessctl.hub.naming import (
    LifeSeen,
    NamingObstacle,
    UnknownVisit,
    VisitNaming,
    life_in,
    obstacle_in,
    obstacle_to,
)
from accessctl.hub.pictures import AlteredPictureError
from accessctl.hub.tables import EVENT_PICTURE
from accessctl.recognition.enrolment import Candidate
from tests.administration import backed_up
from tests.console.naming_site import jpeg, put_visit
from tests.console.sample_site import (
    FRONT,
    GRANTED,
    LATE,
    LIVING,
    SCREEN,
    SPOOF,
    STRANGER,
    put_door,
)

YARDSTICK = replace(backed_up.YARDSTICK, target_fmr=1e-2)
ONE, OTHER = random_units(2, 8, seed=5)


def photo(face) -> Candidate:
    return Candidate(face, "f" * 64, 0.8, b"jpeg", "a picture", YARDSTICK)


def with_evidence(event: Event, **said: object) -> Event:
    return replace(event, data={**event.data, "evidence": {**event.data["evidence"], **said}})


UNKNOWN = STRANGER.event(5.0)


@pytest.mark.parametrize(
    ("event", "obstacle"),
    [
        (UNKNOWN, None),
        (replace(STRANGER, cues=LIVING).event(5.0), None),
        (replace(STRANGER, reason="left_early").event(5.0), None),
        (with_evidence(UNKNOWN, liveness="pending"), None),
        (with_evidence(UNKNOWN, liveness="missing"), None),
        (with_evidence(UNKNOWN, liveness="refuted"), NamingObstacle.NOT_ALIVE),
        (replace(STRANGER, cues=SCREEN).event(5.0), NamingObstacle.NOT_ALIVE),
        (SPOOF.event(5.0), NamingObstacle.NOT_ALIVE),
        (Event(5.0, UNKNOWN.kind, {"reason": "not_live"}), NamingObstacle.NOT_ALIVE),
        (replace(STRANGER, cues=(SCREEN[1],)).event(5.0), NamingObstacle.DOUBTED),
        (with_evidence(UNKNOWN, doubted=True), NamingObstacle.DOUBTED),
        (Event(5.0, UNKNOWN.kind, {"decision": "unknown"}), NamingObstacle.NO_EVIDENCE),
        (with_evidence(UNKNOWN, cues="none"), NamingObstacle.NO_EVIDENCE),
        (GRANTED.event(5.0), NamingObstacle.KNOWN),
        (LATE.event(5.0), NamingObstacle.KNOWN),
        (replace(UNKNOWN, person=PersonId("a" * 32)), NamingObstacle.KNOWN),
    ],
)
def test_what_one_decision_says_against_a_name(event, obstacle) -> None:
    assert obstacle_in(event) is obstacle


def test_what_was_seen_of_life() -> None:
    pending = with_evidence(UNKNOWN, liveness="pending")
    off = with_evidence(UNKNOWN, liveness="not_needed", cues=None)
    assert life_in([UNKNOWN, pending]) is LifeSeen.SHOWN
    assert life_in([pending, off]) is LifeSeen.UNDECIDED
    assert life_in([off]) is LifeSeen.NOT_LOOKED


def visit_of(*events: Event, pictures: dict[int, str | None]) -> UnknownVisit:
    made = tuple(
        SiteEvent(EventPlace(5.0, FRONT, number), "front", event, bytes(32))
        for number, event in enumerate(events, 1)
    )
    return UnknownVisit(made[0], made, pictures)


def test_the_gravest_of_a_whole_visit_counts() -> None:
    named, bare = {1: "a" * 32}, dict[int, str | None]()
    fine, spoof, known = UNKNOWN, SPOOF.event(5.0), GRANTED.event(5.0)
    told = [
        obstacle_to(visit_of(fine, known, spoof, pictures=named)),
        obstacle_to(visit_of(fine, known, pictures=named)),
        obstacle_to(visit_of(fine, fine, pictures=named)),
        obstacle_to(visit_of(fine, pictures=bare)),
        obstacle_to(visit_of(fine, pictures={1: None})),
    ]
    assert told == ["not_alive", "known", "named", "no_picture", None]


def test_a_visit_is_found_by_any_of_its_decisions_and_is_of_one_door(hub) -> None:
    now = hub.now()
    for door, name in ((FRONT, "front"), ("b" * 32, "back")):
        put_door(hub.database, door, name, now)
    first, second = put_visit(hub, jpeg(100), None)
    put_visit(hub, jpeg(100), visit="beef")
    put_visit(hub, jpeg(100), door="b" * 32)
    naming = VisitNaming(hub)
    for number in (first, second):
        visit = naming.visit(FRONT, number)
        assert [one.place.number for one in visit.decisions] == [first, second]
        assert visit.one.place.number == number
        assert visit.pictures == {first: None}
    assert [one.jpeg for one in naming.pictures(visit)] == [jpeg(100)]
    assert naming.visit(FRONT, 99) is None
    events = [*visit.decisions, *naming.visit("b" * 32, 1).decisions]
    assert naming.open_among(events) == {(FRONT, first), ("b" * 32, 1)}


def test_who_names_and_the_pictures_are_one_transaction(hub) -> None:
    put_door(hub.database, FRONT, "front", hub.now())
    (number,) = put_visit(hub, jpeg(100))
    naming = VisitNaming(hub)
    visit = naming.visit(FRONT, number)
    ada = naming.name(visit, [number], "Eve", lambda to: to.enrol("Ada", [photo(ONE)]))
    assert hub.pictures.whose([(FRONT, number)]) == {(FRONT, number): ada.id}
    assert naming.visit(FRONT, number).named == ada.id
    with pytest.raises(HubError, match="named this visit meanwhile"):
        naming.name(visit, [number], "Eve", lambda to: to.enrol("Grace", [photo(OTHER)]))
    assert [one.name for one in hub.people.people()] == ["Ada"]


def test_what_was_refused_leaves_the_visit_open(hub) -> None:
    put_door(hub.database, FRONT, "front", hub.now())
    (number,) = put_visit(hub, jpeg(100))
    naming = VisitNaming(hub)
    visit = naming.visit(FRONT, number)
    with pytest.raises(MisfitError):
        naming.name(visit, [number], "Eve", lambda to: to.enrol("Ada", [photo(ONE), photo(-ONE)]))
    for chosen in ([], [number + 1]):
        with pytest.raises(HubError, match="not kept any longer"):
            naming.name(visit, chosen, "Eve", lambda to: to.enrol("Ada", [photo(ONE)]))
    assert hub.people.people() == []
    assert hub.pictures.whose([(FRONT, number)]) == {(FRONT, number): None}


def test_an_altered_picture_is_told_apart_from_a_fault(hub) -> None:
    put_door(hub.database, FRONT, "front", hub.now())
    (number,) = put_visit(hub, jpeg(100))
    visit = VisitNaming(hub).visit(FRONT, number)
    with hub.database.writing() as db:
        db.execute(EVENT_PICTURE.update().values(sealed=bytes(np.arange(200, dtype=np.uint8))))
    with pytest.raises(AlteredPictureError, match="not as its door sealed it"):
        VisitNaming(hub).pictures(visit)
