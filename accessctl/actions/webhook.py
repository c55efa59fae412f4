"""A decision is POSTed to a server."""

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accessctl.actions.base import ActionResult
from accessctl.actions.printable import printable
from accessctl.errors import ConfigError

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

        # At level INFO they log whole URLs, and a webhook's URL is often its password.
        for noisy in ("httpx", "httpcore"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        try:
            self._host = printable(httpx.URL(url).host)
        except httpx.InvalidURL as error:
            raise ConfigError(f"A webhook's url cannot be used: {error}.") from error
        if not self._host:
            raise ConfigError("A webhook's url names no host; write https://HOST/PATH.")
        self._url = url
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
            why = printable(str(error) or type(error).__name__)[:DETAIL_CHARACTERS]
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
