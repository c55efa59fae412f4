"""A controller that drives the lock, as the door uses it: its line is held while this door acts,
and it is told the number of whoever is granted.
"""

import logging
import os
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from accessctl.actions.base import ActionResult, DoorAction
from accessctl.audit.base import Recorder, write_down
from accessctl.config import Config
from accessctl.config.controller import ControllerConfig
from accessctl.domain import DoorwayWord, PersonId, PersonRules, Reason
from accessctl.door.doorway_gate import DoorwayDesk
from accessctl.door.recorder import service_event
from accessctl.doorway.controller import ControllerLink, ControllerParts
from accessctl.doorway.controller_key import CREDENTIAL, keep_key, key_file, own_key, read_key
from accessctl.doorway.osdp import ReaderPlace
from accessctl.doorway.serial_line import SerialLine
from accessctl.doorway.values import DoorwayRecord, DoorwayState, LockOutputs, OperatorCommand
from accessctl.doorway.wiegand import CardBits, card_bits
from accessctl.errors import AccessctlError, ConfigError, InputError
from accessctl.gallery.person import ControllerNumber
from accessctl.storage.passwords import credential

log = logging.getLogger(__name__)


class Tampered:
    """Tells a controller of the tamper contact; see keeper.DoorwayListener."""

    def __init__(self, tell: Callable[[bool], object]) -> None:
        self._tell = tell

    def recorded(self, record: DoorwayRecord, time: float) -> None:
        del time
        if record.word in (DoorwayWord.TAMPER, DoorwayWord.TAMPER_OVER):
            self._tell(record.word is DoorwayWord.TAMPER)

    def changed(self, outputs: LockOutputs, state: DoorwayState) -> None:
        """The tamper contact has records of its own."""


class ControllerDesk:
    """See doorway_gate.DoorwayDesk; `beside` is what else hangs on the door.

    `look`, `open` and `close` belong to the loop, the rest to any thread.
    """

    def __init__(
        self,
        beside: DoorwayDesk,
        link: ControllerLink,
        action: DoorAction,
    ) -> None:
        self._beside = beside
        self._link = link
        self._open = ExitStack()
        self._is_open = False
        self.actions: Sequence[DoorAction] = (*beside.actions, action)

    def open(self) -> None:
        """Begin to answer on the line; it is opened, and opened again, beside the loop."""
        if not self._is_open:
            self._is_open = True
            self._open.enter_context(self._link)

    def close(self) -> None:
        self._open.close()

    def objection(self, rules: PersonRules) -> Reason | None:
        return self._beside.objection(rules)

    def look(self, *, acting: bool) -> None:
        if acting:
            self.open()
        self._beside.look(acting=acting)

    def plan_by(self, config: Config) -> None:
        self._beside.plan_by(config)

    def command(self, command: OperatorCommand) -> str | None:
        return self._beside.command(command)

    def report(self) -> dict[str, Any] | None:
        return self._beside.report()

    def controller(self) -> dict[str, Any] | None:
        return self._link.report()


class ControllerAction:
    """Hands a granted person's number to the controller.

    `number_of` may raise StoreError; `objection` is asked once more, as the door may have been
    locked down since the decision.
    """

    name = target = "controller"
    opens = True
    # Each person has a number of their own.
    joins = False

    def __init__(
        self,
        config: ControllerConfig,
        number_of: Callable[[PersonId], ControllerNumber | None],
        objection: Callable[[PersonId], Reason | None],
        hand_over: Callable[[CardBits], str | None],
    ) -> None:
        self._config = config
        self._number_of = number_of
        self._objection = objection
        self._hand_over = hand_over

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        began = time.monotonic()
        try:
            refused = self._refused(payload.get("person_id"))
        except AccessctlError as error:
            refused = str(error)
        spent_ms = (time.monotonic() - began) * 1e3
        return ActionResult(refused is None, refused or "The controller has the number.", spent_ms)

    def _refused(self, person: object) -> str | None:
        if not isinstance(person, str):
            return "Nobody was granted by whose number the controller could be told."
        why = self._objection(PersonId(person))
        if why is not None:
            return f"Not handed over: {why.value}."
        kept = self._number_of(PersonId(person))
        if kept is None:
            return "They have no controller number; see `accessctl controller set`."
        return self._hand_over(bits_of(kept, self._config))


def bits_of(kept: ControllerNumber, config: ControllerConfig) -> CardBits:
    """InputError where the number does not fit the configured format."""
    facility = kept.facility
    if facility is None and config.format != "raw":
        facility = config.facility
    return card_bits(config.format, kept.number, facility, config.bits)


def link_parts(
    config: Config, audit: Recorder, environment: Mapping[str, str] | None = None
) -> ControllerParts:
    """As the configuration says; ConfigError for a key that cannot be used, or where libosdp is not
    installed."""
    controller = config.doorway.controller
    if controller is None:
        raise InputError("There is no doorway.controller in the configuration.")
    check_library()
    known = os.environ if environment is None else environment
    read_key(config, known)

    def changed(there: bool, detail: str) -> None:
        state = "controller_back" if there else "controller_lost"
        write_down(audit, service_event(state, time.time(), detail=detail))

    return ControllerParts(
        place=place_of(config),
        open_line=lambda: SerialLine(controller.device, controller.baud_rate),
        key=lambda: read_key(config, known),
        keep=lambda key: kept(config, key, known),
        expiry_s=controller.expiry_s,
        changed=changed,
    )


def place_of(config: Config) -> ReaderPlace:
    serial = zlib.crc32(config.access.door.encode("utf-8"))
    controller = config.doorway.controller
    if controller is None:
        return ReaderPlace(0, serial)
    return ReaderPlace(controller.address, serial, controller.baud_rate)


def check_library() -> None:
    """ConfigError where there is no libosdp."""
    try:
        import osdp
    except ImportError as error:
        raise ConfigError(
            "doorway.controller needs libosdp; install it: pip install 'accessctl[osdp]'"
        ) from error
    del osdp


def kept(config: Config, key: bytes, environment: Mapping[str, str]) -> bool:
    """Put a key that the controller hands out in the place of the present one; False, and logged,
    where that cannot be: then the controller goes on with the present one."""
    path = key_file(config)
    if credential(CREDENTIAL, environment) is not None:
        log.error("The controller hands out a new key, and systemd's cannot be replaced.")
        return False
    try:
        keep_key(path, own_key(key))
    except (OSError, ConfigError) as error:
        log.error("The controller's new key cannot be kept in %s: %s", path, error)
        return False
    log.warning("The controller has handed out a new key; it is in %s.", path)
    return True
