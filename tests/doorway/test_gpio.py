"""GPIO lines: against a stand-in everywhere, and against the kernel's own simulator where it is."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from accessctl.config.doorway import ExitLineConfig, GpioOutput, InputLineConfig
from accessctl.doorway.gpio import GpioInputs, GpioRelay, chip_path, happens, line_fact
from accessctl.doorway.lines import LineEdge, LineFact
from accessctl.errors import LineError
from tests.doorway.stand_in_gpiod import Bias, StandIn, StandInChip, StandInLine

LABEL = "pinctrl-rp1"
CONTACT = InputLineConfig(chip=LABEL, line="GPIO17", debounce_ms=30)
EXIT = ExitLineConfig(chip=LABEL, line="GPIO27")
LOCK = GpioOutput(type="gpio", chip=LABEL, line="GPIO22")


class Board:
    """A Raspberry Pi 5 as the stand-in plays it, with a link of the old name to its chip."""

    def __init__(self, folder: Path) -> None:
        self.devices = folder
        names = ["GPIO17", "GPIO27", "GPIO22", "TWIN", "TWIN"]
        # The contact's loop is closed, to ground; the button is not pressed, pulled up.
        self.chip = StandInChip(LABEL, [StandInLine(name) for name in names])
        self.chip.line("GPIO27").high = True
        self.other = StandInChip("brcmvirt-gpio", [StandInLine("LED")])
        (folder / "gpiochip0").touch()
        (folder / "gpiochip4").symlink_to(folder / "gpiochip0")
        (folder / "gpiochip11").touch()
        paths = {folder / "gpiochip0": self.chip, folder / "gpiochip11": self.other}
        self.gpiod = StandIn({path.resolve(): chip for path, chip in paths.items()})

    def inputs(self) -> GpioInputs:
        return GpioInputs({"contact": CONTACT, "exit": EXIT}, self.gpiod, self.devices)

    def relay(self, config: GpioOutput = LOCK, *, safe: bool = False) -> GpioRelay:
        return GpioRelay(config, safe=safe, gpiod=self.gpiod, devices=self.devices)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


@pytest.mark.parametrize(
    ("closed", "wiring", "expected"),
    [(True, "nc", False), (False, "nc", True), (True, "no", True), (False, "no", False)],
)
def test_a_cut_wire_of_a_normally_closed_switch_counts_as_if_it_happened(
    closed: bool, wiring: str, expected: bool
) -> None:
    assert happens(closed, wiring) is expected


def test_a_chip_is_found_by_its_label_under_whatever_number(board: Board) -> None:
    assert chip_path(board.gpiod, LABEL, board.devices) == board.devices / "gpiochip0"
    with pytest.raises(
        LineError, match=r"labelled 'gpio' \(there are brcmvirt-gpio, pinctrl-rp1\)"
    ):
        chip_path(board.gpiod, "gpio", board.devices)
    board.other.label = LABEL
    with pytest.raises(LineError, match="Several GPIO chips"):
        chip_path(board.gpiod, LABEL, board.devices)


def test_a_line_is_found_by_its_name(board: Board) -> None:
    with pytest.raises(LineError, match="has no line called 'GPIO99'"):
        board.relay(LOCK.model_copy(update={"line": "GPIO99"}))
    with pytest.raises(LineError, match="has several lines called 'TWIN'"):
        board.relay(LOCK.model_copy(update={"line": "TWIN"}))


def test_inputs_are_taken_as_they_are_configured(board: Board) -> None:
    inputs = board.inputs()
    assert inputs.levels() == {"contact": False, "exit": False}
    settings = board.chip.line("GPIO17").settings
    assert settings is not None
    assert (settings.bias, settings.active_low) == (Bias.PULL_UP, True)
    assert settings.debounce_period == timedelta(milliseconds=30)
    assert board.chip.line("GPIO17").consumer == "accessctl"
    inputs.close()
    assert board.chip.line("GPIO17").consumer == ""


def test_edges_come_in_their_order_with_the_kernels_time(board: Board) -> None:
    inputs = board.inputs()
    board.chip.move("GPIO27", False, 2_500_000_000)
    board.chip.move("GPIO17", True, 3_000_000_000)
    assert inputs.wait(0.0) == [LineEdge("exit", True, 2.5), LineEdge("contact", True, 3.0)]
    assert inputs.levels() == {"contact": True, "exit": True}
    assert inputs.wait(0.0) == []
    inputs.close()


def test_inputs_that_are_unplugged_are_an_error_and_come_back(board: Board) -> None:
    inputs = board.inputs()
    board.chip.gone = True
    with pytest.raises(LineError, match="does not answer"):
        inputs.levels()
    board.chip.gone = False
    inputs.open_again()
    assert inputs.levels() == {"contact": False, "exit": False}
    inputs.close()


def test_a_line_that_is_held_is_an_error_and_nothing_else_stays_held(board: Board) -> None:
    board.chip.line("GPIO17").consumer = "somebody"
    with pytest.raises(LineError, match="held by another program"):
        board.inputs()
    assert board.chip.line("GPIO27").consumer == ""


@pytest.mark.parametrize(("active_low", "safe"), [(False, False), (True, False), (False, True)])
def test_a_relay_is_safe_from_when_it_is_taken(board: Board, active_low: bool, safe: bool) -> None:
    board.chip.line("GPIO22").high = not safe
    relay = board.relay(LOCK.model_copy(update={"active_low": active_low}), safe=safe)
    assert relay.read() is safe
    assert board.chip.line("GPIO22").high is (safe is not active_low)
    relay.drive(True, 5.0)
    assert relay.read() is True
    assert board.chip.line("GPIO22").high is not active_low
    relay.close()


def test_a_level_that_is_not_taken_is_an_error(board: Board) -> None:
    relay = board.relay()
    board.chip.line("GPIO22").shorted = True
    with pytest.raises(LineError, match="does not take its level"):
        relay.drive(True, None)
    board.chip.gone = True
    with pytest.raises(LineError, match="does not answer"):
        relay.drive(True, None)
    relay.close()


def test_what_is_known_of_a_line_that_is_not_taken(board: Board) -> None:
    place = f"{LABEL} GPIO17"
    board.chip.line("GPIO17").high = True
    fact = line_fact("contact", CONTACT, board.gpiod, board.devices)
    assert fact == LineFact("contact", place, True, None)
    assert board.chip.line("GPIO17").consumer == ""
    board.chip.line("GPIO17").consumer = "gpiomon"
    fact = line_fact("contact", CONTACT, board.gpiod, board.devices)
    assert fact == LineFact("contact", place, None, "gpiomon")
    fact = line_fact("lock", LOCK, board.gpiod, board.devices)
    assert fact == LineFact("lock", f"{LABEL} GPIO22", None, None)
    assert board.chip.line("GPIO22").settings is None
    missing = CONTACT.model_copy(update={"chip": "none"})
    assert line_fact("contact", missing, board.gpiod, board.devices).trouble is not None


SIMULATOR = Path("/sys/kernel/config/gpio-sim")


def why_no_simulator() -> str | None:
    if not SIMULATOR.is_dir():
        return "this kernel has no gpio-sim, or configfs is not mounted"
    if os.geteuid() != 0:
        return "gpio-sim can be set up by root only"
    try:
        import gpiod  # noqa: F401
    except ImportError:
        return "the package gpiod is not installed"
    return None


@pytest.fixture
def simulated() -> Iterator[Path]:
    """A simulated chip with two named lines; the folder in sysfs that moves them."""
    reason = why_no_simulator()
    if reason is not None:
        pytest.skip(reason)
    device = SIMULATOR / f"accessctl-{os.getpid()}"
    bank = device / "bank0"
    made = [device, bank, bank / "line0", bank / "line1"]
    for folder in made:
        folder.mkdir()
    (bank / "num_lines").write_text("2")
    (bank / "label").write_text("accessctl-sim")
    (bank / "line0" / "name").write_text("DOOR")
    (bank / "line1" / "name").write_text("LOCK")
    (device / "live").write_text("1")
    name = (device / "dev_name").read_text().strip()
    yield Path("/sys/devices/platform") / name / (bank / "chip_name").read_text().strip()
    (device / "live").write_text("0")
    for folder in reversed(made):
        folder.rmdir()


def test_the_kernels_simulator_is_read_and_driven(simulated: Path) -> None:
    config = InputLineConfig(chip="accessctl-sim", line="DOOR", debounce_ms=0)
    inputs = GpioInputs({"contact": config})
    relay = GpioRelay(GpioOutput(type="gpio", chip="accessctl-sim", line="LOCK"), safe=False)
    try:
        pull = simulated / "sim_gpio0" / "pull"
        pull.write_text("pull-down")
        inputs.wait(1.0)
        before = time.monotonic()
        pull.write_text("pull-up")
        (edge,) = inputs.wait(30.0)
        assert (edge.name, edge.active) == ("contact", True)
        assert before <= edge.at <= time.monotonic()
        relay.drive(True, None)
        assert (simulated / "sim_gpio1" / "value").read_text().strip() == "1"
        held = line_fact("lock", GpioOutput(type="gpio", chip="accessctl-sim", line="LOCK"))
        assert held.holder == "accessctl"
    finally:
        relay.close()
        inputs.close()
