"""A relay that is switched over the local network: two attempts within bounds, and the state read
back, which alone says that the relay did what it was told. `relays.py` knows how each kind is
spoken to.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accessctl.config.doorway import (
    EsphomeOutput,
    HttpCall,
    HttpOutput,
    NetworkOutputs,
    ShellyOutput,
    TasmotaOutput,
)
from accessctl.doorway.relays import (
    DescribedDialect,
    EsphomeDialect,
    RelayDialect,
    ShellyDialect,
    TasmotaDialect,
)
from accessctl.errors import LineError
from accessctl.redaction import redacted_text
from accessctl.storage.parsing import printable
from accessctl.storage.passwords import password_in

ATTEMPTS = 2
MAX_ANSWER = 65536
SHOWN = 200

log = logging.getLogger(__name__)


class RelayClient:
    """Asks one relay; each request takes at most `timeout_s`, and is made twice at most."""

    def __init__(self, name: str, timeout_s: float, auth: Any | None = None) -> None:
        """`auth` is httpx's; `name` is for people, without secrets."""
        self.name = name
        self._timeout_s = timeout_s
        self._auth = auth
        self._tls: Any = None
        for noisy in ("httpx", "httpcore"):
            logging.getLogger(noisy).setLevel(logging.WARNING)

    def ask(self, call: HttpCall) -> str:
        """The answer's text; LineError where there is none, or one that is no success."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._once(call)
            except LineError as error:
                log.info("Asking %s again: %s", self.name, error)
        return self._once(call)

    def _once(self, call: HttpCall) -> str:
        import httpx

        try:
            status, text = asyncio.run(self._send(call))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise LineError(
                f"{self.name} gave no answer within {self._timeout_s:g} s; look whether it has "
                "power and is in the network."
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = printable(redacted_text(str(error)) or type(error).__name__)[:SHOWN]
            raise LineError(f"{self.name} could not be reached ({why}).") from error
        if status == 401:
            raise LineError(f"{self.name} wants a password, or another one; see password_file.")
        if not 200 <= status < 300:
            raise LineError(f"{self.name} answered {status}; look at its settings.")
        return text

    async def _send(self, call: HttpCall) -> tuple[int, str]:
        import httpx

        headers = {"User-Agent": "accessctl"}
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = call.body.encode()
        # Made once, for it takes tens of milliseconds, and not at all for plain HTTP.
        if self._tls is None and call.url.startswith("https:"):
            self._tls = httpx.create_ssl_context(trust_env=False)
        # Only cancelling bounds the whole attempt; httpx's timeouts begin anew with each byte.
        async with (
            asyncio.timeout(self._timeout_s),
            httpx.AsyncClient(
                verify=False if self._tls is None else self._tls,
                trust_env=False,
                follow_redirects=False,
                timeout=self._timeout_s,
                auth=self._auth,
            ) as client,
            client.stream(call.method, call.url, content=content, headers=headers) as response,
        ):
            read = bytearray()
            async for part in response.aiter_bytes():
                read += part
                if len(read) > MAX_ANSWER:
                    break
            return response.status_code, bytes(read[:MAX_ANSWER]).decode("utf-8", "replace")


class NetworkRelay:
    """See lines.OutputPort; the state is read back after each switching."""

    immediate = False

    def __init__(self, dialect: RelayDialect, client: RelayClient) -> None:
        self._dialect = dialect
        self._client = client
        self.name = client.name

    def drive(self, on: bool, for_s: float | None) -> None:
        for call in self._dialect.switch(on, for_s if self._dialect.timed else None):
            self._client.ask(call)
        if self.read() is not on:
            word = "on" if on else "off"
            raise LineError(f"{self.name} was switched {word} and is not; look at the relay.")

    def read(self) -> bool | None:
        said = self._dialect.is_on(self._client.ask(self._dialect.state))
        if said is None:
            raise LineError(f"{self.name} answered what says neither on nor off.")
        return said

    def close(self) -> None:
        """Nothing is kept open."""


def network_relay(
    config: NetworkOutputs, read_password: Callable[[Path], str] | None = None
) -> NetworkRelay:
    """ConfigError for a password file that cannot be used."""
    import httpx

    read = read_password or relay_password
    password = None if config.password_file is None else read(config.password_file)
    address = config.state.url if isinstance(config, HttpOutput) else config.url
    name = f"{config.type} {printable(httpx.URL(address).host)}"
    if isinstance(config, ShellyOutput):
        # RFC 7616 with SHA-256; the user is always admin.
        digest = None if password is None else httpx.DigestAuth("admin", password)
        return NetworkRelay(ShellyDialect(config), RelayClient(name, config.timeout_s, digest))
    if isinstance(config, TasmotaOutput):
        return NetworkRelay(TasmotaDialect(config, password), RelayClient(name, config.timeout_s))
    kind = httpx.DigestAuth if config.auth == "digest" else httpx.BasicAuth
    auth = None if password is None else kind(config.user, password)
    dialect = (
        EsphomeDialect(config) if isinstance(config, EsphomeOutput) else DescribedDialect(config)
    )
    return NetworkRelay(dialect, RelayClient(name, config.timeout_s, auth))


def relay_password(path: Path) -> str:
    """See storage.passwords.password_in."""
    return password_in(path, "the relay's")
