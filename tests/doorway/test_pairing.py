from contextlib import closing

from accessctl.doorway.controller import ControllerLink, ControllerParts
from accessctl.doorway.pairing import pair
from tests.doorway.control_panel import KEY, PATIENCE_S, PLACE, panel
from tests.doorway.test_controller import CARD


def test_the_controller_hands_out_a_key_by_which_the_door_is_its_reader_from_then_on(wire):
    kept: list[bytes] = []
    with panel(wire, KEY, installs=True), closing(wire.open()) as line:
        assert pair(line, PLACE, lambda key: kept.append(key) is None, PATIENCE_S)
    assert kept == [KEY]
    parts = ControllerParts(
        place=PLACE,
        open_line=wire.open,
        key=lambda: kept[0],
        keep=lambda _: False,
        expiry_s=10,
    )
    with panel(wire, KEY) as controller, ControllerLink(parts) as link:
        assert link.hand_over(CARD) is None
        assert controller.card() is not None


def test_nobody_hands_out_a_key(wire):
    with closing(wire.open()) as line:
        assert not pair(line, PLACE, lambda _: True, 0.3)


def test_a_key_that_cannot_be_kept_is_not_taken(wire):
    with panel(wire, KEY, installs=True), closing(wire.open()) as line:
        assert not pair(line, PLACE, lambda _: False, 2.0)
