"""The console's server: HTTPS and WebSockets on a port of its own, beside the hub's."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from accessctl.config import Config
from accessctl.console.app import Console, PageModule, console_application
from accessctl.hub.assembly import Hub
from accessctl.hub.given_certificate import GivenCertificate, ShownByName
from accessctl.hub.server import KEEP_ALIVE_S, BesideServer, Served, https_config, listening

MAX_SOCKET_BYTES = 65536
PING_S = 20.0
MOST_CONNECTIONS = 200


class BrowserSocket(WebSocketsSansIOProtocol):
    """A socket of a browser that just says goodbye keeps no end of the console from coming."""

    def shutdown(self) -> None:
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()


@dataclass(frozen=True, slots=True)
class ConsoleTls:
    """How the console speaks TLS; `again` reads the certificate that was given to it anew, None
    where it shows the hub's own."""

    context: ssl.SSLContext
    again: Callable[[], object] | None = None


@contextmanager
def console_beside(
    console: Console,
    tls: ConsoleTls,
    modules: Sequence[PageModule] | None = None,
    keep_alive_s: int = KEEP_ALIVE_S,
) -> Iterator[Served]:
    """To be served beside the hub, with these pages, or all that there are; whoever asks for
    nothing in `keep_alive_s`, and has no socket open, is let go. FaultError where it cannot
    listen."""
    section = console.config
    settings = https_config(
        console_application(console, modules),
        tls.context,
        keep_alive_s,
        ws=BrowserSocket,
        ws_max_size=MAX_SOCKET_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        limit_concurrency=MOST_CONNECTIONS,
    )
    with listening(section.host, section.port, "console") as listener:
        own = tls.context if tls.again is None else None
        yield Served(BesideServer(settings), listener, own, tls.again)


def console_tls(hub: Hub, config: Config) -> ConsoleTls:
    """TLS 1.3 with the certificate that the configuration names, or the hub's own; it asks browsers
    for none. ConfigError, FaultError."""
    context = _bare()
    section = config.console
    if section.certificate is None or section.key is None:
        hub.authority.renew_hub(config.hub.names)
        hub.authority.load_hub(context)
        return ConsoleTls(context)
    given = GivenCertificate(section.certificate, section.key, "console")
    # By whichever name it is asked for: no door comes here.
    return ConsoleTls(context, ShownByName(context, given, _bare, keeps=()).again)


def _bare() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
