"""Whose certificate a connection showed, handed to the application with each of its requests.

uvicorn does not hand it on, so its protocol is extended here. TLS has checked by then that the
hub's authority issued it and that it has not run out; whether it counts, the database says.
"""

from asyncio import TimerHandle
from typing import Any

import h11
from cryptography import x509
from uvicorn.protocols.http.h11_impl import H11Protocol

from accessctl.hub.authority import serial_of

COMING = frozenset({h11.IDLE, h11.SEND_BODY})
"""The states of h11 in which more of a request is to come."""
PEER = "accessctl.peer"
"""In a request's `extensions`: the serial number, hex, of the certificate that was shown."""


class PeerProtocol(H11Protocol):
    """HTTP/1.1 whose requests carry the serial of the peer's certificate, where it showed one."""

    _deadline: TimerHandle | None = None
    _is_peer = False
    _is_socket = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        serial = _serial(transport)
        self._is_peer = serial is not None
        if serial is not None:
            self.app = _Stamped(self.app, serial)
        self._wait_for_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_peer:
            # A door whose line is slow may take its time, as long as something comes.
            self._forget_deadline()
        self._wait_for_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        # All of the request is here, and h11 hears of nothing more that comes.
        self._is_socket = True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        # What has not come by now is not waited for; a door sends it again.
        if self.conn.their_state in COMING:
            self.transport.abort()

    def _wait_for_request(self) -> None:
        """Let go of whoever has not said all of their request in time, or nothing at all; uvicorn
        waits for ever once the first byte is there."""
        is_whole = self._is_socket or self.conn.their_state not in COMING
        if is_whole or self.transport.is_closing():
            self._forget_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Stamped:
    """One connection's application."""

    def __init__(self, app: Any, serial: str) -> None:
        self._app = app
        self._serial = serial

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        extensions = {**scope.get("extensions", {}), PEER: self._serial}
        await self._app({**scope, "extensions": extensions}, receive, send)


def _serial(transport: Any) -> str | None:
    tls = transport.get_extra_info("ssl_object")
    content = None if tls is None else tls.getpeercert(binary_form=True)
    return None if content is None else serial_of(x509.load_der_x509_certificate(content))
