"""A decision is POSTed to a server, signed with a key that only its owner may read."""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import ssl
import stat
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accessctl.actions.base import ActionResult
from accessctl.errors import ConfigError
from accessctl.redaction import redact, redacted_text, unescaped
from accessctl.storage.parsing import printable

MIN_KEY_BYTES = 16
MAX_KEY_BYTES = 4096
BACKOFF_S = 0.5
BACKOFF_MAX_S = 8.0
DETAIL_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class _Attempt:
    ok: bool
    again: bool
    detail: str


class Webhook:
    """POSTs the payload as JSON, signed; docs/actions.md describes headers and retries."""

    def __init__(
        self,
        url: str,
        *,
        secret: bytes | None,
        timeout_s: float,
        retries: int,
        opens: bool = True,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        delivery_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        """`timeout_s` bounds one attempt from name lookup to the answer's headers.

        `now` gives epoch seconds for the timestamp, `clock` measures the duration.
        Raises ConfigError for a URL that cannot be used.
        """
        import httpx

        self.opens = opens
        self.joins = True
        # At level INFO they log whole URLs, and a webhook's URL is often its password.
        for noisy in ("httpx", "httpcore"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        if way_out := unescaped(url):
            raise ConfigError(
                f"The webhook's url {redact(url)} cannot be read: the user or password before its "
                f"last @ holds what ends them; {way_out}."
            )
        try:
            self._host = printable(httpx.URL(url).host)
        except httpx.InvalidURL as error:
            raise ConfigError(f"A webhook's url cannot be used: {error}.") from error
        if not self._host:
            raise ConfigError("A webhook's url names no host; write https://HOST/PATH.")
        self.target = self._url = url
        self._secret = secret
        self._timeout_s = timeout_s
        self._retries = retries
        self._sleep = sleep
        self._now = now
        self._clock = clock
        self._delivery_id = delivery_id
        # Made once, for it takes tens of milliseconds; the system's certificates are
        # added to the bundled ones so that an owner's own authority is trusted.
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._tls.load_default_certs(ssl.Purpose.SERVER_AUTH)

    @property
    def name(self) -> str:
        return f"webhook {self._host}"

    def perform(self, payload: Mapping[str, Any]) -> ActionResult:
        """Deliver once; every attempt carries the same delivery id and a fresh timestamp.

        Raises ValueError or TypeError if `payload` is not JSON.
        """
        started = self._clock()
        delivery = self._delivery_id()
        body = json.dumps({**payload, "delivery": delivery}, allow_nan=False).encode()
        attempt = self._attempt(body, delivery)
        made = 1
        while attempt.again and made <= self._retries:
            self._sleep(min(BACKOFF_S * 2 ** (made - 1), BACKOFF_MAX_S))
            attempt = self._attempt(body, delivery)
            made += 1
        detail = attempt.detail if made == 1 else f"{attempt.detail} ({made} attempts)"
        return ActionResult(attempt.ok, detail, (self._clock() - started) * 1000)

    def _attempt(self, body: bytes, delivery: str) -> _Attempt:
        import httpx

        try:
            status = asyncio.run(self._post(body, self._headers(body, delivery)))
        except (TimeoutError, httpx.TimeoutException):
            return _Attempt(False, True, f"{self._host} gave no answer in {self._timeout_s:g} s.")
        except httpx.TransportError as error:
            said = redacted_text(str(error)) or type(error).__name__
            why = printable(said)[:DETAIL_CHARACTERS]
            return _Attempt(False, True, f"{self._host} could not be reached ({why}).")
        return self._judge(status)

    def _headers(self, body: bytes, delivery: str) -> dict[str, str]:
        timestamp = str(int(self._now()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "accessctl",
            "X-Accessctl-Timestamp": timestamp,
            "X-Accessctl-Delivery": delivery,
        }
        if self._secret is not None:
            headers["X-Accessctl-Signature"] = f"sha256={signature(self._secret, timestamp, body)}"
        return headers

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        # The asynchronous client, because only cancelling bounds the whole attempt:
        # httpx's own timeouts start anew with every byte that a slow server drips. The
        # answer's body is never read.
        import httpx

        async with (
            asyncio.timeout(self._timeout_s),
            httpx.AsyncClient(
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
                timeout=self._timeout_s,
            ) as client,
            client.stream("POST", self._url, content=body, headers=headers) as response,
        ):
            return response.status_code

    def _judge(self, status: int) -> _Attempt:
        answer = f"{self._host} answered {status}"
        if 200 <= status < 300:
            return _Attempt(True, False, f"{answer}.")
        if 300 <= status < 400:
            return _Attempt(False, False, f"{answer}; redirects are not followed.")
        return _Attempt(False, status == 429 or status >= 500, f"{answer}.")


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA256 (RFC 2104) over `timestamp`, a full stop and `body`."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def read_secret(path: Path) -> bytes:
    """The key in `path`, without the line break an editor leaves at its end.

    Raises ConfigError unless it is a plain file of 16 to 4096 bytes that only its
    owner may read or write.
    """
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"The webhook key {path} is not a plain file.")
            if status.st_mode & 0o077:
                raise ConfigError(
                    f"The webhook key {path} can be read or changed by others; "
                    f"run: chmod 600 {path}."
                )
            secret = file.read(MAX_KEY_BYTES + 1).rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(
            f"Cannot read the webhook key {path} ({error.strerror}); "
            "make one with: openssl rand -hex 32."
        ) from error
    if not MIN_KEY_BYTES <= len(secret) <= MAX_KEY_BYTES:
        raise ConfigError(
            f"The webhook key {path} must hold {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes; "
            "make one with: openssl rand -hex 32."
        )
    return secret


def _opener(path: str, flags: int) -> int:
    # A named pipe must not make the start of the door wait.
    return os.open(path, flags | os.O_NONBLOCK)
