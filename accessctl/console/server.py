"""The console's server: HTTPS and WebSockets on a port of its own, beside the hub's."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from accessctl.config import Config
from accessctl.console.app import Console, PageModule, console_application
from accessctl.hub.assembly import Hub
from accessctl.hub.given_certificate import GivenCertificate
from accessctl.hub.server import BesideServer, Served, https_config, listening

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


@contextmanager
def console_beside(
    console: Console, tls: ssl.SSLContext, modules: Sequence[PageModule] | None = None
) -> Iterator[Served]:
    """To be served beside the hub, with these pages, or all that there are; FaultError where it
    cannot listen."""
    section = console.config
    settings = https_config(
        console_application(console, modules),
        tls,
        ws=BrowserSocket,
        ws_max_size=MAX_SOCKET_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        limit_concurrency=MOST_CONNECTIONS,
    )
    with listening(section.host, section.port, "console") as listener:
        is_hubs = section.certificate is None
        yield Served(BesideServer(settings), listener, tls if is_hubs else None)


def console_tls(hub: Hub, config: Config) -> ssl.SSLContext:
    """TLS 1.3 with the certificate that the configuration names, or the hub's own; it asks browsers
    for none. ConfigError, FaultError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    section = config.console
    if section.certificate is None or section.key is None:
        hub.authority.renew_hub(config.hub.names)
        hub.authority.load_hub(context)
        return context
    GivenCertificate(section.certificate, section.key, "console").load(context)
    return context
