"""The hub's server: HTTPS until it is told to stop, and what has to be done once a minute."""

import asyncio
import logging
import resource
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from accessctl.background import BackgroundThread
from accessctl.errors import AccessctlError, FaultError
from accessctl.hub.api import application
from accessctl.hub.assembly import Hub
from accessctl.hub.given_certificate import GivenCertificate, ShownByName
from accessctl.hub.handshakes import Entrance
from accessctl.hub.journal import chain_heads
from accessctl.hub.metrics import hub_metrics
from accessctl.hub.operators import operator_socket
from accessctl.hub.peer import PeerProtocol
from accessctl.hub.sole import AGAIN_S, WAIT_S, AnotherHubError, sole_hub
from accessctl.hub.waking import Waking
from accessctl.policy.expiry import DAY_S

MINUTE_S = 60.0
CLOSE_S = 5.0
GOODBYE_S = 0.5
KEEP_ALIVE_S = 75
MOST_CONNECTIONS = 4000
"""A door has one that waits and, for a moment each, one for its log and one for its people; two
more while something is asked of it."""
OTHER_FILES = 256
MOST_HEADER_BYTES = 32768
BACKLOG = 512
ALL_OF_BOTH = "::"
"""All addresses, of either kind."""

log = logging.getLogger(__name__)


class HubServer(uvicorn.Server):
    """uvicorn, which lets doors in by handshakes.Entrance, tells when it listens, and lets nobody
    wait when it ends."""

    beside: "Sequence[BesideServer]" = ()
    """Those that end with it: signals reach one server of a process."""

    def __init__(self, config: uvicorn.Config, waking: Waking, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._waking = waking
        self._ready = ready
        self._entrances: list[Entrance] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._waking.start()
        # It takes over none of the sockets.
        await super().startup([])
        self._entrances = [
            Entrance(one, self._protocol, _tls_of(self.config)) for one in sockets or []
        ]
        if not self.should_exit:
            self._ready()

    def _protocol(self) -> asyncio.Protocol:
        """As uvicorn makes one for each connection."""
        made: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Before it waits for the answers to those who have asked.
        self._waking.close()
        for entrance in self._entrances:
            await entrance.close()
        ending = asyncio.ensure_future(super().shutdown(sockets))
        asyncio.get_running_loop().call_later(GOODBYE_S, self._let_go, ending)
        await ending

    def _let_go(self, ending: "asyncio.Future[None]") -> None:
        """Until all have left: whoever has their answer is not waited for, as TLS would have it,
        until they say goodbye. A door that keeps its connection for later does not hear of it."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None and transport.is_closing():
                transport.abort()
        if not ending.done():
            asyncio.get_running_loop().call_later(GOODBYE_S, self._let_go, ending)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        for one in self.beside:
            one.should_exit = True
        super().handle_exit(sig, frame)


def _tls_of(config: uvicorn.Config) -> ssl.SSLContext:
    if config.ssl is None:
        raise FaultError("The hub serves nobody without TLS.")
    return config.ssl


class BesideServer(uvicorn.Server):
    """One that leaves the signals to the server that it is beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Served:
    """A server beside the hub's own, in the same event loop, and where it listens; `tls` where it
    shows the hub's own certificate, to be read anew when that is renewed, or else `given`, which
    reads the one that it shows anew each minute."""

    server: BesideServer
    listener: socket.socket
    tls: ssl.SSLContext | None = None
    given: Callable[[], object] | None = None


class Minutes(BackgroundThread):
    """What the hub does at its start and each minute: it sees that it is the only one, chains the
    ends of all logs, sees who is sent to the doors, forgets pictures that are too old and passes
    that are over, and renews its own certificate when that runs out soon. Once a day it judges who
    was let in nowhere for long."""

    def __init__(
        self,
        hub: Hub,
        *tls: ssl.SSLContext,
        stays_sole: Callable[[], None] = lambda: None,
        every_s: float = MINUTE_S,
        end: Callable[[], object] = lambda: None,
        given: Sequence[Callable[[], object]] = (),
    ) -> None:
        """`stays_sole` is as `sole_hub` gives it; `end` is called once where it is not the only one
        any more, and `fault` says why. `given` read the certificates that are not the hub's own."""
        self._hub = hub
        self._tls = tls
        self._stays_sole = stays_sole
        self._every_s = every_s
        self._end = end
        self._given = given
        self.fault: AnotherHubError | None = None
        self._known: dict[str, int] = {}
        self._judged: float | None = None
        self._closing = threading.Event()
        super().__init__(self._run, name="minutes", stop=self._closing.set, patience_s=CLOSE_S)

    def turn(self) -> None:
        """Once. What fails is logged, and keeps nothing else from being done."""
        now = self._hub.now()
        for what in (
            self._stays_sole,
            lambda: chain_heads(self._hub.database, self._known, now),
            self._hub.withholding.settle,
            self._hub.pictures.forget_old,
            self._hub.passes.forget_over,
            lambda: self._judge(now),
            self._renew,
            *self._given,
        ):
            try:
                what()
            except AnotherHubError as error:
                # Two would not hear of each other's changes: of whom one removes, say.
                self.fault = error
                self._closing.set()
                self._end()
                return
            except AccessctlError as error:
                log.error("What the hub does each minute was not done: %s", error)
            except Exception:  # logged: nothing may end what the hub does each minute
                log.exception("What the hub does each minute was not done.")

    def _judge(self, now: float) -> None:
        if self._judged is None or not 0 <= now - self._judged < DAY_S:
            self._hub.expiry.judge()
            self._judged = now

    def _renew(self) -> None:
        if self._hub.authority.renew_hub(self._hub.config.names):
            for context in self._tls:
                self._hub.authority.load_hub(context)
            log.info("The hub's certificate was renewed.")

    def _run(self) -> None:
        self.turn()
        while not self._closing.wait(self._every_s):
            self.turn()


def serve(
    hub: Hub,
    ready: Callable[[], object],
    beside: Sequence[Served] = (),
    *,
    every_s: float = MINUTE_S,
    again_s: float = AGAIN_S,
) -> None:
    """Until SIGINT or SIGTERM; `ready` is called once it listens. FaultError where it cannot, or
    another hub serves the same database meanwhile: that is looked for every `every_s` seconds, see
    `sole_hub` for `again_s`."""
    tls, given = tls_by_name(hub)
    others = [one.tls for one in beside if one.tls is not None]
    read_anew = [given, *(one.given for one in beside if one.given is not None)]
    allow_connections(MOST_CONNECTIONS)
    with (
        sole_hub(hub.config.folder, hub.database, wait_s=WAIT_S, again_s=again_s) as stays_sole,
        operator_socket(hub),
        hub_metrics(hub),
        listening(hub.config.host, hub.config.port) as listener,
    ):
        # Before any door is answered: the configuration may be another than before.
        hub.withholding.settle()
        own = server(hub, tls, ready)
        own.beside = [one.server for one in beside]

        def end() -> None:
            own.should_exit = True

        minutes = Minutes(
            hub, tls, *others, stays_sole=stays_sole, every_s=every_s, end=end, given=read_anew
        )
        with minutes:
            asyncio.run(_all(own, listener, beside))
    if minutes.fault is not None:
        raise minutes.fault


def tls_by_name(hub: Hub) -> tuple[ssl.SSLContext, Callable[[], object]]:
    """As the hub speaks it, and what reads the certificate that is given to it anew. ConfigError,
    FaultError."""
    tls = hub.authority.server_context(hub.config.names)
    certificate, key = hub.config.certificate, hub.config.key
    if certificate is None or key is None:
        return tls, lambda: None
    given = GivenCertificate(certificate, key, "hub")
    return tls, ShownByName(tls, given, hub.authority.bare_context).again


async def _all(own: HubServer, listener: socket.socket, beside: Sequence[Served]) -> None:
    """All of them until one ends; then none goes on."""
    every: list[uvicorn.Server] = [own, *own.beside]
    sockets = [listener, *(one.listener for one in beside)]

    async def one(server: uvicorn.Server, where: socket.socket) -> None:
        try:
            await server.serve(sockets=[where])
        finally:
            for other in every:
                other.should_exit = True

    await asyncio.gather(*map(one, every, sockets))


def allow_connections(count: int) -> None:
    """As many files at once as that takes, if the machine lets this process have them."""
    wanted = count + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or soft >= wanted:
        return
    allowed = wanted if hard == unlimited else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning(
            "The hub may open %d files, and a thousand doors take %d; raise LimitNOFILE.",
            allowed,
            wanted,
        )


def server(
    hub: Hub,
    tls: ssl.SSLContext,
    ready: Callable[[], object],
    keep_alive_s: int = KEEP_ALIVE_S,
) -> HubServer:
    """The server, which does not listen yet; whoever is silent for `keep_alive_s` is let go."""
    return HubServer(https_config(application(hub), tls, keep_alive_s), hub.waking, ready)


def https_config(
    app: ASGIApp, tls: ssl.SSLContext, keep_alive_s: int = KEEP_ALIVE_S, **more: Any
) -> uvicorn.Config:
    """How uvicorn serves `app` here; `more` are settings of its own."""
    usual: dict[str, Any] = {
        "http": PeerProtocol,
        "ws": "none",
        "loop": "asyncio",
        "lifespan": "off",
        "log_config": None,
        # Its warnings are of what strangers send, a line for each.
        "log_level": "error",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
        "timeout_keep_alive": keep_alive_s,
        "timeout_graceful_shutdown": int(CLOSE_S),
        "limit_concurrency": MOST_CONNECTIONS,
        "h11_max_incomplete_event_size": MOST_HEADER_BYTES,
        "ssl_context_factory": lambda *_: tls,
    }
    return uvicorn.Config(app, **{**usual, **more})


def listening(host: str, port: int, section: str = "hub") -> socket.socket:
    """FaultError where the address is taken, or none of this machine's; `section` of the
    configuration names it."""
    is_both = host == ALL_OF_BOTH and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=is_both
        )
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise FaultError(
            f"The {section} cannot listen at {host}, port {port} ({why}); name another one in "
            f"{section}.host or {section}.port, or stop what uses it."
        ) from error
    # Connections have it from here: asyncio sets it on sockets of its own alone, and without it
    # each answer's second part waits 40 ms for the first one's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    return listener
