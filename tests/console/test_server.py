import shutil
from pathlib import Path

import pytest

from accessctl.config import Config, ConsoleConfig
from accessctl.console.server import console_tls
from accessctl.errors import ConfigError
from accessctl.hub.assembly import Hub


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


def test_a_certificate_of_ones_own_is_shown(hub: Hub, files: tuple[Path, Path]) -> None:
    assert console_tls(hub, with_files(hub, *files)).verify_mode == 0


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
