"""Visitors' passes at a door, on fakes: what counts, and that it is worth a badge and no more."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from accessctl.clock import Clocks, Uptime
from accessctl.config import Config
from accessctl.config.policy import AccessConfig
from accessctl.domain import Outcome, PersonId, PersonRules, Reason
from accessctl.door.access_gate import AccessGate
from accessctl.door.badges import BadgesAtDoor
from accessctl.door.fake import EPOCH
from accessctl.door.gallery_watch import GalleryWatch
from accessctl.door.passes import (
    NO_PASSES,
    PassPlace,
    PassRefusal,
    SitePassDesk,
    objection,
    open_passes,
)
from accessctl.errors import FaultError, StoreError
from accessctl.sync.pass_wire import (
    PassScope,
    SignedPass,
    VisitorPass,
    door_tag,
    group_tag,
    hub_tag,
    in_order,
    signed_content,
    statement_of,
)
from tests.door.badge_entrance import ALAN, CARD, GRACE, STRANGER, Entrance

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
DOOR = "d0" * 16
BEGINS, ENDS = int(EPOCH) // 60 * 60, int(EPOCH) // 60 * 60 + 86_400
GRANTED = [(Outcome.GRANTED, Reason.MATCHED)]


def a_pass(person: PersonId, **more) -> VisitorPass:
    known = VisitorPass(hub_tag(PUBLIC), "0123456789abcdef", person, BEGINS, ENDS)
    return replace(known, **more)


def text_of(shown: VisitorPass, key: Ed25519PrivateKey = KEY) -> str:
    statement = statement_of(shown)
    return SignedPass(shown, statement, key.sign(signed_content(statement))).text


@dataclass
class PassEntrance(Entrance):
    """The entrance of a door that belongs to a hub."""

    document: bytes | None = None
    hub_time: float | None = EPOCH + 1000.0
    faults: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        Entrance.__init__(self)
        self.passes = SitePassDesk(self.place, self.said, lambda: self.hub_time, self.roster)
        self.desk = BadgesAtDoor(
            self.roster,
            self.house.audit,
            lambda: EPOCH + self.now,
            lambda: self.now,
            passes=self.passes,
        )
        self.door = self.house.door(
            AccessGate(AccessConfig(), self.house.policy, badges=self.desk),
            wall_clock=lambda: EPOCH + self.now,
            gallery=GalleryWatch(self.roster, 60.0),
        )

    def place(self) -> PassPlace | None:
        if self.faults:
            raise self.faults[0]
        return PassPlace(DOOR, PUBLIC)

    def said(self) -> bytes | None:
        return self.document

    def refusals(self) -> list[tuple[str, str | None, PersonId | None]]:
        return [
            (event.data["why"], event.data.get("pass"), event.person)
            for event in self.house.events()
            if event.data.get("state") == "pass_refused"
        ]


@pytest.fixture
def entrance() -> PassEntrance:
    return PassEntrance()


def test_whose_pass_it_is_is_let_in_and_on_record(entrance: PassEntrance) -> None:
    text = text_of(a_pass(entrance.grace))
    assert entrance.read(text)
    assert entrance.visit(GRACE) == GRANTED
    (decision,) = entrance.decided()
    assert decision.person == entrance.grace
    assert decision.data["evidence"]["naming"] == "claimed"
    assert (decision.data["pass"], "badge" in decision.data) == ("01234567", False)
    assert text not in str([event.data for event in entrance.house.events()])


def test_a_copy_in_another_s_hand_opens_nothing(entrance: PassEntrance) -> None:
    for stranger in (STRANGER, ALAN):
        entrance.read(text_of(a_pass(entrance.grace)))
        assert entrance.visit(stranger) == [(Outcome.DENIED, Reason.BADGE_MISMATCH)]
    assert entrance.house.unlock.payloads == []


def test_a_pass_alone_with_nobody_before_the_camera_opens_nothing(entrance: PassEntrance) -> None:
    entrance.read(text_of(a_pass(entrance.grace)))
    entrance.pass_time(12)
    assert entrance.decided() == []
    assert entrance.told()[-1] == {
        "state": "unused_badge",
        "pass": "01234567",
        "why": "nobody came",
    }


def test_whoever_is_not_enrolled_has_a_pass_for_nothing(entrance: PassEntrance) -> None:
    assert not entrance.read(text_of(a_pass(PersonId("ee" * 16))))
    assert entrance.refusals() == [("nobody", "01234567", None)]
    assert entrance.visit(STRANGER) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]


def test_all_other_rules_hold_as_ever(entrance: PassEntrance) -> None:
    entrance.house.gallery.set_rules(entrance.grace, PersonRules(disabled=True))
    entrance.pass_time(1.5)
    entrance.read(text_of(a_pass(entrance.grace)))
    assert entrance.visit(GRACE) == [(Outcome.DENIED, Reason.DISABLED)]


def test_a_badge_s_number_is_one_as_before(entrance: PassEntrance) -> None:
    assert entrance.read(CARD)
    assert entrance.visit(GRACE) == GRANTED
    assert not entrance.read("4712")


def test_a_pass_that_ends_while_its_visitor_comes_names_nobody(entrance: PassEntrance) -> None:
    entrance.read(text_of(a_pass(entrance.grace)))
    entrance.hub_time = float(ENDS)
    assert entrance.visit(STRANGER) == [(Outcome.UNKNOWN, Reason.NO_MATCH)]
    assert entrance.told()[-1]["why"] == "it was taken away"


def test_a_pass_that_ends_in_the_middle_of_a_visit_grants_nothing(entrance: PassEntrance) -> None:
    entrance.read(text_of(a_pass(entrance.grace)))
    assert entrance.stand(GRACE, track=70, frames=2) == []
    entrance.hub_time = None
    made = entrance.stand(GRACE, track=70) + entrance.leave()
    assert [one.outcome for one in made if one.outcome is Outcome.GRANTED] == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hub": b"else"}, "other_site"),
        ({"ends": BEGINS + 960}, "over"),
        ({"begins": BEGINS + 1080}, "too_early"),
        ({"scope": PassScope.DOORS, "tags": (b"others",)}, "other_door"),
        ({"scope": PassScope.GROUPS, "tags": (b"others",)}, "other_group"),
    ],
)
def test_what_counts_nowhere_is_refused_and_on_record(entrance, change, why: str) -> None:
    assert not entrance.read(text_of(a_pass(entrance.grace, **change)))
    ((told, _, person),) = entrance.refusals()
    assert told == why
    # Whose it is only the hub's own signature says.
    assert person == (None if why == "other_site" else entrance.grace)


def test_a_pass_that_another_key_signed_is_forged(entrance: PassEntrance) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)
    assert not entrance.read(text_of(a_pass(entrance.grace), other))
    assert entrance.refusals() == [("forged", None, None)]


def test_without_a_clock_that_anybody_answers_for_none_is_taken_and_it_says_why(entrance) -> None:
    entrance.hub_time = None
    entrance.pass_time(1.1)
    reply = entrance.desk.offer(text_of(a_pass(entrance.grace)), "test")
    assert not reply.accepted
    assert "cannot tell what time it is" in reply.sentence
    assert entrance.refusals()[0][0] == "no_clock"


def test_one_that_was_withdrawn_is_refused_once_the_gallery_says_so(entrance) -> None:
    text = text_of(a_pass(entrance.grace))
    assert entrance.read(text)
    entrance.document = b'{"withdrawn": ["0123456789abcdef"]}'
    # As the hub's document is a change of the gallery.
    entrance.house.gallery.set_rules(entrance.alan, PersonRules(("any",)))
    entrance.pass_time(12)
    assert not entrance.read(text)
    assert entrance.refusals() == [("withdrawn", "01234567", entrance.grace)]


@pytest.mark.parametrize("document", [b"nonsense", b'{"withdrawn": "all"}'])
def test_where_the_withdrawn_ones_cannot_be_read_none_is_taken(entrance, document: bytes) -> None:
    entrance.document = document
    assert not entrance.read(text_of(a_pass(entrance.grace)))
    assert entrance.refusals()[0][0] == "unknown"


@pytest.mark.parametrize("fault", [FaultError("damaged"), StoreError("away")])
def test_where_the_hub_s_key_cannot_be_read_none_is_taken(entrance, fault: Exception) -> None:
    entrance.faults.append(fault)
    assert not entrance.read(text_of(a_pass(entrance.grace)))
    assert entrance.refusals()[0][0] == "no_hub"


def test_guessing_makes_the_reader_deaf_as_with_badges(entrance: PassEntrance) -> None:
    texts = [text_of(a_pass(entrance.grace, id=f"{n:016x}", hub=b"else")) for n in range(4)]
    heard = []
    for text in texts:
        entrance.read(text)
        heard.append(len(entrance.refusals()))
    assert heard[-1] < len(texts)
    assert all(later >= earlier for earlier, later in pairwise(heard))


def test_a_pass_is_not_learned_as_somebody_s_badge(entrance: PassEntrance) -> None:
    assert entrance.desk.learn("ab" * 16) is None
    reply = entrance.desk.offer(text_of(a_pass(entrance.grace)), "test")
    assert (reply.accepted, "nobody's badge" in reply.sentence) == (False, True)
    assert entrance.desk.learn("ab" * 16) is None


@given(
    hub_time=st.none() | st.floats(0, 4e9) | st.just(float("nan")),
    is_withdrawn=st.booleans(),
    groups=st.none() | st.sets(st.sampled_from(["guests", "staff"])),
    scope=st.sampled_from(PassScope),
    is_here=st.booleans(),
)
def test_a_pass_counts_only_where_all_of_it_speaks_for_it(
    hub_time, is_withdrawn, groups, scope, is_here
) -> None:
    named = {PassScope.DOORS: door_tag(DOOR), PassScope.GROUPS: group_tag("guests")}
    tag = named.get(scope, b"")
    tags = () if not tag else in_order([tag if is_here else b"others", b"zzzzzz"])
    shown = a_pass(PersonId("5f" * 16), scope=scope, tags=tags)
    found = objection(shown, DOOR, hub_time, groups, {shown.id} if is_withdrawn else ())
    is_in_time = hub_time is not None and BEGINS <= hub_time < ENDS
    is_in_scope = {
        PassScope.EVERYWHERE: True,
        PassScope.DOORS: is_here,
        PassScope.GROUPS: is_here and groups is not None and "guests" in groups,
    }[scope]
    should = is_in_time and not is_withdrawn and groups is not None and is_in_scope
    assert (found is None) == should


def test_only_a_door_with_a_hub_takes_passes(tmp_path: Path, entrance: PassEntrance) -> None:
    alone = Config.model_validate({"gallery": {"folder": tmp_path}})
    with open_passes(alone, {}, entrance.roster) as passes:
        assert passes is NO_PASSES
    read = NO_PASSES.read(text_of(a_pass(entrance.grace)))
    assert (read.badge, read.refusal) == (None, PassRefusal.NO_HUB)
    assert list(tmp_path.iterdir()) == []


def test_a_door_that_has_not_joined_yet_takes_none(tmp_path: Path, entrance: PassEntrance) -> None:
    config = Config.model_validate(
        {
            "gallery": {"folder": tmp_path / "enrolled"},
            "sync": {"hub": "https://hub.example", "folder": tmp_path / "sync"},
        }
    )
    clocks = Clocks(lambda: EPOCH, lambda: Uptime("boot", 1.0), lambda: True)
    with open_passes(config, {}, entrance.roster, clocks) as passes:
        read = passes.read(text_of(a_pass(entrance.grace)))
    assert read.refusal is PassRefusal.NO_HUB
