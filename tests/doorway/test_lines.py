"""The fakes keep what real lines promise; see lines.InputPort and lines.OutputPort."""

import threading

import pytest

from accessctl.doorway.lines import FakeInputs, FakeOutput, LineEdge
from accessctl.errors import LineError


def test_edges_come_once_in_their_order_and_a_level_that_stays_is_none():
    inputs = FakeInputs({"contact": False, "exit": False})
    inputs.set("contact", True, 1.0)
    inputs.set("contact", True, 2.0)
    inputs.set("exit", True, 3.0)
    assert inputs.levels() == {"contact": True, "exit": True}
    assert inputs.wait(0.0) == [LineEdge("contact", True, 1.0), LineEdge("exit", True, 3.0)]
    assert inputs.wait(0.0) == []
    assert inputs.names == ("contact", "exit")


@pytest.mark.parametrize("wakes", ["edge", "close"])
def test_whoever_waits_is_woken(wakes):
    inputs = FakeInputs({"contact": False})
    woken: list[object] = []
    waiting = threading.Thread(target=lambda: woken.extend([inputs.wait(60.0)]))
    waiting.start()
    if wakes == "edge":
        inputs.set("contact", True, 1.0)
    else:
        inputs.close()
    waiting.join(30.0)
    assert woken == [[LineEdge("contact", True, 1.0)] if wakes == "edge" else []]


def test_inputs_that_are_gone_say_so_until_they_are_back():
    inputs = FakeInputs({"contact": True})
    inputs.gone = True
    for ask in (inputs.levels, inputs.open_again, lambda: inputs.wait(0.0)):
        with pytest.raises(LineError, match="gone"):
            ask()
    inputs.gone = False
    inputs.open_again()
    assert inputs.levels() == {"contact": True}


def test_a_relay_is_as_it_was_driven_or_says_why_not():
    relay = FakeOutput("siren")
    assert relay.read() is None
    relay.drive(True, 5.0)
    assert (relay.read(), relay.told) == (True, [(True, 5.0)])
    relay.stuck = True
    relay.drive(True, None)
    with pytest.raises(LineError, match="siren does not switch"):
        relay.drive(False, None)
    assert relay.read() is True
    relay.fault = "unplugged"
    for ask in (relay.read, lambda: relay.drive(False, None)):
        with pytest.raises(LineError, match="unplugged"):
            ask()
    relay.close()
    assert relay.closed
