from dataclasses import replace

import numpy as np
import pytest

from accessctl.errors import HubError, MisfitError
from accessctl.gallery.fake import random_units
from accessctl.hub.naming import VisitNaming
from accessctl.hub.pictures import AlteredPictureError
from accessctl.hub.tables import EVENT_PICTURE
from accessctl.policy.naming import NamingObstacle
from accessctl.recognition.enrolment import Candidate
from tests.administration import backed_up
from tests.console.naming_site import jpeg, put_visit
from tests.console.sample_site import FRONT, put_door

YARDSTICK = replace(backed_up.YARDSTICK, target_fmr=1e-2)
ONE, OTHER = random_units(2, 8, seed=5)


def photo(face) -> Candidate:
    return Candidate(face, "f" * 64, 0.8, b"jpeg", "a picture", YARDSTICK)


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
    assert (visit.named, visit.obstacle) == (None, None)
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
    named = naming.visit(FRONT, number)
    assert (named.named, named.obstacle) == (ada.id, NamingObstacle.NAMED)
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
