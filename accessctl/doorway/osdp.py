"""A reader as OSDP (IEC 60839-11-5) knows it, on one line; libosdp speaks the protocol.

Nothing of a card is sent outside the secure channel: libosdp refuses commands that come in clear,
and nothing is handed to it before the channel stands.
"""

import ctypes
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from accessctl.doorway.wiegand import CardBits
from accessctl.errors import LineError
from accessctl.storage.parsing import printable

Answer: TypeAlias = tuple[int, dict[str, Any] | None]
"""What libosdp is told of a command: below 0 refused, and what of it counts instead."""

REFUSED: Answer = (-1, None)
DONE: Answer = (0, None)
MAX_TEXT = 40
COLOURS = ("off", "red", "green", "amber", "blue", "magenta", "cyan", "white")
"""LED colours by their numbers in the standard."""


class ByteLine(Protocol):
    """What carries the bytes; see serial_line.SerialLine."""

    def read(self, most: int) -> bytes: ...

    def write(self, content: bytes) -> int: ...


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """The reader's `address` and speed (baud) on its line, and a number by which controllers tell
    readers apart."""

    address: int
    serial: int = 0
    baud_rate: int = 9600


def _shuffle() -> None:
    """libosdp takes its nonces from C's `rand`, which says the same in every process; so it begins
    somewhere else each time that a channel may be made."""
    ctypes.CDLL(None).srand(int.from_bytes(os.urandom(4), "little"))


class _Channel:
    """A line as libosdp wants it: what is raised must not go through C, so it is kept in `fault`
    until the turn is over."""

    id = 0

    def __init__(self, line: ByteLine) -> None:
        self._line = line
        self.fault: LineError | None = None

    def read(self, most: int) -> bytes:
        try:
            return self._line.read(most)
        except LineError as error:
            self.fault = error
            return b""

    def write(self, content: bytes) -> int:
        try:
            return self._line.write(bytes(content))
        except LineError as error:
            self.fault = error
            return len(content)

    def flush(self) -> None:
        """What is written leaves by itself."""


class OsdpReader:
    """Belongs to one thread, which calls `turn` some 50 times a second."""

    def __init__(
        self,
        line: ByteLine,
        place: ReaderPlace,
        key: bytes | None,
        keep: Callable[[bytes], bool],
        told: Callable[[str, str], object] = lambda _name, _value: None,
    ) -> None:
        """`key` is the secure channel's (16 bytes); None: installation, with the key that stands in
        the standard, in which the controller hands out one of its own and no card is taken.

        `keep` puts a key from the controller where it lasts, False where it could not; `told`
        hears what the controller shows visitors: led, buzzer or text, and how.
        """
        import osdp
        import osdp_sys

        # It would write to standard output, cards among it.
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
        self._channel = _Channel(line)
        self._place = place
        self._keep = keep
        self._told = told
        self._installing = key is None
        self._taken: bool | None = None
        flag = osdp.LibFlag.InstallMode if key is None else osdp.LibFlag.EnforceSecure
        info = osdp.PDInfo(
            place.address,
            self._channel,
            scbk=key,
            name="accessctl",
            flags=[flag],
            id=osdp.PdId(1, 1, 0, place.serial, 1),
        )
        capabilities = osdp.PDCapabilities(
            [
                (osdp.Capability.CardDataFormat, 1, 1),
                (osdp.Capability.LEDControl, 1, 1),
                (osdp.Capability.AudibleControl, 1, 1),
                (osdp.Capability.TextOutput, 1, 1),
                (osdp.Capability.CheckCharacter, 1, 0),
                (osdp.Capability.CommunicationSecurity, 1, 1),
                (osdp.Capability.Readers, 1, 1),
            ]
        )
        self._device = osdp_sys.PeripheralDevice(info.get(), capabilities=capabilities.get())
        commands = osdp.Command
        self._commands: Mapping[int, Callable[[Mapping[str, Any]], Answer]] = {
            commands.LED: self._led,
            commands.Buzzer: self._buzzer,
            commands.Text: self._text,
            commands.Keyset: self._new_key,
            commands.Status: lambda _: DONE,
            commands.Comset: self._stay,
            commands.ComsetDone: lambda _: DONE,
        }
        self._formats = MappingProxyType(
            {True: osdp.CardFormat.Wiegand, False: osdp.CardFormat.Unspecified}
        )
        self._card_read, self._status = osdp.Event.CardRead, osdp.Event.Status
        self._local = osdp.StatusReportType.Local
        self._device.set_command_callback(self._command)
        self._device.set_event_completion_callback(self._completed)

    def turn(self) -> None:
        """Take in what has come and answer it; LineError once the line is gone."""
        if not self._device.is_sc_active():
            _shuffle()
        self._device.refresh()
        if self._channel.fault is not None:
            raise self._channel.fault

    @property
    def online(self) -> bool:
        """Whether a controller asks this reader."""
        return bool(self._device.is_online())

    @property
    def secure(self) -> bool:
        """Whether the secure channel stands, by a key that is no one else's."""
        return bool(self._device.is_sc_active()) and not self._installing

    @property
    def taken(self) -> bool | None:
        """What became of the card that was presented last: True once the controller has it, False
        where it was refused or withdrawn, None while it is on its way."""
        return self._taken

    def present(self, card: CardBits) -> None:
        """Hand a card to the controller when it asks next; `secure` has to hold (ValueError)."""
        if not self.secure:
            raise ValueError("a card is handed over in the secure channel only")
        self._taken = None
        event = {
            "event": self._card_read,
            "reader_no": 0,
            "direction": 0,
            "format": self._formats[card.wiegand],
            "length": card.length,
            "data": card.data,
        }
        if not self._device.submit_event(event):
            self._taken = False

    def withdraw(self) -> None:
        """Take back what the controller has not taken."""
        self._device.flush_events()

    def tell_tamper(self, tampered: bool) -> None:
        """Tell the controller that the housing is open, or shut again; power is always there."""
        report = bytes([tampered, False])
        self._device.submit_event({"event": self._status, "type": self._local, "report": report})

    def _completed(self, event: Mapping[str, Any], status: int) -> None:
        if event.get("event") == self._card_read:
            self._taken = status == 0

    def _command(self, command: Mapping[str, Any]) -> Answer:
        """What the controller wants; where it is nothing that this reader does, it is told so."""
        obey = self._commands.get(command.get("command", -1))
        return REFUSED if obey is None else obey(command)

    def _led(self, command: Mapping[str, Any]) -> Answer:
        colour = command.get("on_color", 0)
        known = 0 <= colour < len(COLOURS)
        self._told("led", COLOURS[colour] if known else f"colour {colour}")
        return DONE

    def _buzzer(self, command: Mapping[str, Any]) -> Answer:
        # Tone codes: 0 none, 1 off, 2 the default one.
        self._told("buzzer", "off" if command.get("control_code", 0) < 2 else "on")
        return DONE

    def _text(self, command: Mapping[str, Any]) -> Answer:
        self._told("text", printable(str(command.get("data", "")))[:MAX_TEXT])
        return DONE

    def _stay(self, command: Mapping[str, Any]) -> Answer:
        """Answer with the address and the speed that the configuration says: a controller whose
        command is refused may take the reader for gone."""
        there = {"address": self._place.address, "baud_rate": self._place.baud_rate}
        return 0, {**command, **there}

    def _new_key(self, command: Mapping[str, Any]) -> Answer:
        if not self._keep(bytes(command.get("data", b""))):
            return REFUSED
        self._installing = False
        return DONE
