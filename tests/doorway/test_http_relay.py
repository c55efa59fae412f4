"""Relays that a small server on this machine plays."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from accessctl.config.doorway import (
    EsphomeOutput,
    HttpCall,
    HttpOutput,
    NetworkOutputs,
    ShellyOutput,
    TasmotaOutput,
)
from accessctl.doorway.http_relay import network_relay
from accessctl.errors import LineError

PASSWORD = "open sesame"
Answer = tuple[int, str]


@dataclass
class Relay:
    """A relay; `faults` are statuses that it answers first, None: the connection is dropped."""

    on: bool = False
    stuck: bool = False
    silent: threading.Event | None = None
    password: bool = False
    faults: list[int | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    timers: list[float | None] = field(default_factory=list)

    def switch(self, on: bool, for_s: float | None = None) -> None:
        self.timers.append(for_s)
        if not self.stuck:
            self.on = on


def shelly(relay: Relay, path: str, body: str) -> Answer:
    told = json.loads(body)
    if path == "/rpc/Switch.Set":
        was = relay.on
        relay.switch(told["on"], told.get("toggle_after"))
        return 200, json.dumps({"was_on": was})
    return 200, json.dumps({"id": told["id"], "output": relay.on})


def tasmota(relay: Relay, path: str, body: str) -> Answer:
    words = parse_qs(urlsplit(path).query)["cmnd"][0].split()
    if words[0].startswith("PulseTime"):
        return 200, "{}"
    if len(words) == 2:
        relay.switch(words[1] == "ON")
    return 200, json.dumps({"POWER": "ON" if relay.on else "OFF"})


def esphome(relay: Relay, path: str, body: str) -> Answer:
    if path.endswith(("/turn_on", "/turn_off")):
        relay.switch(path.endswith("/turn_on"))
        return 200, ""
    return 200, json.dumps({"id": "switch-lock", "value": relay.on})


def plain(relay: Relay, path: str, body: str) -> Answer:
    if path in ("/on", "/off"):
        relay.switch(path == "/on")
        return 204, ""
    return 200, "is on" if relay.on else "is off"


def digest_is_right(method: str, path: str, header: str) -> bool:
    """Whether an Authorization header is right (RFC 7616, SHA-256, qop=auth)."""
    parts = {
        key.strip(): value.strip().strip('"')
        for key, _, value in (one.partition("=") for one in header[len("Digest ") :].split(","))
    }

    def hashed(*words: str) -> str:
        return hashlib.sha256(":".join(words).encode()).hexdigest()

    first, second = hashed("admin", "shelly", PASSWORD), hashed(method, path)
    return parts.get("algorithm") == "SHA-256" and parts.get("response") == hashed(
        first, parts["nonce"], parts["nc"], parts["cnonce"], parts["qop"], second
    )


@contextmanager
def served(relay: Relay, plays: Callable[[Relay, str, str], Answer]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            relay.asked.append(self.path)
            if relay.silent is not None:
                relay.silent.wait()
                return
            if relay.faults:
                fault = relay.faults.pop(0)
                if fault is not None:
                    self.answer(fault, "{}")
                self.close_connection = True
                return
            header = self.headers.get("Authorization", "")
            if relay.password and not (
                header.startswith("Digest ") and digest_is_right(self.command, self.path, header)
            ):
                self.answer(401, "", challenge=True)
                return
            self.answer(*plays(relay, self.path, body))

        do_POST = do_GET  # noqa: N815

        def answer(self, status: int, text: str, *, challenge: bool = False) -> None:
            self.send_response(status)
            if challenge:
                asked = 'Digest qop="auth", realm="shelly", nonce="n1", algorithm=SHA-256'
                self.send_header("WWW-Authenticate", asked)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        if relay.silent is not None:
            relay.silent.set()
        server.shutdown()
        thread.join()
        server.server_close()


def described(url: str) -> HttpOutput:
    return HttpOutput(
        type="http",
        on=HttpCall(url=f"{url}/on"),
        off=HttpCall(url=f"{url}/off"),
        state=HttpCall(method="GET", url=f"{url}/state"),
        says_on="is on",
        says_off="is off",
        timeout_s=10,
    )


KINDS: list[tuple[Callable[[Relay, str, str], Answer], Callable[[str], NetworkOutputs]]] = [
    (shelly, lambda url: ShellyOutput(type="shelly", url=url, timeout_s=10)),
    (tasmota, lambda url: TasmotaOutput(type="tasmota", url=url, timeout_s=10)),
    (esphome, lambda url: EsphomeOutput(type="esphome", url=url, switch="lock", timeout_s=10)),
    (plain, described),
]


@pytest.mark.parametrize(("plays", "config"), KINDS, ids=lambda one: getattr(one, "__name__", ""))
def test_each_kind_is_switched_and_read_back(
    plays: Callable[[Relay, str, str], Answer], config: Callable[[str], NetworkOutputs]
) -> None:
    relay = Relay()
    with served(relay, plays) as url:
        port = network_relay(config(url))
        port.drive(True, 5.0)
        assert relay.on
        assert port.read() is True
        port.drive(False, None)
        assert not relay.on
        relay.stuck = True
        with pytest.raises(LineError, match="was switched on and is not"):
            port.drive(True, 5.0)
        port.close()


def at(url: str, **more: object) -> ShellyOutput:
    return ShellyOutput.model_validate({"type": "shelly", "url": url, "timeout_s": 10, **more})


def test_a_shelly_gets_its_timer() -> None:
    relay = Relay()
    with served(relay, shelly) as url:
        network_relay(at(url)).drive(True, 4.2)
    assert relay.timers == [4.2]


@pytest.mark.parametrize("fault", [None, 500])
def test_a_request_that_fails_is_made_once_more(fault: int | None) -> None:
    relay = Relay(faults=[fault])
    with served(relay, shelly) as url:
        network_relay(at(url)).drive(True, 5.0)
    assert relay.on
    assert relay.asked == ["/rpc/Switch.Set"] * 2 + ["/rpc/Switch.GetStatus"]


def test_a_request_that_fails_twice_is_an_error() -> None:
    relay = Relay(faults=[503, 503])
    with (
        served(relay, shelly) as url,
        pytest.raises(LineError, match="answered 503"),
    ):
        network_relay(at(url)).drive(True, 5.0)
    assert not relay.on


def test_a_relay_that_does_not_answer_is_given_up() -> None:
    relay = Relay(silent=threading.Event())
    with (
        served(relay, shelly) as url,
        pytest.raises(LineError, match=r"gave no answer within 0\.2 s"),
    ):
        network_relay(at(url, timeout_s=0.2)).drive(True, 5.0)
    assert not relay.on


def test_a_relay_that_is_not_there_is_an_error() -> None:
    relay = Relay()
    with served(relay, shelly) as url:
        pass
    with pytest.raises(LineError, match="could not be reached"):
        network_relay(at(url)).read()


def test_a_shelly_with_a_password_is_asked_by_digest(tmp_path: Path) -> None:
    relay = Relay(password=True)
    secret = tmp_path / "password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD + "\n")
    with served(relay, shelly) as url:
        network_relay(at(url, password_file=secret)).drive(True, 5.0)
        assert relay.on
        with pytest.raises(LineError, match="wants a password"):
            network_relay(at(url)).drive(False, None)
    assert relay.on


def test_a_redirect_is_not_followed() -> None:
    relay = Relay(faults=[302, 302])
    with served(relay, shelly) as url, pytest.raises(LineError, match="answered 302"):
        network_relay(at(url)).read()
