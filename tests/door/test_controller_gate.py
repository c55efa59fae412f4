"""The door as a reader of a controller: who is handed over, when, and what is on record."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import osdp
import pytest

from accessctl.audit.base import MemoryLog
from accessctl.config import Config, DoorwayConfig
from accessctl.domain import EventKind, Outcome, PersonId, Reason
from accessctl.door.assembly import open_door
from accessctl.door.controller_gate import ControllerAction, bits_of, kept
from accessctl.door.fake import FACE_BOX, FakeHouse, decisions
from accessctl.doorway.controller import LinkState
from accessctl.doorway.controller_key import CREDENTIAL, DEFAULT_KEY, keep_key, key_file, read_key
from accessctl.doorway.wiegand import CardBits
from accessctl.errors import ConfigError, InputError, StoreError
from accessctl.gallery.person import ControllerNumber
from accessctl.recognition.engine import Engine
from accessctl.vision.fake import fake_face
from tests.doorway.control_panel import ADDRESS, KEY, OTHER_KEY, Wire, panel

ADA, EVE = 1, 2
SECTION = {"type": "osdp", "device": "/dev/none", "address": ADDRESS, "facility": 23}
CONTROLLER = DoorwayConfig.model_validate({"controller": SECTION}).controller
assert CONTROLLER is not None


@dataclass
class Told:
    """Stands in for the link: what was handed over, and how it answers."""

    answer: str | None = None
    cards: list[CardBits] = field(default_factory=list)

    def __call__(self, card: CardBits) -> str | None:
        self.cards.append(card)
        return self.answer


def action(told: Told, number: ControllerNumber | None, why: Reason | None = None):
    return ControllerAction(CONTROLLER, lambda _: number, lambda _: why, told)


GRANT = {"person_id": "a1", "visit": "v1"}
NUMBER = ControllerNumber(4711)


def test_a_grant_hands_over_the_person_s_number_with_the_door_s_facility_code():
    told = Told()
    result = action(told, NUMBER).perform(GRANT)
    assert result.ok
    assert told.cards == [bits_of(ControllerNumber(4711, 23), CONTROLLER)]
    assert "4711" not in result.detail


@pytest.mark.parametrize(
    ("payload", "number", "why", "said"),
    [
        (GRANT, None, None, "accessctl controller set"),
        (GRANT, NUMBER, Reason.LOCKED_DOWN, "locked_down"),
        ({"person_id": None}, NUMBER, None, "Nobody was granted"),
        (GRANT, ControllerNumber(70000), None, "does not fit"),
    ],
)
def test_nothing_is_handed_over_in_doubt(payload, number, why, said):
    told = Told()
    result = action(told, number, why).perform(payload)
    assert not result.ok
    assert said in result.detail
    assert told.cards == []


def test_a_gallery_that_cannot_be_read_and_a_controller_that_is_away_are_told():
    def fails(_: PersonId) -> ControllerNumber:
        raise StoreError("gallery.sqlite is damaged.")

    told = Told("The controller did not ask in time.")
    broken = ControllerAction(CONTROLLER, fails, lambda _: None, told)
    assert broken.perform(GRANT).detail == "gallery.sqlite is damaged."
    result = action(told, NUMBER).perform(GRANT)
    assert (result.ok, result.detail) == (False, "The controller did not ask in time.")


def test_each_grant_is_handed_over_by_itself_and_counts_as_opening():
    made = action(Told(), NUMBER)
    assert (made.opens, made.joins) == (True, False)


def test_a_raw_number_takes_no_facility_code_of_the_configuration():
    raw = CONTROLLER.model_copy(update={"format": "raw", "bits": 16})
    assert bits_of(NUMBER, raw).data == bytes([0x12, 0x67])
    with pytest.raises(InputError, match="no facility code"):
        bits_of(ControllerNumber(4711, 23), raw)


@dataclass(frozen=True)
class Site:
    engine: Engine
    house: FakeHouse
    wire: Wire


@pytest.fixture
def site(engine: Engine, house: FakeHouse, tmp_path: Path):
    wire = Wire(tmp_path / "tty")
    doorway = {"controller": {**SECTION, "device": str(wire.device), "expiry_s": 10}}
    files = {"audit": {"file": str(tmp_path / "state" / "events.sqlite")}, "doorway": doorway}
    named = Config.model_validate(files)
    keep_key(key_file(named), KEY)
    config = engine.config.model_copy(update={"doorway": named.doorway, "audit": named.audit})
    yield Site(replace(engine, config=config), house, wire)
    wire.cut()


def stand(house: FakeHouse, door, person: int, start: float = 0.0, track: int = 1):
    faces = [fake_face(track, box=FACE_BOX)]
    return decisions(house.play(door, [(person, faces)] * 5, start=start))


def states(audit: MemoryLog) -> list[str]:
    return [event.data["state"] for _, event in audit.query(kind=EventKind.SERVICE)]


def test_from_the_face_to_the_controller(site: Site):
    ada = site.house.enrol("Ada", ADA)
    site.house.gallery.set_controller_number(ada, NUMBER)
    site.engine.roster.refresh()
    with panel(site.wire) as controller:
        with open_door(site.engine, site.house.audit) as door:
            (unknown,) = stand(site.house, door, EVE)
            assert unknown.outcome is Outcome.UNKNOWN
            (granted,) = stand(site.house, door, ADA, 10.0, track=2)
            assert granted.outcome is Outcome.GRANTED
            card = controller.card()
            assert door.gate.doorway.controller()["state"] == LinkState.SECURE
        assert controller.card(0.3) is None
    assert card == (osdp.CardFormat.Wiegand, 26, bits_of(NUMBER, CONTROLLER).data)


def test_a_controller_with_another_key_lets_nobody_in_and_the_visitor_is_looked_at_again(
    site: Site,
):
    ada = site.house.enrol("Ada", ADA)
    site.house.gallery.set_controller_number(ada, NUMBER)
    site.engine.roster.refresh()
    with (
        panel(site.wire, OTHER_KEY),
        open_door(site.engine, site.house.audit, finish_s=20) as door,
    ):
        (granted,) = stand(site.house, door, ADA)
        assert granted.outcome is Outcome.GRANTED
    (done,) = [event for _, event in site.house.audit.query(kind=EventKind.ACTION)]
    assert (done.data["action"], done.data["ok"]) == ("controller", False)
    assert "entry_failed" in states(site.house.audit)


def test_a_door_without_the_key_does_not_start(site: Site):
    key_file(site.engine.config).unlink()
    with (
        pytest.raises(ConfigError, match="accessctl controller pair"),
        open_door(site.engine, site.house.audit),
    ):
        raise AssertionError("it has started")


def test_without_the_library_it_says_what_to_install(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "osdp", None)
    with (
        pytest.raises(ConfigError, match=r"accessctl\[osdp\]"),
        open_door(site.engine, site.house.audit),
    ):
        raise AssertionError("it has started")


def test_a_new_key_is_kept_unless_it_is_weak_or_systemd_s(site: Site, tmp_path: Path):
    config = site.engine.config
    assert kept(config, OTHER_KEY, {})
    assert read_key(config, {}) == OTHER_KEY
    assert not kept(config, DEFAULT_KEY, {})
    (tmp_path / CREDENTIAL).write_text(KEY.hex())
    assert not kept(config, KEY, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert read_key(config, {}) == OTHER_KEY
