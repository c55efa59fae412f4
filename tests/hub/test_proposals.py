import json
import os
from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import select

from accessctl.domain import PersonRules
from accessctl.errors import HubError
from accessctl.gallery.person import hash_pin, pin_to_bytes, rules_to_bytes
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.tables import HELD, JOURNAL, PROPOSAL
from accessctl.policy.consent import Withheld
from accessctl.recognition.calibration import Yardstick
from accessctl.recognition.normalisation import Normaliser
from accessctl.sync.feed_wire import ChangeKind, ProposalVerdict
from tests.hub.proposing import ADA, EVE, FACES, GRACE, ProposingDoor, joined_door
from tests.recognition.test_photo_fit import YARDSTICK as ANY_YARDSTICK

EMBEDDED = pytest.mark.parametrize("hub_config", ["sqlite"], indirect=True)


@pytest.fixture
def door(hub: Hub) -> ProposingDoor:
    return ProposingDoor(hub, joined_door(hub, "front"))


def of_16() -> Yardstick:
    """The calibration of test_photo_fit, with a cohort of vectors as long as these."""
    from accessctl.gallery.fake import random_units

    normaliser = Normaliser(random_units(300, 16, seed=99), 50)
    return Yardstick(normaliser, ANY_YARDSTICK.calibration, 1e-3, 1e-4)


@pytest.fixture
def comparing(hub_config, clock) -> Iterator[ProposingDoor]:
    """At a hub that has the card of the encoder e1."""
    yardstick = of_16()
    known = {"e1": yardstick}
    with open_hub(hub_config, {}, now=clock, yardsticks=known.get) as hub:
        yield ProposingDoor(hub, joined_door(hub, "front"))


def near(face: int, other: int = 11, share: float = 0.2) -> np.ndarray:
    mixed = FACES[face] + share * FACES[other]
    return (mixed / np.linalg.norm(mixed)).astype("f4")


def test_what_a_door_made_is_at_the_site(hub: Hub, door: ProposingDoor) -> None:
    answer = door.enrol(GRACE, "Grace")
    assert (answer.verdict, answer.problem) == (ProposalVerdict.TAKEN, "")
    rules = rules_to_bytes(PersonRules(("staff",))).decode()
    pin = pin_to_bytes(hash_pin("2580", os.urandom)).decode()
    digest = hub.people.badge_digest("4711").hex()
    answers = [
        door.propose("add_photo", GRACE, photo=door.photo(1)),
        door.propose("set_rules", GRACE, rules=rules),
        door.propose("set_pin", GRACE, pin=pin),
        door.propose("set_controller_number", GRACE, number="[7, null]"),
        door.propose("add_badge", GRACE, digest=digest, added=3.0),
        door.propose("rename", GRACE, name="Grace Hopper"),
    ]
    assert {answer.verdict for answer in answers} == {ProposalVerdict.TAKEN}
    assert [one.seq for one in answers] == sorted({one.seq for one in answers})
    (grace,) = hub.people.people()
    assert (grace.id, grace.name, grace.photos, grace.enrolled) == (GRACE, "Grace Hopper", 2, 100.0)
    assert hub.people.rules()[grace.id].groups == ("staff",)
    assert hub.people.controller_number(grace.id).number == 7
    assert [badge.digest.hex() for badge in hub.people.badges()] == [digest]
    assert [photo.jpeg for photo in hub.people.photos()] == [b"jpeg", b"jpeg"]
    first = hub.people.photo_entries(grace.id)[0].id
    assert door.propose("remove_photo", GRACE, photo=first).verdict is ProposalVerdict.TAKEN
    assert door.propose("remove_badges", GRACE, digests=[digest]).verdict is ProposalVerdict.TAKEN
    assert door.propose("set_pin", GRACE, pin=None).verdict is ProposalVerdict.TAKEN
    assert (hub.people.badges(), hub.people.pins()) == ([], {})
    assert door.propose("remove", GRACE).verdict is ProposalVerdict.TAKEN
    assert hub.people.people() == []


def test_a_proposal_that_comes_again_is_answered_as_before_and_done_once(hub, door) -> None:
    said = door.said("add_person", GRACE, name="Grace", photo=door.photo(0))
    first = hub.proposals.answer(door.door, said)
    seq = hub.people.revision()
    hub.people.rename("Grace", "Ada")
    assert hub.proposals.answer(door.door, said) == first
    assert [person.name for person in hub.people.people()] == ["Ada"]
    # Another door's of the same number is another proposal.
    other = ProposingDoor(hub, joined_door(hub, "back"))
    assert hub.proposals.answer(other.door, said).verdict is ProposalVerdict.REFUSED
    assert hub.people.revision() == seq + 1


def test_a_removal_wins_whoever_was_first(hub, door) -> None:
    door.enrol(GRACE, "Grace")
    removed = hub.people.remove("Grace")
    late = door.propose("rename", removed.id, name="Grace Hopper")
    assert (late.verdict, late.seq) == (ProposalVerdict.REFUSED, hub.people.revision())
    assert "removal counts" in late.problem
    assert door.enrol(GRACE, "Grace", 1).verdict is ProposalVerdict.REFUSED
    assert door.propose("remove", GRACE).verdict is ProposalVerdict.TAKEN
    assert hub.people.people() == []


def test_a_name_that_somebody_else_has_is_held_and_counts_nowhere(hub, door) -> None:
    door.enrol(GRACE, "Grace")
    seq = hub.people.revision()
    held = door.enrol(ADA, "GRACE", 1)
    assert (held.verdict, held.seq) == (ProposalVerdict.HELD, 0)
    assert "'Grace' is enrolled already" in held.problem
    look_alike = door.enrol(EVE, "Gr\u0430ce", 2)
    assert (look_alike.verdict, "looks like 'Grace'" in look_alike.problem) == (
        ProposalVerdict.HELD,
        True,
    )
    follows = door.propose("add_photo", ADA, photo=door.photo(3))
    assert follows.verdict is ProposalVerdict.HELD
    assert (hub.people.revision(), len(hub.people.people())) == (seq, 1)
    with hub.database.reading() as db:
        rows = db.execute(select(HELD).order_by(HELD.c.number)).all()
    assert [(row.person, row.cause) for row in rows] == [
        (ADA, "name"),
        (EVE, "name"),
        (ADA, "follows"),
    ]
    assert not any(b"GRACE" in row.sealed for row in rows)
    # The door takes it back: then nothing waits any more.
    assert door.propose("remove", ADA).verdict is ProposalVerdict.TAKEN
    assert [one.person for one in hub.held.listed()] == [EVE]


def test_a_later_name_or_badge_that_is_taken_loses(hub, door) -> None:
    door.enrol(GRACE, "Grace")
    door.enrol(ADA, "Ada", 1)
    assert door.propose("rename", ADA, name="grace").verdict is ProposalVerdict.REFUSED
    digest = "ab" * 32
    assert (
        door.propose("add_badge", GRACE, digest=digest, added=1.0).verdict is ProposalVerdict.TAKEN
    )
    assert (
        door.propose("add_badge", ADA, digest=digest, added=2.0).verdict is ProposalVerdict.REFUSED
    )
    assert [badge.person for badge in hub.people.badges()] == [GRACE]


def test_whoever_looks_like_somebody_enrolled_elsewhere_is_held(comparing) -> None:
    hub = comparing.hub
    assert comparing.enrol(GRACE, "Grace", 0).verdict is ProposalVerdict.TAKEN
    assert comparing.enrol(ADA, "Ada", 1).verdict is ProposalVerdict.TAKEN
    same = comparing.enrol(EVE, "Eve", near(0))
    assert (same.verdict, "shows somebody who is enrolled" in same.problem) == (
        ProposalVerdict.HELD,
        True,
    )
    (held,) = hub.held.listed()
    assert (held.name, held.like, held.cause) == ("Eve", "Grace", "face")
    # And so is a photo that shows somebody else than its person.
    assert (
        comparing.propose("add_photo", ADA, photo=comparing.photo(near(0))).verdict
        is ProposalVerdict.HELD
    )
    assert (
        comparing.propose("add_photo", ADA, photo=comparing.photo(near(1))).verdict
        is ProposalVerdict.TAKEN
    )
    assert hub.people.person("Ada").photos == 2


def test_the_record_says_whether_a_photo_was_compared(comparing, hub_config) -> None:
    hub = comparing.hub
    comparing.enrol(GRACE, "Grace", 0)
    other = comparing.photo(1, fingerprint="e2")
    comparing.propose("add_person", ADA, name="Ada", photo=other)
    with hub.database.reading() as db:
        told = db.execute(select(JOURNAL.c.data).where(JOURNAL.c.kind == "proposal")).scalars()
        assert [json.loads(data)["compared"] for data in told] == [True, False]


@EMBEDDED
@pytest.mark.parametrize(
    ("change", "data"),
    [
        ("add_everything", {}),
        ("rename", {}),
        ("rename", {"name": "a\nb"}),
        ("set_rules", {"rules": "[]"}),
        ("set_rules", {"rules": "{" * 5000}),
        ("set_pin", {"pin": '[1, 1, 1, "", ""]'}),
        ("set_controller_number", {"number": "[-1, null]"}),
        ("add_badge", {"digest": "ab", "added": 1.0}),
    ],
    ids=str,
)
def test_nonsense_is_refused_for_good_and_does_not_stop_a_door(hub, door, change, data) -> None:
    door.enrol(GRACE, "Grace")
    seq = hub.people.revision()
    answer = door.propose(change, GRACE, **data)
    assert (answer.verdict, answer.seq) == (ProposalVerdict.REFUSED, seq)
    assert answer.problem
    assert hub.people.revision() == seq


@EMBEDDED
@pytest.mark.parametrize(
    "photo",
    [{"embedding": "AAAA"}, {"sealed": "AAAA"}, {"embedding": "?"}],
    ids=["embedding", "picture", "base64"],
)
def test_a_photo_that_is_none_is_refused(hub, door, photo) -> None:
    data = door.photo(0) | photo
    answer = door.propose("add_person", GRACE, name="Grace", photo=data)
    assert answer.verdict is ProposalVerdict.REFUSED
    assert hub.people.people() == []


@EMBEDDED
def test_a_template_of_another_size_would_stop_every_door(hub, door) -> None:
    door.enrol(GRACE, "Grace")
    short = FACES[1][:8] / np.linalg.norm(FACES[1][:8])
    answer = door.enrol(ADA, "Ada", short.astype("f4"))
    assert (answer.verdict, "not of the size" in answer.problem) == (ProposalVerdict.REFUSED, True)


@EMBEDDED
def test_a_photo_without_its_picture_is_taken_and_never_embedded_again(hub, door) -> None:
    photo = door.photo(0) | {"sealed": ""}
    assert (
        door.propose("add_person", GRACE, name="Grace", photo=photo).verdict
        is ProposalVerdict.TAKEN
    )
    assert (list(hub.people.photos()), hub.people.outdated("e2")) == ([], 0)
    hub.people.replace_templates("e2", {})
    assert len(hub.people.templates("e1")) == 1


@EMBEDDED
def test_a_hundred_photos_are_enough(hub, door) -> None:
    door.enrol(GRACE, "Grace")
    for _ in range(99):
        door.propose("add_photo", GRACE, photo=door.photo(1))
    answer = door.propose("add_photo", GRACE, photo=door.photo(1))
    assert (answer.verdict, "100 photos" in answer.problem) == (ProposalVerdict.REFUSED, True)
    assert hub.people.person("Grace").photos == 100


def test_a_revoked_door_proposes_nothing(hub, door) -> None:
    hub.doors.revoke("front")
    with pytest.raises(HubError, match="does not count, or no more"):
        door.enrol(GRACE, "Grace")
    with hub.database.reading() as db:
        assert db.execute(select(PROPOSAL)).all() == []


def test_whoever_a_door_brings_and_is_withheld_it_is_told_to_be_gone(hub, door) -> None:
    has = hub.door_feed.changes_after(door.door, 0).head.seq
    hub.people._newcomer = Withheld.NO_CONSENT
    assert door.enrol(GRACE, "Grace").verdict is ProposalVerdict.TAKEN
    told = hub.door_feed.changes_after(door.door, has).changes
    assert [(one.subject, one.kind) for one in told] == [(GRACE, ChangeKind.GONE)]


def test_the_door_of_some_groups_changes_nobody_of_others(hub, door) -> None:
    door.enrol(GRACE, "Grace")
    hub.people.set_rules(GRACE, PersonRules(("board",)))
    hub.site.set_scope(door.door, ["staff"], "operator")
    assert door.propose("remove", GRACE).verdict is ProposalVerdict.REFUSED
    rules = rules_to_bytes(PersonRules(("board",))).decode()
    assert door.enrol(ADA, "Ada", 1).verdict is ProposalVerdict.HELD
    assert door.propose("set_rules", ADA, rules=rules).verdict is ProposalVerdict.REFUSED
    assert [person.name for person in hub.people.people()] == ["Grace"]
