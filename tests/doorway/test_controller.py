"""The door as a reader of a controller that is libosdp's own, over a pseudo-terminal."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import osdp
import pytest

from accessctl.doorway.controller import (
    AWAY,
    GRACE_S,
    IN_WORDS,
    WITHDRAWN,
    ControllerLink,
    ControllerParts,
    LinkState,
    since_boot,
)
from accessctl.doorway.wiegand import CardBits, card_bits
from accessctl.errors import ConfigError
from tests.doorway.control_panel import KEY, OTHER_KEY, PLACE, Wire, panel

# 0 00010111 0001001001100111 0: facility 23, number 4711, with even and odd parity.
CARD = card_bits("wiegand26", 4711, 23, 32)
DATA = CARD.data
TEXT = {"reader": 0, "control_code": 1, "temp_time": 0, "offset_row": 1, "offset_col": 1}


@dataclass
class Site:
    """What the link is made of, and what it has told."""

    wire: Wire
    key: bytes = KEY
    kept: list[bytes] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    ahead_s: float = 0.0
    fault: ConfigError | None = None

    def parts(self, expiry_s: float = 5.0) -> ControllerParts:
        return ControllerParts(
            place=PLACE,
            open_line=self.wire.open,
            key=self._key,
            keep=self._keep,
            expiry_s=expiry_s,
            changed=lambda there, _: self.told.append(there),
            clock=lambda: since_boot() + self.ahead_s,
        )

    def _key(self) -> bytes:
        if self.fault is not None:
            raise self.fault
        return self.key

    def _keep(self, key: bytes) -> bool:
        self.kept.append(key)
        return True


@pytest.fixture
def site(wire: Wire) -> Site:
    return Site(wire)


def state_of(link: ControllerLink) -> str:
    return str(link.report()["state"])


def test_a_card_arrives_with_the_right_bits_and_is_not_seen_on_the_wire(site, until):
    with panel(site.wire) as controller, ControllerLink(site.parts()) as link:
        until(lambda: state_of(link) == LinkState.SECURE)
        assert link.hand_over(CARD) is None
        assert controller.card() == (osdp.CardFormat.Wiegand, 26, DATA)
        raw = CardBits(bytes.fromhex("deadbeef"), 32, wiegand=False)
        assert link.hand_over(raw) is None
        assert controller.card() == (osdp.CardFormat.Unspecified, 32, raw.data)
    assert DATA not in bytes(site.wire.heard)
    assert raw.data not in bytes(site.wire.heard)
    assert site.told == [True]


@pytest.mark.parametrize("secures", [True, False])
def test_with_another_key_there_is_no_channel_and_nothing_is_sent(site, until, secures):
    """Also to a controller that would take cards in clear."""
    with (
        panel(site.wire, OTHER_KEY, secures=secures) as controller,
        ControllerLink(site.parts(expiry_s=1.5)) as link,
    ):
        until(lambda: site.wire.heard)
        assert link.hand_over(CARD) == AWAY
        assert state_of(link) in (LinkState.UNSECURED, LinkState.AWAY)
        assert not controller.secure
        assert controller.card(0.2) is None
    assert DATA not in bytes(site.wire.heard)


def test_a_controller_with_the_key_of_the_standard_gets_nothing(site):
    with (
        panel(site.wire, None, secures=False) as controller,
        ControllerLink(site.parts(expiry_s=1.5)) as link,
    ):
        assert link.hand_over(CARD) == AWAY
        assert controller.card(0.2) is None
    assert DATA not in bytes(site.wire.heard)


def test_who_was_granted_while_the_controller_was_away_does_not_come_in_later(site, until):
    with ControllerLink(site.parts(expiry_s=0.5)) as link:
        assert link.hand_over(CARD) == AWAY
        with panel(site.wire) as controller:
            until(lambda: state_of(link) == LinkState.SECURE)
            assert controller.card(1.0) is None
            assert link.hand_over(CARD) is None
            assert controller.card() is not None


def test_a_controller_that_comes_in_time_is_told(site):
    with ThreadPoolExecutor(1) as aside, ControllerLink(site.parts(expiry_s=10)) as link:
        handing = aside.submit(link.hand_over, CARD)
        with panel(site.wire) as controller:
            assert handing.result() is None
            assert controller.card() == (osdp.CardFormat.Wiegand, 26, DATA)


def test_what_a_silent_controller_has_not_taken_is_withdrawn(site, until):
    """The channel still counts as standing when the controller has just fallen silent."""
    with ControllerLink(site.parts(expiry_s=0.5)) as link:
        with panel(site.wire):
            until(lambda: state_of(link) == LinkState.SECURE)
        assert state_of(link) == LinkState.SECURE
        assert link.hand_over(CARD) == WITHDRAWN
        with panel(site.wire) as controller:
            until(lambda: controller.secure)
            assert controller.card(1.0) is None


def test_a_machine_that_slept_hands_nothing_over_late(site, until):
    with ControllerLink(site.parts(expiry_s=5)) as link:
        with panel(site.wire):
            until(lambda: state_of(link) == LinkState.SECURE)
        with ThreadPoolExecutor(1) as aside:
            handing = aside.submit(link.hand_over, CARD)
            site.ahead_s = 3600.0
            assert handing.result() in (WITHDRAWN, AWAY)
        with panel(site.wire) as controller:
            until(lambda: controller.secure)
            assert controller.card(1.0) is None


def test_a_cut_line_comes_back(site, until):
    with ControllerLink(site.parts()) as link:
        with panel(site.wire):
            until(lambda: state_of(link) == LinkState.SECURE)
        site.wire.cut()
        until(lambda: state_of(link) == LinkState.LINE_LOST)
        site.ahead_s = GRACE_S
        until(lambda: site.told == [True, False])
        site.wire.connect()
        with panel(site.wire) as controller:
            until(lambda: state_of(link) == LinkState.SECURE)
            assert site.told == [True, False, True]
            assert link.hand_over(CARD) is None
            assert controller.card() is not None


def test_a_line_that_is_not_there_keeps_nobody_waiting_for_ever(site):
    site.wire.cut()
    with ControllerLink(site.parts(expiry_s=0.5)) as link:
        began = time.monotonic()
        assert link.hand_over(CARD) is not None
        assert time.monotonic() - began < 10
        assert link.report()["detail"] == IN_WORDS[LinkState.LINE_LOST]


def test_a_key_that_cannot_be_read_leaves_the_line_alone(site, until):
    site.fault = ConfigError("The controller's key is gone.")
    with panel(site.wire) as controller, ControllerLink(site.parts(expiry_s=0.5)) as link:
        assert link.hand_over(CARD) is not None
        assert not controller.secure
        site.fault = None
        until(lambda: state_of(link) == LinkState.SECURE)


def test_several_at_once_each_get_through(site, until):
    cards = [card_bits("wiegand26", number, 1, 32) for number in range(5)]
    with (
        panel(site.wire) as controller,
        ControllerLink(site.parts(expiry_s=10)) as link,
        ThreadPoolExecutor(5) as aside,
    ):
        until(lambda: state_of(link) == LinkState.SECURE)
        assert list(aside.map(link.hand_over, cards)) == [None] * 5
        got = {controller.card()[2] for _ in cards}
    assert got == {card.data for card in cards}


def test_what_the_controller_shows_is_told(site, until):
    command = osdp.Command
    with panel(site.wire) as controller, ControllerLink(site.parts()) as link:
        until(lambda: controller.secure)
        controller.tell(
            command=command.LED,
            reader=0,
            led_number=0,
            control_code=1,
            on_count=1,
            off_count=0,
            on_color=osdp.CommandLEDColor.Green,
            off_color=osdp.CommandLEDColor.Black,
            timer_count=10,
            temporary=True,
        )
        controller.tell(
            command=command.Buzzer, reader=0, control_code=2, on_count=1, off_count=1, rep_count=1
        )
        controller.tell(command=command.Text, **TEXT, data="Welcome\x1b[2J")
        until(lambda: "text" in link.report()["told"])
        told = link.report()["told"]
        assert (told["led"], told["buzzer"]) == ("green", "on")
        assert told["text"].startswith("Welcome")
        assert "\x1b" not in told["text"]
        assert link.hand_over(CARD) is None


def test_a_new_key_of_the_controller_is_kept(site, until):
    with panel(site.wire) as controller, ControllerLink(site.parts()) as link:
        until(lambda: controller.secure)
        controller.tell(command=osdp.Command.Keyset, type=1, key=OTHER_KEY.hex())
        until(lambda: site.kept == [OTHER_KEY])
        until(lambda: controller.secure)
        assert link.hand_over(CARD) is None


def test_a_controller_does_not_move_the_reader_to_another_address_or_speed(site, until):
    with panel(site.wire) as controller, ControllerLink(site.parts()) as link:
        until(lambda: controller.secure)
        controller.tell(command=osdp.Command.Comset, address=PLACE.address + 1, baud_rate=38400)
        controller.tell(command=osdp.Command.Text, **TEXT, data="after it")
        until(lambda: link.report()["told"].get("text") == "after it")
        assert link.hand_over(CARD) is None
        assert controller.card() is not None
    with panel(site.wire) as controller, ControllerLink(site.parts()) as link:
        until(lambda: controller.secure)
        assert link.hand_over(CARD) is None


def test_the_controller_hears_of_an_open_housing(site, until):
    with panel(site.wire) as controller, ControllerLink(site.parts()) as link:
        until(lambda: state_of(link) == LinkState.SECURE)
        link.tamper(True)
        assert controller.status() == bytes([1, 0])
        link.tamper(False)
        assert controller.status() == bytes([0, 0])


def test_stopping_leaves_no_thread_and_no_line(site, until):
    with ControllerLink(site.parts()) as link:
        until(lambda: state_of(link) == LinkState.AWAY)
    assert "controller" not in {thread.name for thread in threading.enumerate()}
    site.wire.open().close()


def test_a_controller_that_never_came_is_told_of_once(site, until):
    with ControllerLink(site.parts()):
        site.ahead_s = GRACE_S + 1
        until(lambda: site.told)
        site.ahead_s = 100 * GRACE_S
    assert site.told == [False]
