"""Who asks the hub: the door whose certificate the connection showed, looked up at each request."""

from collections.abc import Callable

from fastapi import Request

from accessctl.errors import HubError
from accessctl.hub.doors import Doors
from accessctl.hub.peer import PEER


class Caller:
    """The door that asks: its id, and the serial of the certificate that it showed."""

    def __init__(self, door: str, serial: str) -> None:
        self.door = door
        self.serial = serial


class NotAdmittedError(HubError):
    """Whoever asks shows a certificate that does not count."""


class NoCertificateError(NotAdmittedError):
    """Whoever asks shows none."""

    def __init__(self) -> None:
        super().__init__("Only a door that has joined may ask this; show its certificate.")


def caller_by(doors: Doors) -> Callable[[Request], Caller]:
    """What a route depends on that only doors may ask; NotAdmittedError."""

    def caller(request: Request) -> Caller:
        serial = request.scope.get("extensions", {}).get(PEER)
        if serial is None:
            raise NoCertificateError
        try:
            return Caller(doors.admit(serial), serial)
        except HubError as error:
            raise NotAdmittedError(str(error)) from error

    return caller
