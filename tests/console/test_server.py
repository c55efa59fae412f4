import asyncio
import shutil
import ssl
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from fastapi import FastAPI
from uvicorn.server import ServerState
from websockets.protocol import State

from accessctl.config import Config, ConsoleConfig
from accessctl.console.app import open_console
from accessctl.console.server import BrowserSocket, console_beside, console_tls
from accessctl.errors import ConfigError
from accessctl.hub.assembly import Hub
from accessctl.hub.server import Minutes
from accessctl.sync.wire import HUB_NAME
from tests.clocks import HandClock
from tests.console.live_console import free_port
from tests.hub.tls_shown import shown


@pytest.fixture
def files(hub: Hub, tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key, as somebody may have them from elsewhere."""
    hub.authority.renew_hub(())
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for path in (certificate, key):
        shutil.copy(hub.config.folder / "hub.pem", path)
    return certificate, key


def with_files(hub: Hub, certificate: Path, key: Path) -> Config:
    section = ConsoleConfig(certificate=certificate, key=key)
    return Config(hub=hub.config, console=section)


def test_a_certificate_of_ones_own_is_shown_by_whichever_name(
    hub: Hub, files: tuple[Path, Path]
) -> None:
    tls = console_tls(hub, with_files(hub, *files)).context
    assert tls.verify_mode == ssl.CERT_NONE
    for name in (None, HUB_NAME, "hub.example", "127.0.0.1"):
        assert shown(tls, name) == x509.load_pem_x509_certificate(files[0].read_bytes())


def test_a_renewed_certificate_of_ones_own_is_shown_without_a_restart(
    hub: Hub, files: tuple[Path, Path], clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    section = ConsoleConfig(host="127.0.0.1", port=free_port(), certificate=files[0], key=files[1])
    config = Config(hub=hub.config, console=section)
    console = open_console(hub, config, {}, now=clock)
    tls = console_tls(hub, config)
    with console_beside(console, tls) as served:
        assert (served.tls, served.given is None) == (None, False)
        minutes = Minutes(hub, given=[served.given])
        before = shown(tls.context, "hub.example")
        hub.authority.renew_hub(("other.example",))
        shutil.copy(hub.config.folder / "hub.pem", files[0])
        # Its key has not come yet.
        for _ in range(3):
            minutes.turn()
            assert shown(tls.context, "hub.example") == before
        assert caplog.text.count("see console.certificate and console.key") == 1
        shutil.copy(files[0], files[1])
        minutes.turn()
        after = shown(tls.context, "hub.example")
        assert after == x509.load_pem_x509_certificate(files[0].read_bytes()) != before
        files[0].write_bytes(files[0].read_bytes()[:400])
        minutes.turn()
        assert shown(tls.context, "hub.example") == after


def test_a_certificate_of_the_hubs_is_renewed_while_it_is_shown(
    hub: Hub, clock: HandClock, tmp_path: Path
) -> None:
    console = open_console(
        hub,
        Config(hub=hub.config, console=ConsoleConfig(host="127.0.0.1", port=free_port())),
        {},
        now=clock,
    )
    tls = console_tls(hub, Config(hub=hub.config))
    own = hub.authority.server_context(())
    with console_beside(console, tls) as served:
        assert (served.tls, served.given) == (tls.context, None)
        before = shown(tls.context)
        clock.time += 370 * 86400
        Minutes(hub, own, tls.context).turn()
        assert shown(tls.context) == shown(own) != before


def test_a_key_that_others_can_read_is_refused(hub: Hub, files: tuple[Path, Path]) -> None:
    files[1].chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        console_tls(hub, with_files(hub, *files))


@pytest.mark.parametrize("content", [None, b"", b"nothing of the kind"])
def test_files_that_are_none_are_told_of(
    hub: Hub, files: tuple[Path, Path], content: bytes | None
) -> None:
    if content is None:
        files[0].unlink()
    else:
        files[0].write_bytes(content)
    with pytest.raises(ConfigError, match=r"console\.certificate"):
        console_tls(hub, with_files(hub, *files))


def test_a_missing_key_is_told_of(hub: Hub, files: tuple[Path, Path]) -> None:
    files[1].unlink()
    with pytest.raises(ConfigError, match=r"console\.key"):
        console_tls(hub, with_files(hub, *files))


class FakeTransport:
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_browser_that_just_goes_keeps_the_console_from_no_end() -> None:
    async def ending() -> FakeTransport:
        settings = uvicorn.Config(FastAPI())
        socket = BrowserSocket(settings, ServerState(), {}, asyncio.get_running_loop())
        transport = socket.transport = FakeTransport()  # type: ignore[assignment]
        socket.handshake_complete = True
        socket.conn.state = State.CLOSING
        socket.shutdown()
        return transport

    assert asyncio.run(ending()).is_closed
